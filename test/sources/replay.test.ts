import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceNamed, sourcesFor } from "../../plugin/sources/registry.ts";
import type { Item } from "../../plugin/sources/source.ts";
import { closedWindow, readWindowPosition } from "../../plugin/sources/window/window_position.ts";
import { createFakeContext } from "../support/fake_context.ts";
import { collect } from "../support/fake_effects.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const AUDIT = sourceNamed("2.0", "audit").replay!;

async function storedRecords(api: "1.0" | "2.0", name: string, content: Uint8Array | string) {
  const { spool } = createFakeContext([]);
  const { path } = await spool((async function* () {})());
  await writeFile(path, content);
  const items: readonly Item[] = await sourceNamed(api, name).replay!.stored(path, content.length);
  return Promise.all(items.map(async (item) => String(await collect(item.records()))));
}

describe("replay of a windowed source", () => {
  it("asks for a stretch in windows that touch, do not overlap, and are a day at most", () => {
    const moment = fc.integer({ min: NOW - 40 * 86_400_000, max: NOW });
    fc.assert(
      fc.property(moment, moment, (one, two) => {
        const [fromMs, toMs] = [Math.min(one, two), Math.max(one, two)];
        const windows = AUDIT.range!("audit", fromMs, toMs, NOW).map((cursor) =>
          readWindowPosition(cursor, "audit"),
        );
        expect(windows[0]!.fromMs).toBe(Math.floor(fromMs / 1000) * 1000);
        expect(windows.at(-1)!.toMs).toBe(Math.floor(toMs / 1000) * 1000);
        for (const [index, window] of windows.entries()) {
          const next = windows[index + 1];
          if (next !== undefined) expect(next.fromMs).toBe(window.toMs! + 1000);
          expect(window.toMs! - window.fromMs).toBeLessThan(86_400_000);
          expect(window.toMs! >= window.fromMs).toBe(true);
          expect(window.remembered).toEqual({ before: "", walk: "", old: [] });
        }
      }),
    );
  });

  it("asks for the whole window of a gap again, without its page token", () => {
    const cursor = {
      from: NOW - 60_000,
      to: NOW,
      pageToken: "old",
      stalls: 2,
      restarted: 1,
      ids: ["x"],
    };
    const again = readWindowPosition(AUDIT.again(cursor), "audit");
    expect(again).toEqual(closedWindow(NOW - 60_000, NOW));
    expect(AUDIT.ended(AUDIT.again(cursor), "gap")).toBe(false);
    expect(AUDIT.ended({ ...cursor, to: null }, "gap")).toBe(true);
  });
});

describe("replay of API 1.0 SIEM", () => {
  const { replay } = sourceNamed("1.0", "siem");
  const items = ["a.json", "b.json"].map((key) => ({ key }) as Item);

  it("can't be asked by time", () => {
    expect(replay!.range).toBeNull();
  });

  it("misses one entry, or all of an archive that could not be opened", () => {
    expect(replay!.missed(items, "b.json")).toEqual([items[1]]);
    expect(replay!.missed(items, "c.json")).toEqual([]);
    expect(replay!.missed(items, "archive-0123")).toEqual(items);
    expect(replay!.missed(items, "file-0123")).toEqual(items);
  });
});

describe("replay from a local file", () => {
  it.each([
    ["1.0", "siem", '{"type":"MTA","data":[{"a":1},{"b":2}]}', '{"a":1}\n{"b":2}\n'],
    [
      "1.0",
      "siem",
      gzipSync("datetime=1|a=b\r\ndatetime=2|a=c\r\n"),
      "datetime=1|a=b\ndatetime=2|a=c\n",
    ],
    ["2.0", "siem", gzipSync('{"a":1}\n{"b":2}'), '{"a":1}\n{"b":2}\n'],
    ["2.0", "siem", '{"a":1}\n', '{"a":1}\n'],
    ["2.0", "audit", '{"meta":{},"data":[{"a":1},{"b":2}]}', '{"a":1}\n{"b":2}\n'],
    ["2.0", "ttp_url", '{"data":[{"clickLogs":[{"a":1}]}]}', '{"a":1}\n'],
    ["2.0", "threat_intel", '{"type":"bundle","objects":[{"id":"x"}]}', '{"id":"x"}\n'],
  ] as const)(
    "reads what Mimecast served for API %s %s (%#)",
    async (api, name, content, records) => {
      // The engine takes no notice of a CR and of empty lines.
      const found = await storedRecords(api, name, content);
      expect(found.map((text) => text.replaceAll(/\r\n?|\n{2,}/g, "\n"))).toEqual([records]);
    },
  );

  it("refuses what is still damaged", async () => {
    const cut = gzipSync('{"a":1}\n').subarray(0, 12);
    await expect(storedRecords("2.0", "siem", cut)).rejects.toMatchObject({ code: "gzip" });
    await expect(storedRecords("1.0", "siem", "")).rejects.toMatchObject({ code: "empty" });
  });
});

it("every source can be replayed", () => {
  const without = (["1.0", "2.0"] as const).flatMap((api) =>
    sourcesFor(api).filter(({ replay }) => replay === undefined),
  );
  expect(without).toEqual([]);
});
