import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { parseLeef } from "../support/leef_reference.ts";
import { linesOf, runProgram } from "../support/program.ts";

const closers = closersOfEach();

it("shards: each account is collected by exactly one process, by option and by environment", async () => {
  const workspace = workspaceFor(closers);
  const fakes: Record<string, { fake: Fake; api: "2.0" }> = {};
  for (const name of ["acme", "beta", "gamma", "delta", "epsilon", "zeta"]) {
    const fake = await fakeFor(closers, {
      api: "2.0",
      records: { audit: 20 },
      seed: 1 + name.length,
    });
    fakes[name] = { fake, api: "2.0" };
  }
  workspace.config(configFor(workspace.stateDir, fakes));
  const hosts: string[] = [];
  for (const [args, env] of [
    [["--shard", "1/3"], {}],
    [[], { MIMECAST_INPUT_SHARD: "mimecast-input-1/3" }],
    [["--shard", "3/3"], { MIMECAST_INPUT_SHARD: "1/3" }],
  ] as const) {
    const run = await runProgram(["poll", "--once", ...args], { ...workspace.env, ...env });
    expect(run.code).toBe(0);
    const lines = linesOf(run.stdout).filter((line) => idOf(line) !== null);
    hosts.push(...new Set(lines.map((line) => parseLeef(line).hostname)));
  }
  expect(hosts.toSorted()).toEqual(
    Object.keys(fakes)
      .map((name) => `mimecast-${name}`)
      .toSorted(),
  );
  const named = ["poll", "--once", "--shard", "1/3", "--account", "acme", "beta"];
  expect((await runProgram(named, workspace.env)).code).toBe(0);
  const wrong = await runProgram(["poll", "--once", "--shard", "4/3"], workspace.env);
  expect(wrong.code).toBe(64);
  expect(wrong.stderr).toContain("mimecast-input-1/5");
});
