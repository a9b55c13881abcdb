import type { Engine } from "../../encode/engine.ts";
import { type Because, eventBecause, severityBecause, typeBecause } from "./explain_event.ts";
import { type FieldUse, fieldUses, type Member } from "./explain_fields.ts";
import { userRule } from "./explain_user.ts";
import { attributesOf, RULES } from "./mapping_rules.ts";

/** Why a line is as it is. A value is null where the line has none. */
export interface Explanation {
  readonly event: { readonly value: string; readonly name: string; readonly because: string };
  readonly type: Reason;
  readonly severity: { readonly value: number; readonly because: string };
  readonly user: Reason;
  readonly source: Reason;
  readonly time: Reason;
  readonly fields: readonly FieldUse[];
  /** The line itself. */
  readonly line: string;
}

interface Reason {
  readonly value: string | null;
  readonly because: string;
}

/** An engine as `encode` has it, and one whose lines are not cut. */
export interface ExplainEngines {
  readonly engine: Engine;
  readonly wide: Engine;
}

/**
 * Explains one record, a line without its line feed: what the engine has read and written is asked of it, only the rules
 * are read here, from the mapping that the engine is made of.
 */
export function explain(record: Uint8Array, { engine, wide }: ExplainEngines): Explanation {
  const line = lineOf(record, engine);
  const written = parsed(line);
  const whole = parsed(lineOf(record, wide)).attributes;
  const fields = wide.lastFields();
  engine.takeUnknown();
  const unknown = wide.takeUnknown().flatMap(({ kind, name }) => (kind === "field" ? [name] : []));
  const { eventId, attributes } = written;
  const cat = attributes.get("cat") ?? "unknown";
  const members = membersOf(Buffer.from(record).toString("utf8"));
  const names = members.map(({ name }) => name);
  const type = typeBecause(cat, fields, names);
  const event = eventBecause(cat, fields);
  const severity = severityBecause(event.value, fields);
  const user = userOf(cat, fields, attributes);
  const source = sourceOf(cat, fields, attributes);
  const time = timeOf(fields, attributes);
  const parts = { type, event, severity, user, source, time };
  const roles = new Map<string, string[]>();
  for (const [part, { fields: used }] of Object.entries(parts)) {
    for (const field of used) roles.set(field, [...(roles.get(field) ?? []), part]);
  }
  return {
    event: { value: event.value, name: nameOf(eventId), because: event.because },
    type: reason(type),
    severity: { value: severity.value, because: severity.because },
    user: reason(user),
    source: reason(source),
    time: reason(time),
    fields: fieldUses(members, { cat, fields, line: attributes, whole, unknown, roles }),
    line,
  };
}

type Fields = ReturnType<Engine["lastFields"]>;
type Attributes = ReadonlyMap<string, string>;

function userOf(cat: string, fields: Fields, line: Attributes): Because<string | null> {
  const { from, because } = userRule(cat, fields);
  const value = line.get("usrName") ?? null;
  const there = from.filter((field) => fields.has(field));
  const field = there.find((each) => /[^\s<>"[\]{},]/.test(fields.get(each) ?? "")) ?? there[0];
  if (value !== null && field !== undefined) {
    return { value, because: `${field}: ${because}`, fields: [field] };
  }
  const wanted = from.length === 0 ? because : `nobody is in ${from.join(" or ")} (${because})`;
  return { value, because: wanted, fields: [] };
}

function sourceOf(cat: string, fields: Fields, line: Attributes): Because<string | null> {
  const from = attributesOf(cat).find(({ key }) => key === "src")?.from ?? [];
  const field = from.find((each) => fields.has(each));
  const value = line.get("src") ?? null;
  if (value !== null && field !== undefined) return { value, because: field, fields: [field] };
  const because =
    from.length === 0
      ? "lines of this type have none; QRadar takes the address of whoever sends the line"
      : `no address in ${from.join(" or ")}; QRadar takes the address of whoever sends the line`;
  return { value, because, fields: [] };
}

function timeOf(fields: Fields, line: Attributes): Because<string | null> {
  if (line.get("timeMissing") === "1") {
    return { value: null, because: "the record has no usable time", fields: [] };
  }
  const value = new Date(Number(line.get("devTime"))).toISOString();
  const stamp = fields.get("timestamp") ?? "";
  const field = /^\d{1,13}$/.test(stamp) && Number(stamp) > 0 ? "timestamp" : "dateText";
  return { value, because: field === "timestamp" ? field : "the date in it", fields: [field] };
}

function reason({ value, because }: Because<string | null>): Reason {
  return { value, because };
}

function nameOf(eventId: string): string {
  return RULES.events.find(({ id }) => id === eventId)?.name ?? eventId;
}

function lineOf(record: Uint8Array, engine: Engine): string {
  let line = "";
  engine.begin("auto");
  for (const { bytes } of engine.encode(Buffer.concat([record, Buffer.from("\n")]))) {
    line += Buffer.from(bytes).toString("utf8");
  }
  engine.end();
  return line.replace(/\n$/, "");
}

/** EventID and attributes of a line of ours, whose values hold no delimiter. */
function parsed(line: string): { readonly eventId: string; readonly attributes: Attributes } {
  const [, , , , eventId = "", , ...rest] = line.slice(line.indexOf("LEEF:")).split("|");
  const pairs = rest
    .join("|")
    .split("^")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
    });
  return { eventId, attributes: new Map(pairs) };
}

/** The members of a JSON record, of what an envelope of ours holds, or of a key=value line. */
function membersOf(text: string): readonly Member[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return pairsOf(text);
  }
  if (typeof value !== "object" || value === null) return [];
  const { event, eventUid } = value as { event?: unknown; eventUid?: unknown };
  if (typeof eventUid === "string" && /^[0-9a-f]{32}$/.test(eventUid) && event !== undefined) {
    return typeof event === "string" ? pairsOf(event) : membersOf(JSON.stringify(event));
  }
  return Object.entries(value).map(([name, each]) => {
    return { name, value: typeof each === "string" ? each : JSON.stringify(each) };
  });
}

function pairsOf(text: string): readonly Member[] {
  const line = text.replace(/[ \r]+$/, "").replace(/\|$/, "");
  const pairs = line.matchAll(/(?:^|\|)([A-Za-z0-9_-]+)=((?:(?!\|[A-Za-z0-9_-]+=).)*)/gs);
  return [...pairs].map(([, name = "", wrapped = ""]) => {
    const value = wrapped.replace(/^\\/, "").replace(/\\$/, "");
    return { name, value, raw: Buffer.from(value).toString("latin1") };
  });
}
