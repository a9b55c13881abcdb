import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { goTool } from "../../scripts/release/go_tool.ts";

const actionlint = goTool("github.com/rhysd/actionlint/cmd/actionlint@v1.7.7", ["-version"]);
const isThere = actionlint.isThere();

it.skipIf(!isThere)(
  `actionlint finds nothing in the workflows${isThere ? "" : " (skipped: Go can't fetch it)"}`,
  () => {
    const files = readdirSync(".github/workflows").map((name) => `.github/workflows/${name}`);
    const run = actionlint.run(files);
    expect(run.stdout).toBe("");
    expect(run.status, run.stderr).toBe(0);
  },
);
