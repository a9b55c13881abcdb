import { describe, expect, it } from "vitest";
import { gapReports } from "../../plugin/commands/replay/gap_report.ts";
import { sourcesFor } from "../../plugin/sources/registry.ts";
import type { Gap } from "../../plugin/state/checkpoint.ts";
import { parseCheckpoint, serializeCheckpoint } from "../../plugin/state/checkpoint.ts";
import { markRedone } from "../../plugin/state/mark_redone.ts";
import { at, checkpointOf, runOf, shipper } from "../support/delivery_values.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const gapOf = (item: string, values: Partial<Gap> = {}): Gap => ({
  stream: "siem:receipt",
  item,
  atMs: Date.UTC(2026, 2, 1, 12),
  reason: "gzip",
  cursor: null,
  file: null,
  ...values,
});

const STORED = checkpointOf({
  committed: { audit: at(3) },
  runs: [runOf("run-1", shipper(7), "drained", { audit: at(4) })],
  gaps: [gapOf("a"), gapOf("b", { file: "kept" }), gapOf("")],
});

describe("markRedone()", () => {
  const disk = () => createFakeEffects({ files: { "/s/checkpoint": serializeCheckpoint(STORED) } });

  it("marks that gap and changes nothing else, the sequence included", async () => {
    const effects = disk();
    const gap = gapOf("b", { file: "kept" });
    expect(await markRedone(effects.files, "/s", "acme", "2.0", gap, 99)).toBe(true);
    const after = parseCheckpoint(effects.disk.get("/s/checkpoint")!, "c");
    const [first, second, third] = STORED.gaps;
    expect(after).toEqual({ ...STORED, gaps: [first, { ...second, redoneMs: 99 }, third] });
    expect(effects.disk.get("/s/checkpoint.previous")).toEqual(serializeCheckpoint(STORED));
  });

  it("marks the first of the list too", async () => {
    const effects = disk();
    expect(await markRedone(effects.files, "/s", "acme", "2.0", gapOf("a"), 99)).toBe(true);
    const after = parseCheckpoint(effects.disk.get("/s/checkpoint")!, "c");
    expect(after.gaps.map(({ redoneMs }) => redoneMs)).toEqual([99, undefined, undefined]);
  });

  it("writes nothing where the gap is listed no more", async () => {
    const effects = disk();
    expect(await markRedone(effects.files, "/s", "acme", "2.0", gapOf("c"), 99)).toBe(false);
    expect(effects.disk.size).toBe(1);
  });
});

describe("gapReports()", () => {
  it("says for each gap where its bytes are, until when it can be re-done, or that it is lost", () => {
    const gaps = [...STORED.gaps, gapOf("c", { redoneMs: Date.UTC(2026, 2, 2) })];
    const found = gapReports({ account: "acme", gaps }, "/s/acme", sourcesFor("2.0"));
    const base = {
      account: "acme",
      stream: "siem:receipt",
      at: "2026-03-01T12:00:00Z",
      reason: "gzip",
      file: null,
      redone: null,
      kept_until: "2026-03-08T12:00:00Z",
      can_be_redone: true,
    };
    expect(found).toEqual([
      { ...base, gap: 1, item: "a" },
      { ...base, gap: 2, item: "b", file: "/s/acme/quarantine/kept" },
      { ...base, gap: 3, item: "", can_be_redone: false },
      { ...base, gap: 4, item: "c", redone: "2026-03-02T00:00:00Z" },
    ]);
  });

  it("shows a gap of a feed that the API generation has no more", () => {
    const gaps = [gapOf("a", { stream: "gone" })];
    const [found] = gapReports({ account: "acme", gaps }, "/s", sourcesFor("1.0"));
    expect(found).toMatchObject({ can_be_redone: false, kept_until: null });
  });
});
