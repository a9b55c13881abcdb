import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import type { Checkpoint, Position } from "../../plugin/state/checkpoint.ts";
import {
  CHECKPOINT_VERSION,
  emptyCheckpoint,
  parseCheckpoint,
  serializeCheckpoint,
} from "../../plugin/state/checkpoint.ts";
import { runs } from "../support/amount.ts";
import { at, checkpointOf, runOf, shipper } from "../support/delivery_values.ts";

const PATH = "/state/acme/checkpoint";

/** Every kind of value that version 1 can hold. Its golden file must be read for ever. */
const FULL: Checkpoint = {
  account: "acme",
  api: "2.0",
  sequence: 42,
  committed: {
    "siem receipt": at(0, { cursor: { page: "cGFnZQ", since: "2026-02-22" } }),
    audit: at(0, { cursor: null }),
  },
  runs: [
    runOf("0d5c7f0e-0000-4000-8000-000000000001", shipper(812, { ourStart: "81210" }), "drained", {
      audit: at(3),
    }),
    runOf("0d5c7f0e-0000-4000-8000-000000000002", shipper(913, { madeForRun: true }), "open", {
      "siem receipt": at(0, {
        cursor: { page: "bmV4dA", since: "2026-02-22" },
        done: ["receipt/2026/03/01/11/a.json.gz"],
        taken: {
          key: "receipt/2026/03/01/11/b.json.gz",
          records: 512,
          digest: "00112233445566778899aabbccddeeff",
        },
      }),
    }),
  ],
  sources: {
    siem: {
      startedMs: 1_772_366_400_000,
      dueMs: 1_772_367_300_000,
      failures: 2,
      error: 'Cannot fetch "/siem/v1/batch/events/cg": HTTP 502',
      coveredUntilMs: 1_772_366_000_000,
      records: 90_001,
    },
  },
  itemFailures: { "siem receipt a.json.gz": 2 },
  gaps: [
    {
      stream: "siem receipt",
      item: "z\u2028“\t.json.gz",
      atMs: 1_772_366_400_000,
      reason: "damaged gzip",
      cursor: [1, "two", null, true],
      file: "20260301T120000000Z-siem_receipt-0123456789ab",
    },
  ],
  healthMs: 1_772_366_400_000,
};

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StateError) return error.code;
    throw error;
  }
  throw new Error("It should have thrown");
}

/** Any checkpoint: names and keys as hostile as a file name in a zip can be. */
function anyCheckpoint(): fc.Arbitrary<Checkpoint> {
  const name = fc.string({ unit: "binary", maxLength: 12 });
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      name,
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(name, tie("json"), { maxKeys: 3 }),
    ),
  }));
  const position: fc.Arbitrary<Position> = fc.record({
    cursor: json as fc.Arbitrary<Position["cursor"]>,
    done: fc.array(name, { maxLength: 3 }),
    taken: fc.option(fc.record({ key: name, records: fc.nat(), digest: name })),
  });
  const positions = fc.dictionary(name, position, { maxKeys: 3 });
  const who = fc.record({
    pid: fc.nat(),
    start: name,
    boot: name,
    name,
    madeForRun: fc.boolean(),
    ourStart: name,
  });
  const run = fc.record({
    id: fc.uuid(),
    shipper: who,
    startedMs: fc.nat(),
    safety: fc.constantFrom("taken", "next_start", "lag"),
    end: fc.constantFrom("open", "drained", "stopped", "broken"),
    staged: positions,
  });
  return fc.record({
    account: name,
    api: fc.constantFrom("1.0", "2.0"),
    sequence: fc.nat(),
    committed: positions,
    runs: fc.array(run, { maxLength: 3 }),
    sources: fc.constant({}),
    itemFailures: fc.dictionary(name, fc.nat(), { maxKeys: 2 }),
    gaps: fc.constant([]),
    healthMs: fc.nat(),
  }) as fc.Arbitrary<Checkpoint>;
}

describe("serializeCheckpoint() and parseCheckpoint()", () => {
  it("are each other's inverse", () => {
    fc.assert(
      fc.property(anyCheckpoint(), (checkpoint) => {
        const read = parseCheckpoint(serializeCheckpoint(checkpoint), PATH);
        // As JSON: dictionaries of fast-check have no prototype.
        expect(JSON.stringify(read)).toBe(JSON.stringify(checkpoint));
      }),
      { numRuns: 100 },
    );
  });

  it("refuse every file that lacks its end, and every file with one byte changed", () => {
    const whole = serializeCheckpoint(FULL);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        expect(codeOf(() => parseCheckpoint(whole.subarray(0, index), PATH))).toBe(
          "checkpoint_broken",
        );
        const bytes = Uint8Array.from(whole);
        bytes[index] = (bytes[index] ?? 0) ^ change;
        expect(codeOf(() => parseCheckpoint(bytes, PATH))).toMatch(/^checkpoint_(broken|newer)$/);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe("parseCheckpoint()", () => {
  it("reads a file that version 1 wrote", async () => {
    expect(CHECKPOINT_VERSION).toBe(1);
    const path = new URL("golden/checkpoint/version_1", import.meta.url);
    await expect(Buffer.from(serializeCheckpoint(FULL)).toString()).toMatchFileSnapshot(
      path.pathname,
    );
    expect(parseCheckpoint(readFileSync(path), PATH)).toEqual(FULL);
  });

  it("says that an empty file is empty, and how to go on", () => {
    try {
      parseCheckpoint(new Uint8Array(), PATH);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StateError);
      expect(error).toMatchObject({
        message: `Cannot read checkpoint "${PATH}": the file is empty`,
        code: "checkpoint_broken",
        hint: expect.stringContaining("checkpoint.previous"),
      });
    }
  });

  it("says that a file is half written", () => {
    const half = serializeCheckpoint(FULL).subarray(0, 300);
    expect(() => parseCheckpoint(half, PATH)).toThrow(/damaged or half written/);
  });

  it("says that zero bytes of a file system's recovery are no checkpoint", () => {
    expect(() => parseCheckpoint(new Uint8Array(4096), PATH)).toThrow(/not a checkpoint header/);
  });

  it.each([" whatever\n{}", "\n{}"])(
    "refuses a newer format by its name, whatever follows: %j",
    (rest) => {
      const header = Buffer.from(`mimecast-input-checkpoint ${CHECKPOINT_VERSION + 1}${rest}`);
      expect(codeOf(() => parseCheckpoint(header, PATH))).toBe("checkpoint_newer");
    },
  );

  it.each(["0", "-1", "1.5", "", "one", "1e0"])("refuses version %j as broken", (version) => {
    const text = Buffer.from(serializeCheckpoint(FULL)).toString().replace(" 1 ", ` ${version} `);
    expect(codeOf(() => parseCheckpoint(Buffer.from(text), PATH))).toBe("checkpoint_broken");
  });

  it("does not read a file whose checksum is right but whose content is no JSON", () => {
    const body = "not JSON\n";
    const sum = createHash("sha256").update(body).digest("hex");
    const bytes = Buffer.from(`mimecast-input-checkpoint 1 ${sum}\n${body}`);
    expect(() => parseCheckpoint(bytes, PATH)).toThrow(/its content is not JSON/);
  });
});

describe("emptyCheckpoint()", () => {
  it("has no position, no run and sequence 0", () => {
    expect(emptyCheckpoint("acme", "1.0")).toEqual({
      ...checkpointOf({ account: "acme" }),
      api: "1.0",
      sequence: 0,
    });
  });
});

describe("parseCheckpoint() of a content that is whole, but not ours", () => {
  const without = (key: string) =>
    Object.fromEntries(Object.entries(FULL).filter(([each]) => each !== key));
  const position = FULL.committed.audit;
  it.each([
    ["no object", [], '""'],
    ["a key that is missing", without("sequence"), '"sequence"'],
    ["a sequence that is no number", { ...FULL, sequence: "42" }, '"sequence"'],
    ["another API", { ...FULL, api: "3.0" }, '"api"'],
    [
      "a position without a cursor",
      { ...FULL, committed: { audit: { done: [], taken: null } } },
      '"committed.audit.cursor": it is missing',
    ],
    [
      "items that are no texts",
      { ...FULL, committed: { audit: { ...position, done: [1] } } },
      '"committed.audit.done.0"',
    ],
    ["a negative count", { ...FULL, itemFailures: { "audit x": -1 } }, '"itemFailures.audit x"'],
    [
      "a gap that names no file",
      { ...FULL, gaps: [{ ...FULL.gaps[0], file: 3 }] },
      '"gaps.0.file"',
    ],
    ["an end that is none", { ...FULL, runs: [{ ...FULL.runs[0], end: "over" }] }, '"runs.0.end"'],
  ])("is broken: %s", (_what, content, key) => {
    const bytes = serializeCheckpoint(content as unknown as Checkpoint);
    expect(() => parseCheckpoint(bytes, PATH)).toThrow(
      expect.objectContaining({ code: "checkpoint_broken", message: expect.stringContaining(key) }),
    );
  });

  it("lets through what a later program added, and changes nothing", () => {
    const later = { ...FULL, more: 1, sources: { siem: { ...FULL.sources.siem, more: [] } } };
    const bytes = serializeCheckpoint(later as unknown as Checkpoint);
    expect(parseCheckpoint(bytes, PATH)).toEqual(later);
  });
});
