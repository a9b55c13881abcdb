/**
 * A finished line as a log record of OpenTelemetry: fields of LogRecord (opentelemetry-proto, logs/v1/logs.proto), attributes by
 * the semantic conventions (log.record.uid, host.name).
 */
export interface OtlpRecord {
  /** Of the event, ms since 1970; null where the line has none. */
  readonly timeMs: number | null;
  /** 1 to 24 (data model, "SeverityNumber"). */
  readonly severityNumber: number;
  /** `sev` of LEEF as it is; "" without. */
  readonly severityText: string;
  /** `mimecast.` and the EventID or type. */
  readonly eventName: string;
  /** The line, or the object of a JSON line. */
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, string>>;
}

const OPENING_BRACE = "{";

/** The record of a line without its line feed. `hasSyslog`: with the attributes of which a syslog exporter makes its line. */
export function otlpRecord(line: string, hasSyslog = false): OtlpRecord {
  const object = line.startsWith(OPENING_BRACE) ? objectOf(line) : null;
  const record = object === null ? leefRecord(line, line) : jsonRecord(object);
  if (!hasSyslog) return record;
  const text = typeof object?.message === "string" ? object.message : line;
  return { ...record, attributes: { ...record.attributes, ...syslogAttributes(text) } };
}

/** What the collector's syslog exporter reads (contrib, exporter/syslogexporter); without a header all is the message. */
function syslogAttributes(line: string): Readonly<Record<string, string>> {
  const [, priority, hostname, message] = /^<(\d+)>1 \S+ (\S+) (.*)$/s.exec(line) ?? [];
  return priority === undefined || hostname === undefined || message === undefined
    ? { message: line }
    : { priority, hostname, message };
}

/** The engine's header is `<134>1 TIME HOST `, and its delimiter is in no value. */
function leefRecord(line: string, body: unknown): OtlpRecord {
  const header = /^<\d+>1 (\S+) (\S+) /.exec(line);
  const eventId = /LEEF:[\d.]+(?:\|[^|]*){3}\|([^|]*)\|/.exec(line)?.[1] ?? "";
  const uid = attributeOf(line, "eventUid");
  const severityText = attributeOf(line, "sev");
  return {
    timeMs: timeOf(header?.[1]),
    severityNumber: severityNumberOf(severityText),
    severityText,
    eventName: `mimecast.${eventId}`,
    body,
    attributes: {
      ...(uid === "" ? {} : { "log.record.uid": uid }),
      ...(header?.[2] === undefined ? {} : { "host.name": header[2] }),
    },
  };
}

function jsonRecord(object: Readonly<Record<string, unknown>>): OtlpRecord {
  const { message, eventUid, time, type } = object;
  if (typeof message === "string") return leefRecord(message, object);
  return {
    timeMs: timeOf(time),
    severityNumber: severityNumberOf(""),
    severityText: "",
    eventName: `mimecast.${String(type ?? "")}`,
    body: object,
    attributes: typeof eventUid === "string" ? { "log.record.uid": eventUid } : {},
  };
}

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function attributeOf(line: string, name: string): string {
  return new RegExp(`[|^\\t]${name}=(\\w+)`).exec(line)?.[1] ?? "";
}

function timeOf(text: unknown): number | null {
  const timeMs = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** INFO, WARN, ERROR, FATAL for 1–3, 4–6, 7–8, 9–10 of LEEF; INFO where nothing is said. */
function severityNumberOf(sev: string): number {
  const value = Number(sev);
  if (value >= 9) return 21;
  if (value >= 7) return 17;
  return value >= 4 ? 13 : 9;
}
