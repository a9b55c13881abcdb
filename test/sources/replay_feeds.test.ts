import { describe, expect, it } from "vitest";
import { sourcesOfAllModes } from "../../plugin/sources/registry.ts";
import type { Item, Source } from "../../plugin/sources/source.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const item = (key: string): Item => ({
  key,
  kind: "auto",
  async *records() {},
  async *raw() {},
});
const items = [item("a"), item("b")];

const feeds = [...sourcesOfAllModes("1.0"), ...sourcesOfAllModes("2.0")].flatMap((source) =>
  source.replay === undefined
    ? []
    : [{ title: `${source.api} ${source.streams[0]}`, source, replay: source.replay }],
);
/** Feeds that know a beginning only, and list everything up to now from there. */
const goesOnToNow = ({ name }: Source) =>
  ["siem", "cloud_integrated", "threat_intel"].includes(name);

describe.each(feeds)("a replay of $title", ({ source, replay }) => {
  const stream = source.streams[0] as string;

  it("begins at least at the beginning of the stretch, where the feed can", () => {
    if (replay.range === null) return expect(source.api).toBe("1.0");
    const positions = replay.range(stream, NOW - 3 * HOUR_MS, NOW - HOUR_MS, NOW);
    expect(positions.length).toBeGreaterThan(0);
    for (const position of positions) expect(JSON.stringify(position)).not.toBe("{}");
  });

  it("is over after one page of a gap; a stretch goes on where the feed does", () => {
    const next = replay.range?.(stream, NOW - 3 * HOUR_MS, NOW - HOUR_MS, NOW)[0];
    if (next === undefined) return;
    if (goesOnToNow(source)) {
      expect(replay.ended(next, "gap")).toBe(true);
      expect(replay.ended(next, "range")).toBe(false);
    } else {
      expect(replay.ended(next, "gap")).toBe(false);
      expect(replay.ended(source.start(stream, NOW, NOW), "gap")).toBe(true);
    }
  });

  it("takes of a page what was missed: the item alone where items are files of their own", () => {
    const isFile = goesOnToNow(source) && source.name !== "threat_intel";
    expect(replay.missed(items, "b").map(({ key }) => key)).toEqual(isFile ? ["b"] : ["a", "b"]);
  });
});
