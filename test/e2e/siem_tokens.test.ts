import { describe, expect, it } from "vitest";
import { cases } from "../support/amount.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import type { Fault } from "../support/fake_mimecast/faults.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import type { Amounts, SourceName } from "../support/fake_mimecast/record_types.ts";
import { linesOf, runProgram, type Workspace } from "../support/program.ts";

/** Page tokens of the SIEM feeds that are no good, with the built program and more than a page of everything. */

const closers = closersOfAll();

const RULES =
  "poll: { interval_secs: 1, rate_limits: { batch: 5000/1m, stream: 5000/1m, other: 5000/1m } }\n";

interface Started {
  readonly fake: Fake;
  readonly workspace: Workspace;
}

async function start(api: "1.0" | "2.0", source: string, records: Amounts): Promise<Started> {
  const switches = { recordsPerFile: 2, filesPerZip: 50 };
  const fake = await fakeFor(closers, { api, records, switches, seed: 5 });
  const workspace = workspaceFor(closers);
  const text = configFor(workspace.stateDir, { acme: { fake, api } }, RULES);
  workspace.config(text.replace("    base_url", `    sources: [${source}]\n    base_url`));
  return { fake, workspace };
}

/** One run; a feed is due again a second after it was asked. */
async function poll({ workspace }: Started): Promise<{ code: number | null; ids: string[] }> {
  await new Promise((done) => setTimeout(done, 1_050));
  const run = await runProgram(["poll", "--once"], workspace.env);
  return { code: run.code, ids: linesOf(run.stdout).flatMap((line) => idOf(line) ?? []) };
}

async function gapsOf({ workspace }: Started): Promise<number> {
  const run = await runProgram(["status", "--json"], workspace.env);
  return (run.stdout.match(/"reason"/g) ?? []).length;
}

function expectAllOnce(ids: readonly string[], fake: Fake, source: SourceName): void {
  expect(new Set(ids)).toEqual(new Set(fake.ids(source)));
  expect(ids).toHaveLength(new Set(ids).size);
  expect(fake.violations).toEqual([]);
}

const BATCH = "/siem/v1/batch/events/*";
const STREAM = "/siem/v1/events/*";
const V1 = "/api/audit/get-siem-logs";

const FEEDS = [
  ["siem in files", "2.0", "siem", "siem", BATCH],
  ["siem by streaming", "2.0", "{ name: siem, mode: stream }", "siem", STREAM],
  ["cloud_integrated", "2.0", "cloud_integrated", "cloud_integrated", BATCH],
] as const;

/** `times: 0`: the whole first run. */
const FAULTS: readonly (readonly [Omit<Fault, "path">, number])[] = [
  [{ fault: "page_token_refused", status: 400, times: 0 }, 75],
  [{ fault: "page_token_refused", status: 414, times: 0 }, 75],
  [{ fault: "page_token_refused", status: 400, nth: 2, times: 2 }, 0],
  [{ fault: "page_token_oversized", length: 12_000, times: 1 }, 0],
  [{ fault: "page_token_oversized", length: 100_000, times: 1 }, 0],
];

describe.concurrent("a page token that is no good", () => {
  for (const [at, [name, api, config, source, path]] of FEEDS.entries()) {
    // Of each feed another one.
    const chosen = cases([...FAULTS.slice(at), ...FAULTS.slice(0, at)], FAULTS.length);
    const played = chosen.map(([fault, code]) => [JSON.stringify(fault), fault, code] as const);
    it.each(played)(`${name}: stops nothing for good, %s`, async (_name, fault, code) => {
      const started = await start(api, config, { [source]: 700 });
      const { fake } = started;
      fake.faults.push({ path, ...fault });
      const first = await poll(started);
      expect(first.code).toBe(code);
      expect(first.ids.length).toBeGreaterThanOrEqual(100);
      fake.faults.splice(0);
      const second = await poll(started);
      expect(second.code).toBe(0);
      fake.add({ [source]: 30 });
      const third = await poll(started);
      expectAllOnce([...first.ids, ...second.ids, ...third.ids], fake, source);
      expect(await gapsOf(started)).toBe(0);
    });
  }

  it("API 1.0: a token that is refused once repeats nothing", async () => {
    const started = await start("1.0", "siem", { siem: 400 });
    const { fake } = started;
    const first = await poll(started);
    fake.faults.push({ path: V1, fault: "invalid_siem_token", nth: 1 });
    fake.add({ siem: 30 });
    const second = await poll(started);
    expect([first.code, second.code]).toEqual([0, 0]);
    expectAllOnce([...first.ids, ...second.ids], fake, "siem");
    expect(await gapsOf(started)).toBe(0);
  });

  it("threat_intel: nothing found is the end, and no error", async () => {
    const started = await start("2.0", "threat_intel", { threat_intel: 250 });
    const { fake } = started;
    fake.set({ noIndicators: "fail" });
    const first = await poll(started);
    fake.faults.push({
      path: "/api/ttp/threat-intel/get-feed",
      fault: "page_token_refused",
      times: 2,
    });
    fake.add({ threat_intel: 20 });
    const second = await poll(started);
    expect([first.code, second.code]).toEqual([0, 0]);
    const ids = [...first.ids, ...second.ids];
    expect(new Set(ids)).toEqual(new Set(fake.ids("threat_intel")));
    expect(fake.violations).toEqual([]);
  });
});

it.concurrent("one call for all types answers a poll that brings nothing, and is left where it is refused", async () => {
  const started = await start("2.0", "siem", { siem: 60 });
  const { fake } = started;
  const path = "/siem/v1/batch/events/cg";
  const ids: string[] = [];
  const calls: number[] = [];
  const count = async () => {
    const before = fake.requests(path);
    ids.push(...(await poll(started)).ids);
    calls.push(fake.requests(path) - before);
  };
  // By itself, with a first call for all types, and with that call alone.
  for (let run = 0; run < 3; run++) await count();
  expect(calls).toEqual([10, 11, 1]);
  fake.add({ siem: 20 });
  await count();
  expect(calls.at(-1)).toBe(11);
  fake.set({ joinedTypes: false });
  for (let run = 0; run < 2; run++) await count();
  expect(calls.slice(-2)).toEqual([11, 10]);
  fake.add({ siem: 20 });
  await count();
  expectAllOnce(ids, fake, "siem");
});
