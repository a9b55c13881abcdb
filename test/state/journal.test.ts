import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "../../plugin/state/handover.ts";
import { blankJournal, parseJournal, serializeJournal } from "../../plugin/state/journal.ts";
import { at } from "../support/delivery_values.ts";

function entry(key: string, records: number): JournalEntry {
  const taken = { key, records, digest: "0".repeat(32) };
  return { run: "run-1", sequence: 3, stream: "audit", position: at(1, { taken }) };
}

const anyEntry = fc
  .tuple(fc.string({ unit: "binary", maxLength: 300 }), fc.nat())
  .map(([key, records]) => entry(key, records));

/** What `Files.overwrite` leaves: the new bytes over the beginning of the old ones. */
function overwritten(before: Uint8Array, after: Uint8Array): Uint8Array {
  return Buffer.concat([after, before.subarray(after.length)]);
}

describe("serializeJournal() and parseJournal()", () => {
  it("are each other's inverse, whatever a longer entry left behind the line feed", () => {
    fc.assert(
      fc.property(anyEntry, anyEntry, (before, after) => {
        const bytes = overwritten(serializeJournal(before), serializeJournal(after));
        expect(parseJournal(bytes)).toEqual(after);
      }),
    );
  });

  it.each([
    ["a list", []],
    ["no position", { run: "run-1", sequence: 3, stream: "audit" }],
    ["a position without a cursor", { ...entry("a", 1), position: { done: [], taken: null } }],
    ["an end that is none", { ...entry("a", 1), end: "over" }],
  ])("take a line that is whole, but no entry, for none: %s", (_what, value) => {
    expect(parseJournal(serializeJournal(value as unknown as JournalEntry))).toBeNull();
  });

  it("keep the end of a run", () => {
    const ended = { ...entry("a", 1), end: "broken" as const };
    expect(parseJournal(serializeJournal(ended))).toEqual(ended);
  });

  it("keep everything on one line, and fill whole blocks", () => {
    for (const key of ["a\nb\r\n\u2028", "x".repeat(4000), "x".repeat(4096)]) {
      const bytes = Buffer.from(serializeJournal(entry(key, 1)));
      const [line, ...rest] = bytes.toString().split("\n");
      expect(JSON.parse(line?.slice(17) ?? "").position.taken.key).toBe(key);
      expect(rest.join("")).toBe("");
      expect(bytes.length % 4096).toBe(0);
    }
  });
});

describe("parseJournal()", () => {
  it("is null where there is no file, and for an empty one", () => {
    expect(parseJournal(null)).toBeNull();
    expect(parseJournal(blankJournal())).toBeNull();
    expect(parseJournal(new Uint8Array())).toBeNull();
  });

  it("gives the old entry, the new one or null for an overwrite that was cut anywhere", () => {
    fc.assert(
      fc.property(anyEntry, anyEntry, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, part) => {
        const before = serializeJournal(a);
        const after = serializeJournal(b);
        const cut = after.subarray(0, Math.floor(part * (Buffer.from(after).indexOf("\n") - 1)));
        const read = parseJournal(overwritten(before, cut));
        if (read !== null) expect([a, b]).toContainEqual(read);
        expect(parseJournal(cut)).toBeNull();
      }),
    );
  });

  it("is null for a line that is whole, but no JSON", () => {
    const sum = createHash("sha256").update("no JSON").digest("hex").slice(0, 16);
    expect(parseJournal(Buffer.from(`${sum} no JSON\n`))).toBeNull();
  });

  it.each(["\n", "x\n", `${"0".repeat(16)} {}\n`, "0123456789abcdef \n"])(
    "is null for %j",
    (text) => {
      expect(parseJournal(Buffer.from(text))).toBeNull();
    },
  );
});
