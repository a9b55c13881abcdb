import type { RecordFields } from "../../encode/record_fields.ts";
import { type Cat, catNamed, RULES } from "./mapping_rules.ts";

/** A value of a line, and the rule that gave it. */
export interface Because<Value = string> {
  readonly value: Value;
  readonly because: string;
  /** Fields of the mapping that the rule looked at. */
  readonly fields: readonly string[];
}

/** How a record type was found: by `type`, by the names that a record has, or by the family that it was taken for. */
export function typeBecause(cat: string, fields: RecordFields, names: readonly string[]): Because {
  const type = fields.get("type");
  if (type !== undefined && catOfType(type) === cat) {
    return { value: cat, because: `type is ${quoted(type)}`, fields: ["type"] };
  }
  const [rule] = RULES.marks.filter(
    (each) =>
      each.cat === cat &&
      (each.any?.some((name) => names.includes(name)) ?? false) !==
        (each.all?.every((name) => names.includes(name)) ?? false),
  );
  const found = (rule?.all ?? rule?.any ?? []).filter((name) => names.includes(name));
  if (found.length > 0) return { value: cat, because: `it has ${found.join(", ")}`, fields: [] };
  const because =
    cat === "unknown"
      ? "no rule knows it"
      : cat === "malformed"
        ? "it can't be read"
        : "it says so";
  return { value: cat, because, fields: [] };
}

function catOfType(type: string): string | undefined {
  return Object.entries(RULES.types).find(([word]) => normal(word) === normal(type))?.[1];
}

/** The EventID as the mapping gives it: by what came of the record, then by what its other values make of that. */
export function eventBecause(cat: string, fields: RecordFields): Because {
  const first = outcome(catNamed(cat), fields);
  const rule = RULES.refinements.find(
    (each) => originsOf(each.of).includes(first.value) && metBy(each, fields) !== null,
  );
  const met = rule === undefined ? null : metBy(rule, fields);
  if (rule === undefined || met === null) return first;
  return {
    value: rule.to,
    because: `${first.because}; ${met.because}`,
    fields: [...first.fields, met.field],
  };
}

/** The severity of an EventID, where no configuration sets another. */
export function severityBecause(event: string, fields: RecordFields): Because<number> {
  const rule = RULES.events.find(({ id }) => id === event);
  if (rule === undefined) throw new Error(`EventID "${event}" is not in the mapping`);
  const { when, sev } = rule;
  const text = when === undefined ? undefined : fields.get(when.field);
  const word = text === undefined ? undefined : when?.holds.find((each) => holds(text, each));
  if (when === undefined || word === undefined)
    return { value: sev, because: "that of the event", fields: [] };
  return { value: when.sev, because: `${when.field} holds ${quoted(word)}`, fields: [when.field] };
}

function outcome({ outcome: groups, other }: Cat, fields: RecordFields): Because {
  let because = "the only one of its type";
  for (const { from, values } of groups) {
    const field = from.find((each) => fields.has(each));
    because = `it has no ${from.join(" or ")}`;
    if (field === undefined) continue;
    const text = fields.get(field) ?? "";
    const found = Object.entries(values).find(([word]) => alike(word, text));
    if (found !== undefined) {
      return { value: found[1], because: `${field} is ${quoted(text)}`, fields: [field] };
    }
    because = `${field} ${quoted(text)} is none that the mapping knows`;
  }
  return { value: other, because, fields: [] };
}

function originsOf(of: readonly string[] | string): readonly string[] {
  if (typeof of !== "string") return of;
  const { outcome: groups, other } = catNamed(of);
  return [...groups.flatMap(({ values }) => Object.values(values)), other];
}

function metBy(
  { from, first, holds: words, lacks }: (typeof RULES.refinements)[number],
  fields: RecordFields,
): { readonly field: string; readonly because: string } | null {
  for (const field of from ?? first ?? []) {
    const text = fields.get(field);
    if (text === undefined) continue;
    const word = (words ?? lacks ?? []).find((each) => holds(text, each));
    if (lacks === undefined && word !== undefined) {
      return { field, because: `${field} holds ${quoted(word)}` };
    }
    if (lacks !== undefined && word === undefined) {
      const without = lacks.length === 0 ? "is there" : `lacks ${lacks.map(quoted).join(" and ")}`;
      return { field, because: `${field} ${without}` };
    }
    if (first !== undefined) return null;
  }
  return null;
}

/** Bytes of a value that are searched for words. */
const SEARCHED = 512;

function holds(text: string, word: string): boolean {
  return lower(text.slice(0, SEARCHED)).includes(word);
}

function alike(word: string, text: string): boolean {
  // Audit categories end in "_logs".
  const cut = text.length > 5 && text.endsWith("_logs") ? text.slice(0, -5) : text;
  return normal(word) === normal(cut);
}

const normal = (text: string) => lower(text).replaceAll(/[ -]/g, "_");
/** Letters of ASCII only: the text is bytes. */
const lower = (text: string) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

function quoted(text: string): string {
  const shown = Buffer.from(text, "latin1").toString("utf8");
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}...` : shown);
}
