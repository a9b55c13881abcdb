import type { RecordFields } from "../../encode/record_fields.ts";
import { attributesOf, fieldOfName, tellsType, whyLeftOut } from "./mapping_rules.ts";

/** A member of a record: its name, and its value as text. */
export interface Member {
  readonly name: string;
  readonly value: string;
  /** Of a key=value line: the value's bytes as one character each. It may go on behind the next pipe, or be part of a text. */
  readonly raw?: string;
}

/** What became of a member. `attributes`: the keys in the line that hold it. */
export interface FieldUse extends Member {
  readonly use: "attribute" | "rule" | "empty" | "unused" | "left_out" | "unknown";
  readonly attributes: readonly string[];
  readonly note: string;
}

/** The line of the record, and what else is known of it. */
export interface Written {
  readonly cat: string;
  readonly fields: RecordFields;
  /** Key -> value of the line, and of the same line without an upper bound. */
  readonly line: ReadonlyMap<string, string>;
  readonly whole: ReadonlyMap<string, string>;
  /** Names that the mapping does not know, as the engine has counted them. */
  readonly unknown: readonly string[];
  /** Field -> what it decided. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
}

/** How each member of a record was used. */
export function fieldUses(members: readonly Member[], written: Written): readonly FieldUse[] {
  return members.map(({ raw, ...member }, index) => {
    const field = fieldOfName(member.name);
    if (field === undefined) return { ...member, ...withoutField(member.name, raw, written) };
    const text = written.fields.get(field);
    if (text === undefined) return { ...member, ...unused("empty", "it holds nothing") };
    if (raw !== undefined) {
      const own = text.replace(/^\\/, "");
      const isOwn = raw === "" ? /^(?:$|[|\\])/.test(own) : own.startsWith(raw);
      return { ...member, ...(isOwn ? usedField(field, written) : unused("unused", IN_A_TEXT)) };
    }
    if (isNothing(member.value)) return { ...member, ...unused("empty", "it holds nothing") };
    const later = members
      .slice(index + 1)
      .find((each) => fieldOfName(each.name) === field && !isNothing(each.value));
    if (later !== undefined) return { ...member, ...unused("unused", `${later.name} says it`) };
    return { ...member, ...usedField(field, written) };
  });
}

const IN_A_TEXT = "part of a text that somebody wrote";

/** Attributes that a part of the explanation has of its own. */
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  user: ["usrName"],
  time: ["devTime"],
};

/** Why an attribute of this kind is not written (`as` of the mapping). */
const WITHOUT_VALUE: Readonly<Record<string, string>> = {
  accountId: "accountName says it",
  count: "0 is left out",
  checks: "false is left out",
  ip: "no IP address",
  virus: "rejectionInfo says it",
};

/** The keys in a line that hold this field. */
function usedField(field: string, written: Written): Omit<FieldUse, "name" | "value"> {
  const { cat, fields, line, whole, roles } = written;
  const rules = attributesOf(cat).filter(({ from }) => from?.includes(field));
  const own = rules.filter(
    ({ as, from = [] }) => as === "checks" || from.find((each) => fields.has(each)) === field,
  );
  const made = own.filter(({ key }) => whole.has(key));
  const decided = roles.get(field) ?? [];
  const notes = decided.length === 0 ? [] : [`decides ${decided.join(", ")}`];
  for (const { key, max = Number.POSITIVE_INFINITY } of made) {
    if (!line.has(key)) notes.push(`${key} left out, the line would be too long`);
    else if (line.get(key) !== whole.get(key)) notes.push(`${key} cut, the line would be too long`);
    else if (isCut(fields.get(field) ?? "", whole.get(key) ?? "", max)) {
      notes.push(`${key} cut to ${max} bytes`);
    }
  }
  const special = decided.flatMap((part) => SPECIAL[part] ?? []);
  const attributes = [...special, ...made.map(({ key }) => key)].filter((key) => line.has(key));
  if (made.length > 0) return { use: "attribute", attributes, note: notes.join("; ") };
  if (decided.length > 0) {
    return {
      use: attributes.length > 0 ? "attribute" : "rule",
      attributes,
      note: notes.join("; "),
    };
  }
  const [rule] = own;
  if (rule !== undefined)
    return unused("unused", WITHOUT_VALUE[rule.as] ?? `no value for ${rule.key} in it`);
  const [other] = rules.flatMap(({ from = [] }) => from.filter((each) => fields.has(each)));
  if (other !== undefined) return unused("unused", `${other} comes first`);
  return unused("unused", `${cat} lines have no attribute for it`);
}

function withoutField(
  name: string,
  raw: string | undefined,
  { unknown }: Written,
): Omit<FieldUse, "name" | "value"> {
  const why = whyLeftOut(name);
  if (why !== undefined) return unused("left_out", why);
  if (tellsType(name)) return unused("rule", "tells the type");
  if (raw !== undefined && !unknown.includes(name)) return unused("unused", IN_A_TEXT);
  return unused("unknown", "the mapping does not know this name");
}

function unused(use: FieldUse["use"], note: string): Omit<FieldUse, "name" | "value"> {
  return { use, attributes: [], note };
}

/** A value ends before its bound where a character would not fit. */
function isCut(text: string, value: string, max: number): boolean {
  return text.length > max && Buffer.byteLength(value) > max - 16;
}

const isNothing = (value: string) => /^(?:|null|\[\]|\{\})$/.test(value);
