import { RECORD_TYPES, type RecordType } from "../test/support/fake_mimecast/record_types.ts";
import { recordText } from "../test/support/fake_mimecast/records/record.ts";

const START_MS = Date.UTC(2026, 0, 15, 8);

/**
 * SIEM records of API 2.0 as a batch file has them, one a line, each type with its share: invented, seeded, the
 * same at every call. `distinct` records are drawn and repeated with other times and sequence numbers.
 */
export function benchRecords(count: number, distinct = 20_000): Buffer {
  const types = (Object.keys(RECORD_TYPES) as RecordType[])
    .filter((type) => RECORD_TYPES[type].source === "siem")
    .flatMap((type) => Array<RecordType>(Math.round(RECORD_TYPES[type].share / 5)).fill(type));
  const templates = Array.from({ length: Math.min(count, distinct) }, (_, index) => {
    const type = types[(index * 7919) % types.length] as RecordType;
    const text = recordText({ type, index, seed: 1, atMs: START_MS + index * 137 }, "batch");
    return Buffer.from(`${text}\n`);
  });
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => templates[index % templates.length] as Buffer),
  );
}
