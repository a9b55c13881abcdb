/**
 * Turns plugin/engine/mapping.json into the AssemblyScript source of the engine's tables. Pure: value in, text out.
 * plugin/engine/tables.ts, which this file writes, describes the layout of each table.
 */

import { KINDS, LEADING, OPERATIONS, USERS, WORDS } from "./engine_numbers.mjs";
import { orderRows } from "./key_value_orders.mjs";
import { markRules, nameRows } from "./mapping_names.mjs";
import { refinementTables } from "./refinements.mjs";
import { index, RowTable, TextTable, table, u16, u64, unique, upper } from "./table_text.mjs";

const NONE = 255;

/**
 * The text of tables.ts, with the constants that `words` has: the words of the engine's other files. Throws where the
 * mapping contradicts itself.
 */
export function tablesSource(mapping, words) {
  const draft = new TextTable();
  tables(mapping, draft, words);
  return tables(mapping, new TextTable(draft.names), words);
}

function tables(mapping, text, used) {
  const fields = Object.keys(mapping.fields);
  const fieldNumber = (name) => index(fields, name, "field") + 1;
  const cats = mapping.cats.map((cat) => cat.cat);
  const eventIds = mapping.events.map((event) => event.id);
  const keys = unique(mapping.attributes.map((attribute) => attribute.key));
  const lists = new RowTable();
  const values = new RowTable();
  const outcomes = [];
  const words = new RowTable();
  const programs = new RowTable();

  const rules = markRules(mapping.marks, mapping.generations);
  const names = nameRows(mapping, fields, rules.bits, text);
  const types = Object.entries(mapping.types).map(([value, cat]) => [
    ...text.ref(normal(value)),
    index(cats, cat, "cat"),
  ]);
  const attributes = mapping.attributes.map((attribute) => {
    const from = (attribute.from ?? []).map(fieldNumber);
    return [
      index([...LEADING, ...OPERATIONS], attribute.as, "operation"),
      index(keys, attribute.key, "key"),
      from.length,
      attribute.keep ? 1 : 0,
      ...u16(lists.add(from)),
      ...u16(attribute.max ?? 64),
      ...u16(attribute.floor ?? 64),
      ...text.ref(attribute.member ?? ""),
      from[0] ?? 0,
      0,
      0,
    ];
  });
  const catRows = mapping.cats.map((cat) => {
    const start = outcomes.length;
    for (const group of cat.outcome) {
      const own = Object.entries(group.values).map(([value, event]) => [
        ...text.ref(normal(value)),
        index(eventIds, event, "event"),
      ]);
      const from = group.from.map(fieldNumber);
      outcomes.push([
        ...u16(lists.add(from)),
        from.length,
        own.length,
        ...u16(values.add(own)),
        0,
        0,
      ]);
    }
    const user = USERS.indexOf(cat.user);
    return [
      ...text.ref(cat.cat),
      index(KINDS, cat.kind, "kind"),
      user < 0 ? NONE : user,
      user < 0 ? fieldNumber(cat.user) : 0,
      ...u16(start),
      cat.outcome.length,
      index(eventIds, cat.other, "event"),
      ...u16(programs.add([...program(mapping.attributes, cat.cat), NONE])),
      0,
      0,
      0,
      0,
    ];
  });
  const refinements = refinementTables(mapping, { text, words, lists, fieldNumber });
  const eventRows = mapping.events.map((event) => {
    const own = (event.when?.holds ?? []).map((word) => [...text.ref(word), 0]);
    return [
      ...text.ref(event.id),
      event.sev,
      event.when ? fieldNumber(event.when.field) : 0,
      own.length,
      event.when?.sev ?? 0,
      ...u16(words.add(own)),
      ...refinements.of(event.id),
      0,
    ];
  });
  const kindRows = KINDS.map((kind) => {
    const own = mapping.cats.filter((cat) => cat.kind === kind);
    const only = own.length === 1 ? index(cats, own[0].cat, "cat") : NONE;
    return [...text.ref(kind), kind === "auto" ? NONE : only];
  });

  const problems = Object.entries(mapping.problems).flatMap(([name, sentence]) => {
    const [low, high, length] = text.ref(sentence);
    return [
      [`PROBLEM_${upper(name)}`, low | (high << 8)],
      [`PROBLEM_${upper(name)}_LENGTH`, length],
    ];
  });
  const { vendor, product } = mapping.header;
  const wordConstants = Object.entries({
    ...WORDS,
    header: ` LEEF:2.0|${vendor}|${product}|`,
  }).flatMap(([name, word]) => {
    const [low, high, length] = text.ref(word);
    return [
      [`TEXT_${upper(name)}`, low | (high << 8)],
      [`TEXT_${upper(name)}_LENGTH`, length],
    ];
  });
  const orders = orderRows(
    mapping.keyValue,
    cats,
    names.map(({ name }) => name),
  );
  const constants = [
    ...problems,
    ...wordConstants,
    ...fields.map((name) => [`FIELD_${upper(name)}`, fieldNumber(name)]),
    ...cats.map((name, number) => [`CAT_${upper(name)}`, number]),
    ...KINDS.map((name, number) => [`KIND_${upper(name)}`, number]),
    ...OPERATIONS.map((name, number) => [`OP_${upper(name)}`, LEADING.length + number]),
    ...USERS.map((name, number) => [`USER_${upper(name)}`, number]),
    ["USER_FIELD", NONE],
    ...LEADING.map((name) => [`KEY_${upper(name)}`, index(keys, name, "key")]),
    ["KEY_TRUNCATED", index(keys, "truncated", "key")],
    ["NONE", NONE],
    ["NAME_COUNT", names.length],
    ["ORDER_COUNT", orders.length],
    ["TYPE_COUNT", types.length],
    ["RULE_COUNT", rules.rows.length],
    ["KIND_COUNT", KINDS.length],
    ["EVENT_COUNT", eventIds.length],
    ["KEY_COUNT", keys.length],
  ];
  const fieldRows = ["", ...fields].map((name) => [...text.ref(name), 0]);
  const keyRows = keys.map((key) => [...text.ref(key), 0]);
  return [
    "// Written by scripts/build_wasm.mjs from mapping.json: change that file, not this one.",
    ...constants
      .filter(([name]) => used.has(name))
      .map(([name, value]) => `export const ${name}: u32 = ${value};`),
    `export const MARK_API_1: u64 = ${rules.generations["1.0"]};`,
    `export const MARK_API_2: u64 = ${rules.generations["2.0"]};`,
    table(
      "NAMES",
      "text u16, length u8, field u8, not in the uid u8, rank and flags u8, orders u16, marks u64",
      names.map(({ row }) => row),
    ),
    table(
      "ORDERS",
      "cat u8, number of a name that must be there, 0 for none, else plus 1 u8",
      orders,
    ),
    table("TYPES", "text u16, length u8, cat u8", types),
    table(
      "RULES",
      "wanted marks u64, cat u8, 7 unused",
      rules.rows.map(([bits, cat]) => [...u64(bits), index(cats, cat, "cat"), ...Array(7).fill(0)]),
    ),
    table("KINDS", "text u16, length u8, only cat u8", kindRows),
    table(
      "CATS",
      "text u16, length u8, kind u8, user u8, user field u8, outcomes u16, their number u8, other event u8, program u16, 4 unused",
      catRows,
    ),
    table(
      "OUTCOMES",
      "fields u16, their number u8, values' number u8, first value u16, 2 unused",
      outcomes,
    ),
    table("VALUES", "text u16, length u8, event u8", values.rows),
    table(
      "EVENTS",
      "text u16, length u8, sev u8, field u8, words' number u8, sev with a word u8, first word u16, first refinement u8, their number u8, 1 unused",
      eventRows,
    ),
    table(
      "REFINEMENTS",
      "fields u16, their number u8, words' number u8, first word u16, event u8, flags u8: 1 only the first field, 2 none of the words",
      refinements.rows,
    ),
    table("WORDS", "text u16, length u8, 1 unused", words.rows),
    table(
      "ATTRIBUTES",
      "operation u8, key u8, fields' number u8, keep u8, fields u16, max u16, floor u16, member u16, its length u8, first field u8, 2 unused",
      attributes,
    ),
    table("KEYS", "text u16, length u8, 1 unused", keyRows),
    table("FIELD_NAMES", "text u16, length u8, 1 unused; the first field is number 1", fieldRows),
    table("LISTS", "field numbers", lists.rows),
    table("PROGRAMS", "attribute numbers, each list ends in NONE", programs.rows),
    table("TEXT", "all names", [[...text.bytes]]),
    "",
  ].join("\n");
}

/** The attributes of a record type, in the order in which they are written and given up. */
export function program(attributes, cat) {
  const seen = new Set();
  return attributes.flatMap((attribute, number) => {
    const wanted = attribute.cats?.includes(cat) ?? !attribute.except?.includes(cat);
    if (!wanted || LEADING.includes(attribute.key)) {
      return [];
    }
    if (seen.has(attribute.key)) {
      throw new Error(`Cannot use mapping: "${attribute.key}" is there twice for "${cat}"`);
    }
    seen.add(attribute.key);
    return [number];
  });
}

/** As values are compared: lower case, one character for space and hyphen. */
function normal(value) {
  return value.toLowerCase().replaceAll(/[ -]/g, "_");
}
