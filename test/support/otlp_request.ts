import { fieldsOf } from "../../plugin/deliver/protobuf.ts";

/** A log record as a receiver of OTLP reads it. */
export interface ReadRecord {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The log records of a request: what the specification's JSON says, or protobuf read by a decoder of its own. */
export function readOtlpRequest(type: string, bytes: Buffer): readonly ReadRecord[] {
  if (type === "application/json") {
    const request = JSON.parse(bytes.toString("utf8"));
    return request.resourceLogs[0].scopeLogs[0].logRecords.map(jsonRecord);
  }
  const records: ReadRecord[] = [];
  for (const resourceLogs of messages(bytes, 1)) {
    for (const scopeLogs of messages(resourceLogs, 2)) {
      for (const record of messages(scopeLogs, 2)) records.push(protobufRecord(record));
    }
  }
  return records;
}

type Pair = { readonly key: string; readonly value: AnyValue };
interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly Pair[] };
}

function jsonRecord({ body, attributes, ...rest }: Record<string, unknown>): ReadRecord {
  const pairs = jsonPairs(attributes as Pair[]);
  return { ...rest, body: jsonValue(body as AnyValue), attributes: pairs } as ReadRecord;
}

function jsonPairs(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, jsonValue(value)]));
}

function jsonValue(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(jsonValue);
  if (value.kvlistValue !== undefined) return jsonPairs(value.kvlistValue.values);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}

function messages(bytes: Buffer, field: number): Buffer[] {
  return [...fieldsOf(bytes)].flatMap(([number, value]) =>
    number === field && Buffer.isBuffer(value) ? [value] : [],
  );
}

function protobufRecord(bytes: Buffer): ReadRecord {
  const fields = new Map(fieldsOf(bytes));
  const text = (field: number) => String(fields.get(field) ?? "");
  return {
    ...fixed64s(bytes),
    severityNumber: Number(fields.get(2)),
    severityText: text(3),
    eventName: text(12),
    body: protobufValue(fields.get(5) as Buffer),
    attributes: protobufPairs(messages(bytes, 6)),
  };
}

/** `fieldsOf` steps over numbers of 64 bits: here they are looked for by their tags, 1 and 11. */
function fixed64s(bytes: Buffer): Pick<ReadRecord, "timeUnixNano" | "observedTimeUnixNano"> {
  const at = (index: number) => String(bytes.readBigUInt64LE(index));
  const hasTime = bytes[0] === 1 * 8 + 1;
  const observedTag = bytes.lastIndexOf(11 * 8 + 1, bytes.length - 9 - eventNameLength(bytes));
  return {
    ...(hasTime ? { timeUnixNano: at(1) } : {}),
    observedTimeUnixNano: at(observedTag + 1),
  };
}

function eventNameLength(bytes: Buffer): number {
  return (messages(bytes, 12)[0]?.length ?? 0) + 2;
}

function protobufPairs(pairs: readonly Buffer[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = new Map(fieldsOf(pair));
      return [String(fields.get(1)), protobufValue(fields.get(2) as Buffer)];
    }),
  );
}

function protobufValue(bytes: Buffer): unknown {
  const [tag] = bytes;
  if (tag === undefined) return null;
  if (tag === 4 * 8 + 1) return bytes.readDoubleLE(1);
  const [[field, value] = [0, 0]] = [...fieldsOf(bytes)];
  switch (field) {
    case 1:
      return String(value);
    case 2:
      return value === 1;
    case 3:
      return Number(BigInt.asIntN(64, varint(bytes)));
    case 5:
      return messages(value as Buffer, 1).map(protobufValue);
    default:
      return protobufPairs(messages(value as Buffer, 1));
  }
}

/** The number behind a tag of one byte, all its 64 bits. */
function varint(bytes: Buffer): bigint {
  let value = 0n;
  bytes.subarray(1).forEach((byte, index) => {
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
  });
  return value;
}
