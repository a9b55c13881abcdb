import { type OtlpRecord, otlpRecord } from "./otlp_record.ts";
import { bytesField, doubleField, fieldsOf, fixed64Field, varintField } from "./protobuf.ts";

/** How a request is written (OTLP specification 1.x, "OTLP/HTTP"); the answer comes in the same way. */
export type OtlpEncoding = "protobuf" | "json";

const NAME = "mimecast-input";

/**
 * Whole lines as an ExportLogsServiceRequest. `nowMs`: when they are sent, which is when they were observed. `hasSyslog`: each
 * record has what a syslog exporter makes its line of.
 */
export function otlpBody(
  lines: Uint8Array,
  encoding: OtlpEncoding,
  nowMs: number,
  hasSyslog = false,
): { readonly type: string; readonly bytes: Uint8Array } {
  const records = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => otlpRecord(line, hasSyslog));
  return encoding === "json"
    ? { type: "application/json", bytes: Buffer.from(JSON.stringify(jsonRequest(records, nowMs))) }
    : { type: "application/x-protobuf", bytes: protobufRequest(records, nowMs) };
}

/** The receiver has taken some records only: what it says, or null where it has taken all. */
export function otlpRejection(answer: Uint8Array, encoding: OtlpEncoding): string | null {
  const { rejected, message } =
    encoding === "json" ? jsonPartial(answer) : protobufPartial(Buffer.from(answer));
  return rejected > 0 ? `${rejected} records of the batch are rejected: ${message}` : null;
}

/** Other codes must not be asked again (OTLP specification, "Retryable Response Codes"). */
export function isOtlpRetryable(status: number): boolean {
  return [429, 502, 503, 504].includes(status);
}

function nanos(timeMs: number): bigint {
  return BigInt(Math.round(timeMs)) * 1_000_000n;
}

function jsonRequest(records: readonly OtlpRecord[], nowMs: number): unknown {
  const logRecords = records.map(({ timeMs, severityNumber, severityText, ...record }) => ({
    ...(timeMs === null ? {} : { timeUnixNano: String(nanos(timeMs)) }),
    observedTimeUnixNano: String(nanos(nowMs)),
    severityNumber,
    severityText,
    eventName: record.eventName,
    body: jsonValue(record.body),
    attributes: jsonPairs(record.attributes),
  }));
  const resource = { attributes: jsonPairs({ "service.name": NAME }) };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: NAME }, logRecords }] }] };
}

function jsonPairs(object: object): unknown[] {
  return Object.entries(object).map(([key, value]) => ({ key, value: jsonValue(value) }));
}

/** AnyValue; one without a field stands for null. */
function jsonValue(value: unknown): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(jsonValue) } };
  return value === null ? {} : { kvlistValue: { values: jsonPairs(value as object) } };
}

function protobufRequest(records: readonly OtlpRecord[], nowMs: number): Buffer {
  const observed = fixed64Field(11, nanos(nowMs));
  const logRecords = records.map((record) =>
    bytesField(2, [
      ...(record.timeMs === null ? [] : [fixed64Field(1, nanos(record.timeMs))]),
      varintField(2, record.severityNumber),
      bytesField(3, record.severityText),
      bytesField(5, protobufValue(record.body)),
      ...pairFields(6, record.attributes),
      observed,
      bytesField(12, record.eventName),
    ]),
  );
  const resource = bytesField(1, pairFields(1, { "service.name": NAME }));
  const scope = bytesField(1, [bytesField(1, NAME)]);
  return bytesField(1, [resource, bytesField(2, [scope, ...logRecords])]);
}

function pairFields(field: number, object: object): Buffer[] {
  return Object.entries(object).map(([key, value]) =>
    bytesField(field, [bytesField(1, key), bytesField(2, protobufValue(value))]),
  );
}

function protobufValue(value: unknown): Buffer[] {
  if (typeof value === "string") return [bytesField(1, value)];
  if (typeof value === "boolean") return [varintField(2, value ? 1 : 0)];
  if (typeof value === "number") {
    return [Number.isSafeInteger(value) ? varintField(3, BigInt(value)) : doubleField(4, value)];
  }
  if (Array.isArray(value)) {
    return [
      bytesField(
        5,
        value.map((each) => bytesField(1, protobufValue(each))),
      ),
    ];
  }
  return value === null ? [] : [bytesField(6, pairFields(1, value as object))];
}

interface Partial {
  readonly rejected: number;
  readonly message: string;
}

const NOTHING: Partial = { rejected: 0, message: "" };

function jsonPartial(answer: Uint8Array): Partial {
  try {
    const { partialSuccess } = JSON.parse(Buffer.from(answer).toString("utf8"));
    const rejected = Number(partialSuccess?.rejectedLogRecords ?? 0);
    return { rejected, message: String(partialSuccess?.errorMessage ?? "") };
  } catch {
    return NOTHING;
  }
}

function protobufPartial(answer: Buffer): Partial {
  for (const [field, partial] of fieldsOf(answer)) {
    if (field !== 1 || typeof partial === "number") continue;
    const values = new Map(fieldsOf(partial));
    const message = values.get(2);
    return {
      rejected: Number(values.get(1) ?? 0),
      message: Buffer.isBuffer(message) ? message.toString("utf8") : "",
    };
  }
  return NOTHING;
}
