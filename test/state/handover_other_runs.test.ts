import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEnd } from "../../plugin/state/checkpoint.ts";
import { resume } from "../../plugin/state/handover.ts";
import { runs } from "../support/amount.ts";
import { at, checkpointOf, runOf, shipper } from "../support/delivery_values.ts";
import { afterRuns, COMMITTED, journalOf, OTHER, SAME, TRUST } from "../support/handover_values.ts";

describe("resume() after a run that followed", () => {
  it.each([
    ["open", "not_settled"],
    ["drained", "not_settled"],
    ["stopped", "asked_to_stop"],
  ] as const)("sends again from committed: %s", (end, reason) => {
    for (const by of [SAME, OTHER]) {
      const resumed = afterRuns([runOf("r1", SAME, end, { audit: at(2) }, "lag")])(by);
      expect(resumed).toMatchObject({ reason, again: ["audit"], carried: {} });
      expect(resumed.checkpoint).toMatchObject({ committed: COMMITTED, runs: [] });
    }
  });

  it("commits what the journal says was committed since the last save", () => {
    const run = runOf("r1", SAME, "open", { audit: at(2), siem: at(11) }, "lag");
    const entry = journalOf({ position: at(5), committed: { audit: at(4) } });
    for (const by of [SAME, OTHER]) {
      const resumed = afterRuns([run], entry)(by);
      expect(resumed.checkpoint.committed).toEqual({ audit: at(4), siem: at(10) });
      expect(resumed.again.toSorted()).toEqual(["audit", "siem"]);
    }
  });

  it("sends nothing again where all was committed since the last save", () => {
    const run = runOf("r1", SAME, "open", { audit: at(2) }, "lag");
    const entry = journalOf({ position: at(5), committed: { audit: at(5) } });
    const resumed = afterRuns([run], entry)(OTHER);
    expect(resumed).toMatchObject({ reason: "not_settled", again: [] });
    expect(resumed.checkpoint.committed).toEqual({ audit: at(5), siem: at(10) });
  });

  it("commits what was drained if drained is trusted (Vector reads to the end)", () => {
    const run = runOf("r1", SAME, "stopped", { audit: at(2) }, "lag");
    const resumed = afterRuns([run])(OTHER, TRUST);
    expect(resumed).toMatchObject({ reason: "drained", again: [] });
    expect(resumed.checkpoint.committed.audit).toEqual(at(2));
  });
});

describe("resume() after a run into a file or by HTTP", () => {
  it("carries what was accepted while the machine is up, whoever starts us", () => {
    for (const by of [SAME, OTHER]) {
      const resumed = afterRuns([runOf("r1", SAME, "open", { audit: at(2) }, "taken")])(by);
      expect(resumed).toMatchObject({ reason: "same_boot", again: [], carried: { audit: at(2) } });
      expect(resumed.checkpoint).toMatchObject({ committed: COMMITTED, runs: [] });
    }
  });

  it.each(["boot-2", ""])("sends again after the machine's death (boot now %j)", (boot) => {
    const run = runOf("r1", SAME, "open", { audit: at(2) }, "taken");
    const resumed = afterRuns([run])(shipper(812, { boot }));
    expect(resumed).toMatchObject({ reason: "other_boot", again: ["audit"], carried: {} });
    expect(resumed.checkpoint).toMatchObject({ committed: COMMITTED, runs: [] });
  });

  it("takes two unknown boots for two", () => {
    const blind = shipper(812, { boot: "" });
    const run = runOf("r1", blind, "open", { audit: at(2) }, "taken");
    expect(afterRuns([run])(blind).reason).toBe("other_boot");
  });
});

describe("resume() after three drained runs with a shipper each", () => {
  const each = (values: { madeForRun: boolean }, pids = [1, 2, 3]) =>
    pids.map((pid, index) =>
      runOf(`r${pid}`, shipper(pid, values), "drained", { audit: at(2 + index) }),
    );

  it("believes none where each shipper was made for its run: a person who looks, or cron", () => {
    const runs = each({ madeForRun: true });
    const resumed = afterRuns(runs)(shipper(4));
    expect(resumed).toMatchObject({ reason: "new_parents", again: ["audit"] });
    expect(resumed.checkpoint.committed).toEqual(COMMITTED);
    expect(resumed.checkpoint.runs).toEqual(runs.slice(1));
  });

  it("believes none where a shipper had been running before: it may have died with what it had read", () => {
    const runs = [...each({ madeForRun: true }, [1, 2]), ...each({ madeForRun: false }, [3])];
    const resumed = afterRuns(runs)(shipper(4));
    expect(resumed).toMatchObject({ reason: "shippers_change", again: ["audit"] });
    expect(resumed.checkpoint.committed).toEqual(COMMITTED);
    expect(resumed.checkpoint.runs).toEqual(runs.slice(1));
  });

  it("believes none after two", () => {
    const resumed = afterRuns(each({ madeForRun: true }, [1, 2]))(shipper(4));
    expect(resumed.reason).toBe("other_shipper");
  });

  it("does not count a run that staged nothing", () => {
    const runs = [
      ...each({ madeForRun: true }, [1, 2]),
      runOf("r3", shipper(3, { madeForRun: true }), "drained", {}),
    ];
    expect(afterRuns(runs)(shipper(4)).reason).toBe("other_shipper");
  });
});

describe("resume()", () => {
  const ends: readonly RunEnd[] = ["open", "drained", "stopped", "broken"];
  const anyRun = fc
    .record({
      pid: fc.integer({ min: 1, max: 3 }),
      end: fc.constantFrom(...ends),
      audit: fc.option(fc.integer({ min: 2, max: 9 }), { nil: undefined }),
      siem: fc.option(fc.integer({ min: 11, max: 19 }), { nil: undefined }),
      madeForRun: fc.boolean(),
      safety: fc.constantFrom("next_start" as const, "lag" as const, "taken" as const),
    })
    .map(({ pid, end, audit, siem, madeForRun, safety }) => {
      const staged = {
        ...(audit === undefined ? {} : { audit: at(audit) }),
        ...(siem === undefined ? {} : { siem: at(siem) }),
      };
      return runOf(`r${pid}`, shipper(pid, { madeForRun }), end, staged, safety);
    });
  it("commits only positions that a run had staged, and never loses sight of one", () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 3 }), fc.boolean(), (runs, trust) => {
        const before = checkpointOf({ committed: COMMITTED, runs });
        const { checkpoint, again, carried } = resume(before, null, shipper(1), {
          trustDrained: trust,
          overlapped: false,
        });
        for (const stream of ["audit", "siem"] as const) {
          const staged = runs.flatMap((run) => run.staged[stream] ?? []);
          const position = checkpoint.committed[stream];
          expect([COMMITTED[stream], ...staged]).toContainEqual(position);
          // What was staged is committed, carried, or named as coming again.
          if (
            staged.length > 0 &&
            position === COMMITTED[stream] &&
            carried[stream] === undefined
          ) {
            expect(again).toContain(stream);
          }
        }
        expect(checkpoint.runs.length).toBeLessThan(3);
        expect(before).toEqual(checkpointOf({ committed: COMMITTED, runs }));
      }),
      { numRuns: runs(1000) },
    );
  });
});
