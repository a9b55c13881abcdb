import { RECORD_TYPES, type RecordType, TYPE_NAMES } from "./record_types.ts";

/** The parts of a record's id. */
export interface RecordId {
  readonly seed: number;
  readonly type: RecordType;
  readonly index: number;
}

const BY_CODE = new Map<string, RecordType>(
  TYPE_NAMES.map((type) => [RECORD_TYPES[type].code, type]),
);
const PATTERN = new RegExp(`u(\\d+)-(${[...BY_CODE.keys()].join("|")})-(\\d+)`);

/** The unique token that a record carries, and that its finished line still carries: `u7-receipt-12`. */
export function recordId(seed: number, type: RecordType, index: number): string {
  return `u${seed}-${RECORD_TYPES[type].code}-${index}`;
}

/**
 * The id inside a record, a LEEF line, its attributes or any text, or null. Made-up data never holds
 * anything else of this form, so the first one found is the record's own.
 */
export function idOf(
  value: string | Uint8Array | ReadonlyMap<string, string> | object,
): string | null {
  return PATTERN.exec(textOf(value))?.[0] ?? null;
}

/** Takes an id apart; null for a text that is no id. */
export function parseRecordId(id: string): RecordId | null {
  const match = PATTERN.exec(id);
  if (match === null || match[0] !== id) return null;
  const type = BY_CODE.get(match[2] ?? "");
  if (type === undefined) return null;
  return { seed: Number(match[1]), type, index: Number(match[3]) };
}

function textOf(value: string | Uint8Array | ReadonlyMap<string, string> | object): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  }
  if (value instanceof Map) return [...value.values()].join("\n");
  return JSON.stringify(value);
}
