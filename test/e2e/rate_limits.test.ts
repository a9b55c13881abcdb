import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram } from "../support/program.ts";

const closers = closersOfEach();

it("two accounts with one credential share its budget: Mimecast has nothing to refuse", async () => {
  const rateLimit = { limit: 8, windowMs: 1_500 };
  const records = { audit: 900, dlp: 900 };
  const fake = await fakeFor(closers, { api: "1.0", records, seed: 4, switches: { rateLimit } });
  const workspace = workspaceFor(closers);
  const both = { one: { fake, api: "1.0" as const }, two: { fake, api: "1.0" as const } };
  // The fake's windows are fixed ones, and an answer takes time to come: a little less is asked for.
  const more = "poll: { rate_limits: { other: 8/2s } }\nlog: { level: debug }\n";
  const text = configFor(workspace.stateDir, both, more);
  workspace.config(text.replaceAll('api: "1.0"\n', 'api: "1.0"\n    sources: [audit, dlp]\n'));
  const run = await runProgram(["poll", "--once"], workspace.env);
  expect(run.code).toBe(0);
  const ids = linesOf(run.stdout)
    .map(idOf)
    .filter((id) => id !== null);
  expect(ids).toHaveLength(2 * 1_800);
  expect(new Set(ids)).toEqual(new Set(fake.ids()));
  expect(run.stderr).toContain("Waiting for the rate limit");
  expect(run.stderr).not.toContain("Trying again");
  expect(run.stderr).not.toContain('"status":429');

  const folder = join(workspace.stateDir, ".rate_limits");
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  const file = join(folder, names[0]!);
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
  const { accessKey, secretKey, appKey } = fake.credentials;
  for (const secret of [accessKey, secretKey, appKey]) {
    expect(file + readFileSync(file, "utf8")).not.toContain(secret);
  }
  expect(fake.violations).toEqual([]);
});
