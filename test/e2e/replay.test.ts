import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import type { Fault } from "../support/fake_mimecast/faults.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import type { Amounts } from "../support/fake_mimecast/record_types.ts";
import { parseLeef } from "../support/leef_reference.ts";
import {
  type Finished,
  finished,
  linesOf,
  runProgram,
  startProgram,
  until,
} from "../support/program.ts";

const closers = closersOfAll();

async function setting(api: "1.0" | "2.0", records: Amounts, faults: readonly Fault[] = []) {
  const fake = await fakeFor(closers, { api, seed: 13, records });
  fake.faults.push(...faults);
  const workspace = workspaceFor(closers);
  const more = "poll: { start: 7d, quarantine_after: 1, interval_secs: 1 }\n";
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, more));
  const run = (...args: string[]) => runProgram(args, workspace.env);
  const folder = join(workspace.stateDir, "acme");
  const checkpoint = () => parseCheckpoint(readFileSync(join(folder, "checkpoint")), "checkpoint");
  return { fake, workspace, run, folder, checkpoint };
}

const idsOf = (...runs: Finished[]) =>
  runs.flatMap(({ stdout }) => linesOf(stdout).flatMap((line) => idOf(line) ?? []));
const missingFrom = (fake: Fake, ids: readonly string[]) => {
  const there = new Set(ids);
  return [...fake.ids()].filter((id) => !there.has(id));
};
const lastOf = ({ stderr }: Finished) => JSON.parse(linesOf(stderr).at(-1) ?? "{}");

const DAMAGED = { path: "*.gz", fault: "truncated_gzip", times: 3 } as const;

describe.concurrent("mimecast-input replay --gap, API 2.0", () => {
  it("lists a gap, says what it would do, brings what was missing, and moves no position", async () => {
    const { fake, run, checkpoint, folder } = await setting("2.0", { receipt: 300 }, [DAMAGED]);
    const polled = await run("poll", "--once");
    expect(missingFrom(fake, idsOf(polled)).length).toBeGreaterThan(0);
    const before = checkpoint();
    expect(before.gaps).toHaveLength(1);

    const listed = await run("replay", "--list", "--json");
    const [gap] = JSON.parse(listed.stdout).gaps;
    expect(gap).toMatchObject({
      gap: 1,
      stream: "siem:receipt",
      redone: null,
      can_be_redone: true,
    });
    expect(existsSync(gap.file)).toBe(true);
    const table = await run("replay", "--list");
    expect(table.stdout).toMatch(/^account +gap +stream +recorded +state +what\n/);
    expect(table.stdout).toContain("open, until");

    const dry = await run("replay", "--gap", "1", "--dry-run", "--json");
    expect(JSON.parse(dry.stdout)).toMatchObject({
      from: "gap",
      calls: 1,
      items: 1,
      records: null,
    });
    expect(checkpoint()).toEqual(before);

    const redone = await run("replay", "--gap", "1");
    expect(redone.code).toBe(EXIT.ok);
    expect(missingFrom(fake, idsOf(polled, redone))).toEqual([]);
    expect(lastOf(redone)).toMatchObject({ msg: "Replayed", calls: 2, records: 300 });
    expect(readdirSync(join(folder, "replay"))).toEqual([]);

    const [marked] = checkpoint().gaps;
    expect(marked?.redoneMs).toBeGreaterThan(Date.now() - 60_000);
    expect({ ...checkpoint(), gaps: before.gaps }).toEqual(before);
    expect((await run("replay", "--list")).stdout).toContain("re-done 2");
    expect(fake.violations).toEqual([]);

    // Polling goes on as if nothing had been.
    fake.add({ receipt: 5 });
    await new Promise((done) => setTimeout(done, 1_100));
    const next = await run("poll", "--once");
    expect(idsOf(next)).toHaveLength(5);
  });

  it("takes a repaired file instead, and refuses one that is still damaged", async () => {
    // Once more than above: what goes to the quarantine folder is damaged too.
    const faults = [{ ...DAMAGED, times: 4 }];
    const { run, workspace, checkpoint } = await setting("2.0", { receipt: 300 }, faults);
    await run("poll", "--once");
    const listed = await run("replay", "--list", "--json");
    const { file } = JSON.parse(listed.stdout).gaps[0];

    const still = await run("replay", "--gap", "1", "--file", file);
    expect(still.code).toBe(EXIT.temporary);
    expect(lastOf(still)).toMatchObject({ level: "error", code: "gzip" });
    expect(checkpoint().gaps[0]?.redoneMs).toBeUndefined();

    const salvaged = gunzipSync(readFileSync(file), { finishFlush: constants.Z_SYNC_FLUSH });
    const whole = salvaged.subarray(0, salvaged.lastIndexOf(10) + 1);
    const repaired = join(workspace.folder, "repaired.gz");
    writeFileSync(repaired, gzipSync(whole));
    const redone = await run("replay", "--gap", "1", "--file", repaired);
    expect(redone.code).toBe(EXIT.ok);
    expect(idsOf(redone)).toHaveLength(linesOf(String(whole)).length);
    expect(lastOf(redone)).toMatchObject({ calls: 0 });
    expect(checkpoint().gaps[0]?.redoneMs).toBeDefined();

    const none = await run("replay", "--gap", "1", "--file", "/nowhere.gz");
    expect(none.code).toBe(EXIT.config);
  });

  it("says it where a poll holds the account: the gap is re-done and stays listed as open", async () => {
    const { fake, run, workspace, checkpoint } = await setting("2.0", { receipt: 300 }, [DAMAGED]);
    const child = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(child);
    const hasGap = () => {
      const path = join(workspace.stateDir, "acme", "checkpoint");
      return existsSync(path) && parseCheckpoint(readFileSync(path), path).gaps.length > 0;
    };
    await until(hasGap, 20_000, "the gap");
    const redone = await run("replay", "--gap", "1");
    expect(redone.code).toBe(EXIT.ok);
    expect(lastOf(redone)).toMatchObject({ level: "warn", code: "lock_held" });
    child.kill("SIGTERM");
    expect(missingFrom(fake, idsOf(await ended, redone))).toEqual([]);
    expect(checkpoint().gaps[0]?.redoneMs).toBeUndefined();
  });
});

describe.concurrent("mimecast-input replay --gap, API 1.0", () => {
  it("brings all of an archive that could not be opened", async () => {
    const fault: Fault = { path: "/api/audit/get-siem-logs", fault: "not_a_zip", times: 5 };
    const { fake, run } = await setting("1.0", { siem: 300 }, [fault]);
    const polled = await run("poll", "--once");
    const redone = await run("replay", "--gap", "1");
    expect(redone.code).toBe(EXIT.ok);
    expect(idsOf(polled).length).toBeLessThan(300);
    expect(missingFrom(fake, idsOf(polled, redone))).toEqual([]);
    expect(fake.violations).toEqual([]);
  });

  it("says that SIEM logs can't be asked by time, and what can be done", async () => {
    const { run } = await setting("1.0", { siem: 10 });
    const refused = await run("replay", "--source", "siem", "--from", "2d", "--to", "1d");
    expect(refused.code).toBe(EXIT.config);
    expect(lastOf(refused)).toMatchObject({ code: "replay_by_time" });
    expect(lastOf(refused).hint).toContain("--gap N");
  });
});

describe.concurrent("mimecast-input replay --from --to", () => {
  const HOUR = 3_600_000;
  it.each([
    ["2.0", "audit", { audit: 900 }],
    ["1.0", "ttp_impersonation", { ttp_impersonation: 900 }],
    ["2.0", "siem", { siem: 900 }],
  ] as const)(
    "API %s %s: the very lines of that time, and no position moves",
    async (api, source, records) => {
      const { fake, run, checkpoint } = await setting(api, records);
      const polled = await run("poll", "--once");
      expect(missingFrom(fake, idsOf(polled))).toEqual([]);
      const before = checkpoint();

      const [fromMs, toMs] = [15, 5].map(
        (hours) => Math.floor((Date.now() - hours * HOUR) / 1000) * 1000,
      ) as [number, number];
      const times = [
        "--from",
        new Date(fromMs).toISOString(),
        "--to",
        new Date(toMs).toISOString(),
      ];
      const again = await run("replay", "--source", source, ...times);
      expect(again.code).toBe(EXIT.ok);
      const wanted = linesOf(polled.stdout).filter((line) => {
        if (idOf(line) === null) return false;
        const devTimeMs = Number(parseLeef(line).attributes.get("devTime"));
        return devTimeMs >= fromMs && devTimeMs <= toMs;
      });
      expect(wanted.length).toBeGreaterThan(100);
      expect(linesOf(again.stdout).toSorted()).toEqual(wanted.toSorted());
      expect(checkpoint()).toEqual(before);
      expect(fake.violations).toEqual([]);
    },
  );

  it("works without a checkpoint, and counts before it does", async () => {
    const { run, folder } = await setting("2.0", { audit: 700 });
    const range = ["replay", "--source", "audit", "--from", "1d", "--to", "now"];
    const dry = await run(...range, "--dry-run");
    expect(dry.stdout).toMatch(
      /^audit: POST \/api\/audit\/get-audit-events, \d calls for the list; items 2, records 700; at Mimecast until/,
    );
    const redone = await run(...range);
    expect(idsOf(redone)).toHaveLength(700);
    expect(existsSync(join(folder, "checkpoint"))).toBe(false);
  });

  it.each([
    [["--gap", "1"], "unknown_gap"],
    [[], "replay_what"],
    [["--source", "audit", "--from", "1d"], "replay_what"],
    [["--source", "audit", "--from", "1d", "--to", "yesterday"], "replay_range"],
    [["--source", "audit", "--from", "1d", "--to", "2d"], "replay_range"],
    [["--source", "siem", "--from", "30d", "--to", "20d"], "replay_range"],
    [["--source", "nothing", "--from", "1d", "--to", "now"], "unknown_source"],
    [["--account", "beta", "--gap", "1"], "unknown_account"],
  ])("refuses %j", async (args, code) => {
    const { run, workspace } = await setting("2.0", {});
    const refused = await run("replay", ...args);
    expect(refused).toMatchObject({ code: EXIT.config, stdout: "" });
    expect(lastOf(refused)).toMatchObject({ code });
    expect(existsSync(workspace.stateDir)).toBe(false);
  });

  it("ends with 75 where Mimecast can't be reached, and with 77 where it refuses us", async () => {
    const { fake, run } = await setting("2.0", { audit: 10 });
    const range = ["replay", "--source", "audit", "--from", "1d", "--to", "now"];
    fake.set({ forbidden: ["/api/audit/get-audit-events"] });
    const refused = await run(...range);
    expect(refused.code).toBe(EXIT.auth);
    expect(lastOf(refused)).toMatchObject({ code: "forbidden" });
    fake.set({ forbidden: [] });
    fake.faults.push({ path: "/api/audit/get-audit-events", fault: "not_json", times: 0 });
    const broken = await run(...range);
    expect(broken.code).toBe(EXIT.temporary);
  });
});
