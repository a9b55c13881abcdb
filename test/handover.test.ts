import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Run, RunEnd } from "../plugin/checkpoint.ts";
import type { JournalEntry } from "../plugin/handover.ts";
import { resume } from "../plugin/handover.ts";
import { at, checkpointOf, runOf, shipper } from "./support/delivery_values.ts";

const TRUST = true;
const SAME = shipper(812);
const OTHER = shipper(913);
const COMMITTED = { audit: at(1), siem: at(10) };

function afterRuns(runs: readonly Run[], journal: JournalEntry | null = null) {
  const checkpoint = checkpointOf({ committed: COMMITTED, runs });
  return (by = SAME, trustDrained = false, overlapped = false) =>
    resume(checkpoint, journal, by, { trustDrained, overlapped });
}

function journalOf(values: Partial<JournalEntry> = {}): JournalEntry {
  return { run: "r1", sequence: 7, stream: "audit", position: at(3), ...values };
}

describe("resume() without anything staged", () => {
  it("is the first run where there was none", () => {
    expect(afterRuns([])()).toEqual({
      checkpoint: checkpointOf({ committed: COMMITTED }),
      reason: "first",
      again: [],
      carried: {},
    });
  });

  it.each(["open", "drained", "stopped", "broken"] as const)(
    "forgets a run that staged nothing and ended %s",
    (end) => {
      for (const by of [SAME, OTHER]) {
        expect(afterRuns([runOf("r1", SAME, end, {})])(by)).toEqual({
          checkpoint: checkpointOf({ committed: COMMITTED }),
          reason: "nothing_staged",
          again: [],
          carried: {},
        });
      }
    },
  );
});

describe("resume() under the same shipper", () => {
  it.each(["open", "drained"] as const)("commits what an %s run staged", (end) => {
    const resumed = afterRuns([runOf("r1", SAME, end, { audit: at(2) })])();
    expect(resumed.checkpoint.committed).toEqual({ audit: at(2), siem: at(10) });
    expect(resumed).toMatchObject({ reason: "same_shipper", again: [], carried: {} });
    expect(resumed.checkpoint.runs).toEqual([]);
  });

  it("does not commit what a run staged that was asked to stop: it may have been a reload", () => {
    const resumed = afterRuns([runOf("r1", SAME, "stopped", { audit: at(2) })])();
    expect(resumed.checkpoint.committed).toEqual(COMMITTED);
    expect(resumed).toMatchObject({ reason: "asked_to_stop", again: ["audit"], carried: {} });
  });

  it("does not commit what a run staged whose stdout was closed, not even if drained is trusted", () => {
    for (const safety of ["next_start", "lag", "taken"] as const) {
      const run = runOf("r1", SAME, "broken", { audit: at(2) }, safety);
      for (const trust of [false, TRUST]) {
        const resumed = afterRuns([run])(SAME, trust);
        expect(resumed.checkpoint.committed).toEqual(COMMITTED);
        expect(resumed).toMatchObject({ reason: "shipper_gone", again: ["audit"], carried: {} });
      }
    }
  });

  it("sends again what an older run staged that the last one had not reached", () => {
    const runs = [
      runOf("r1", OTHER, "drained", { audit: at(2), siem: at(11) }),
      runOf("r2", SAME, "open", { audit: at(2) }),
    ];
    const resumed = afterRuns(runs)();
    expect(resumed.checkpoint.committed).toEqual({ audit: at(2), siem: at(10) });
    expect(resumed).toMatchObject({ reason: "same_shipper", again: ["siem"] });
  });

  it("lays the journal over what the checkpoint had saved", () => {
    const run = runOf("r1", SAME, "open", { audit: at(2), siem: at(11) });
    const resumed = afterRuns([run], journalOf())();
    expect(resumed.checkpoint.committed).toEqual({ audit: at(3), siem: at(11) });
  });

  it("ignores the journal of another run, of an older and of a newer save", () => {
    const run = runOf("r1", SAME, "open", { audit: at(2) });
    for (const values of [{ run: "r0" }, { sequence: 6 }, { sequence: 8 }]) {
      const resumed = afterRuns([run], journalOf(values))();
      expect(resumed.checkpoint.committed).toEqual({ ...COMMITTED, audit: at(2) });
    }
  });

  it("takes the end from the journal where the checkpoint could not be saved any more", () => {
    const run = runOf("r1", SAME, "open", { audit: at(2) });
    const resumed = afterRuns([run], journalOf({ end: "broken" }))();
    expect(resumed.reason).toBe("shipper_gone");
    expect(resumed.checkpoint.committed).toEqual(COMMITTED);
  });

  it("trusts no process without a pid of its own: a parent outside of the pid namespace", () => {
    const outside = shipper(0, { start: "", boot: "boot-1" });
    const resumed = afterRuns([runOf("r1", outside, "drained", { audit: at(2) })])(outside);
    expect(resumed).toMatchObject({ reason: "overlapped", again: ["audit"] });
  });

  it("trusts no start that came before the last run had ended", () => {
    const early = shipper(812, { ourStart: "5000" });
    for (const end of ["open", "drained"] as const) {
      for (const ourStart of ["5000", "4999"]) {
        const resumed = afterRuns([runOf("r1", early, end, { audit: at(2) })])(
          shipper(812, { ourStart }),
        );
        expect(resumed).toMatchObject({ reason: "overlapped", again: ["audit"] });
      }
      const run = runOf("r1", early, end, { audit: at(2) });
      const later = shipper(812, { ourStart: "5001" });
      expect(afterRuns([run])(later).reason).toBe("same_shipper");
      expect(afterRuns([run])(later, false, true).reason).toBe("overlapped");
    }
  });
});

describe("resume() under another shipper", () => {
  it("sends again from committed, and remembers a drained run (once)", () => {
    const run = runOf("r1", SAME, "drained", { audit: at(2) });
    expect(afterRuns([run])(OTHER)).toEqual({
      checkpoint: checkpointOf({ committed: COMMITTED, runs: [run] }),
      reason: "other_shipper",
      again: ["audit"],
      carried: {},
    });
  });

  it("forgets an open run, and keeps the older ones", () => {
    const old = runOf("r1", SAME, "drained", { siem: at(11) });
    const resumed = afterRuns([old, runOf("r2", SAME, "open", { audit: at(2) })])(OTHER);
    expect(resumed.checkpoint.runs).toEqual([old]);
    expect(resumed.checkpoint.committed).toEqual(COMMITTED);
    expect(resumed.again.toSorted()).toEqual(["audit", "siem"]);
  });

  it.each([
    ["another start time", { start: "1" }],
    ["another boot", { boot: "boot-2" }],
    ["an unknown start time", { start: "" }],
  ])("takes the same pid with %s for another process", (_name, values) => {
    const resumed = afterRuns([runOf("r1", SAME, "drained", { audit: at(2) })])(
      shipper(812, values),
    );
    expect(resumed.reason).toBe("other_shipper");
  });

  it("takes the pid alone where neither start time is known", () => {
    const blind = { start: "", boot: "" };
    const run = runOf("r1", shipper(812, blind), "drained", { audit: at(2) });
    expect(afterRuns([run])(shipper(812, blind)).reason).toBe("same_shipper");
    expect(afterRuns([run])(shipper(813, blind)).reason).toBe("other_shipper");
  });

  it("commits what was drained if drained is trusted, also after a request to stop", () => {
    for (const end of ["drained", "stopped"] as const) {
      const resumed = afterRuns([runOf("r1", SAME, end, { audit: at(2) })])(OTHER, TRUST);
      expect(resumed).toMatchObject({ reason: "drained", again: [], carried: {} });
      expect(resumed.checkpoint.committed).toEqual({ audit: at(2), siem: at(10) });
    }
  });

  it("does not trust a run that was killed even if drained is trusted", () => {
    const resumed = afterRuns([runOf("r1", SAME, "open", { audit: at(2) })])(OTHER, TRUST);
    expect(resumed).toMatchObject({ reason: "other_shipper", again: ["audit"] });
  });
});

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

  it("believes the oldest where each shipper was made for its run", () => {
    const runs = each({ madeForRun: true });
    const resumed = afterRuns(runs)(shipper(4));
    expect(resumed).toMatchObject({ reason: "believed_after_runs", again: ["audit"] });
    expect(resumed.checkpoint.committed).toEqual({ audit: at(2), siem: at(10) });
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
  it("commits only places that a run had staged, and never loses sight of one", () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 3 }), fc.boolean(), (runs, trust) => {
        const before = checkpointOf({ committed: COMMITTED, runs });
        const { checkpoint, again, carried } = resume(before, null, shipper(1), {
          trustDrained: trust,
          overlapped: false,
        });
        for (const stream of ["audit", "siem"] as const) {
          const staged = runs.flatMap((run) => run.staged[stream] ?? []);
          const place = checkpoint.committed[stream];
          expect([COMMITTED[stream], ...staged]).toContainEqual(place);
          // What was staged is committed, carried, or named as coming again.
          if (staged.length > 0 && place === COMMITTED[stream] && carried[stream] === undefined) {
            expect(again).toContain(stream);
          }
        }
        expect(checkpoint.runs.length).toBeLessThan(3);
        expect(before).toEqual(checkpointOf({ committed: COMMITTED, runs }));
      }),
      { numRuns: 1000 },
    );
  });
});
