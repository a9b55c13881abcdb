import { describe, expect, it } from "vitest";
import { at, checkpointOf, runOf, shipper } from "../support/delivery_values.ts";
import { afterRuns, COMMITTED, journalOf, OTHER, SAME, TRUST } from "../support/handover_values.ts";

describe("resume() without anything staged", () => {
  it("is the first run where there was none", () => {
    expect(afterRuns([])()).toEqual({
      checkpoint: checkpointOf({ committed: COMMITTED }),
      reason: "first",
      again: [],
      carried: {},
    });
  });

  it("is the first run where a journal has lost its checkpoint", () => {
    expect(afterRuns([], journalOf())()).toMatchObject({ reason: "first", again: [], carried: {} });
  });

  it("is so where the journal has nothing beyond what was committed", () => {
    const run = runOf("r1", SAME, "open", {});
    const resumed = afterRuns([run], journalOf({ position: COMMITTED.audit }))(OTHER);
    expect(resumed).toMatchObject({ reason: "nothing_staged", again: [], carried: {} });
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
