import { describe, expect, it } from "vitest";
import { closersOfEach } from "../support/closers.ts";
import { linesOf } from "../support/program.ts";
import {
  factsOf,
  isLost,
  pollOnce,
  reconcile,
  type Scene,
  scene,
  uidOf,
} from "../support/reconcile_scene.ts";

/** Through the built program: feeds that are in the middle of a backlog. What was given out and lost is told from what will come. */

const closers = closersOfEach();
const isOfScene =
  ({ since, until }: Scene) =>
  (line: string): boolean => {
    const { timeMs = 0 } = factsOf(line) ?? {};
    return timeMs >= Date.parse(since) && timeMs < Date.parse(until);
  };
const sorted = (lines: readonly string[]) => lines.map(uidOf).sort();

describe("reconcile in the middle of a backlog", () => {
  it.each([
    [
      "2.0",
      { siem: 900, audit: 1300 },
      "/siem/v1/batch/events/cg*nextPage*",
      "/api/audit/get-audit-events",
    ],
    ["1.0", { siem: 900, audit: 1300 }, "/api/audit/get-siem-logs", "/api/audit/get-audit-events"],
  ] as const)(
    "heals of API %s what was given out, and leaves the rest to the next polls",
    async (api, records, files, pages) => {
      const at = await scene(closers, api, records, {
        polls: 0,
        poll: ", interval_secs: 1",
        switches: { recordsPerFile: 20, filesPerZip: 2 },
      });
      // From the third answer on the feeds fail: their positions are in the middle, and nothing says up to when they are collected.
      for (const path of [files, pages])
        at.fake.faults.push({ path, fault: "forbidden", nth: 3, times: 0 });
      const given = [
        ...(await pollOnce(at.config, [0, 1, 75, 77])),
        ...(await pollOnce(at.config, [0, 1, 75, 77])),
      ];
      expect(given.length).toBeGreaterThan(50);
      expect(given.length).toBeLessThan(at.fake.total());
      at.fake.faults.splice(0);
      const mine = given.filter(isOfScene(at));
      at.arrived.push(...given.filter((line) => !isLost(line)));
      const lost = mine.filter(isLost);
      expect(lost.length).toBeGreaterThan(3);

      const first = await reconcile(at, "--json");
      expect(first.code, first.stderr).toBe(1);
      const report = first.report();
      expect(report.missing_records.map(({ uid }) => uid).sort()).toEqual(sorted(lost));
      expect(report.not_yet_collected).toBe(report.at_mimecast - mine.length);

      const healing = await reconcile(at, "--heal");
      expect(healing.code, healing.stderr).toBe(75);
      expect(sorted(linesOf(healing.stdout))).toEqual(sorted(lost));
      at.arrived.push(...linesOf(healing.stdout));

      const rest = [...(await pollOnce(at.config)), ...(await pollOnce(at.config))];
      at.arrived.push(...rest);
      const last = await reconcile(at, "--json");
      expect(last.code, last.stderr).toBe(0);
      expect(last.report()).toMatchObject({
        verdict: "complete",
        twice: 0,
        unknown_to_mimecast: 0,
      });
    },
  );

  it("never takes for complete what no poll has collected yet", async () => {
    const at = await scene(closers, "2.0", { audit: 40, siem: 40 }, { polls: 0 });
    const run = await reconcile(at, "--json", "--heal");
    expect(run.code, run.stderr).toBe(75);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain('"verdict');
  });
});
