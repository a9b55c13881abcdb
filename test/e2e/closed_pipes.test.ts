import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { finished } from "../support/program.ts";

/** The built program in front of a reader that goes away, `| true`, and one that takes a little, `| head -1`. */

const closers = closersOfEach();

const COMMANDS = [
  "--help",
  "help poll",
  "poll --help",
  "--version",
  "status",
  "status --json",
  "check",
  "check --json",
  "completion bash",
  "snippet vector",
  "lint shipper.yaml",
  "encode --account acme records.json",
  "poll --peek",
  "replay --list",
  "bundle --help",
];

const CASES = COMMANDS.map(
  (command, at) => [command, at % 2 === 0 ? "true" : "head -c 10"] as const,
);

it.each(CASES)("mimecast-input %s | %s ends without a stack trace", async (command, reader) => {
  const fake = await fakeFor(closers, { api: "2.0", records: { siem: 100, audit: 10 }, seed: 3 });
  const workspace = workspaceFor(closers);
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }));
  const { folder, env } = workspace;
  const record = { type: "receipt", timestamp: 1_767_225_600_000, subject: "x".repeat(200) };
  writeFileSync(join(folder, "records.json"), `${JSON.stringify(record)}\n`.repeat(2_000));
  const inputs = "pipeline:\n  inputs:\n    - { name: exec, command: mimecast-input poll }\n";
  writeFileSync(join(folder, "shipper.yaml"), inputs);
  const script = `{ mimecast-input ${command}; echo "ended $?" >&2; } | ${reader} >/dev/null`;
  const run = await finished(
    spawn("sh", ["-c", script], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] }),
  );
  const code = Number(/ended (\d+)\n/.exec(run.stderr)?.[1]);
  expect([0, 1, 64, 74, 78, 141]).toContain(code);
  expect(run.stderr).not.toMatch(/\n\s+at |"stack"|Unhandled|EPIPE|defect/);
});
