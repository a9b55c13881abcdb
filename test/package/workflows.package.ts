import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { canMakeLinuxPackages } from "../../scripts/release/linux_packages.ts";

const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7";
const isThere = canMakeLinuxPackages();

it.skipIf(!isThere)(
  `actionlint finds nothing in the workflows${isThere ? "" : " (skipped: Go can't fetch it)"}`,
  () => {
    const files = readdirSync(".github/workflows").map((name) => `.github/workflows/${name}`);
    const env = { ...process.env, GOWORK: "off", GOFLAGS: "-mod=mod" };
    const run = spawnSync("go", ["run", ACTIONLINT, ...files], { encoding: "utf8", env });
    expect(run.stdout).toBe("");
    expect(run.status, run.stderr).toBe(0);
  },
);
