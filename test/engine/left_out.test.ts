import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../plugin/encode/engine.ts";
import { ConfigError } from "../../plugin/errors.ts";
import { encodeWith, engineWith } from "../support/engine_lines.ts";

const record = (action: string, number: number) =>
  `${JSON.stringify({ type: "receipt", action, timestamp: 1767225600000 + number, aggregateId: `a${number}` })}\n`;
const BLOCK = Array.from({ length: 300 }, (_, at) => record(at % 3 === 0 ? "Acc" : "Rej", at)).join(
  "",
);
const dropping: Partial<EngineSettings> = { dropped: ["receipt_accepted"] };

describe.each(["leef", "json", "json+leef"] as const)(
  "EventIDs that are left out (%s)",
  (format) => {
    it("make no line, and the other lines are the same", () => {
      const all = encodeWith(engineWith({ format }), "siem", [BLOCK]);
      const some = encodeWith(engineWith({ format, ...dropping }), "siem", [BLOCK]);
      expect(some.lines).toEqual(all.lines.filter((_, at) => at % 3 !== 0));
      expect(some.lines).toHaveLength(200);
    });

    it("count for the position and the digest, so that the filter may change in the middle of an item", () => {
      const all = encodeWith(engineWith({ format }), "siem", [BLOCK]);
      const some = encodeWith(engineWith({ format, ...dropping }), "siem", [BLOCK]);
      expect(some).toMatchObject({ records: 300, digest: all.digest });
      const half = BLOCK.split("\n").slice(0, 100).join("\n").concat("\n");
      const taken = encodeWith(engineWith({ format }), "siem", [half]);
      const rest = encodeWith(engineWith({ format, ...dropping }), "siem", [BLOCK], taken);
      expect(rest.lines).toEqual(all.lines.filter((_, at) => at >= 100 && at % 3 !== 0));
    });

    it("are counted once, also where records were skipped and where nothing is left", () => {
      const engine = engineWith({ format, ...dropping });
      const counted = (blocks: readonly string[], taken?: { records: number; digest: string }) => {
        engine.begin("siem", taken);
        let filtered = 0;
        for (const block of blocks) {
          for (const chunk of engine.encode(Buffer.from(block))) filtered += chunk.filtered;
        }
        engine.end();
        return filtered;
      };
      expect(counted([BLOCK])).toBe(100);
      expect(counted([BLOCK, BLOCK])).toBe(200);
      const { records, digest } = encodeWith(engineWith(), "siem", [BLOCK]);
      expect(counted([BLOCK, BLOCK], { records, digest })).toBe(100);
      const accepted = record("Acc", 1).repeat(5_000);
      expect(counted([accepted])).toBe(5_000);
      expect(encodeWith(engine, "siem", [accepted])).toMatchObject({ lines: [], records: 5_000 });
    });
  },
);

it("an EventID that is not known is an error", () => {
  expect(() => engineWith({ dropped: ["receipt_acepted"] })).toThrow(ConfigError);
});

it("a filter of one engine does not reach another", () => {
  engineWith(dropping);
  expect(encodeWith(engineWith(), "siem", [record("Acc", 1)]).lines).toHaveLength(1);
});
