import { index, RowTable, u16 } from "./table_text.mjs";

/** Only the first field that the record has is looked at; the rule is met where none of the words is there. */
const FIRST = 1;
const LACKS = 2;

/**
 * The rules that turn an EventID into a narrower one, grouped by the EventID that they begin from. The first that is
 * met decides. Throws for an unknown EventID.
 */
export function refinementTables(mapping, { text, words, lists, fieldNumber }) {
  const ids = mapping.events.map((event) => event.id);
  const table = new RowTable();
  const spans = new Map();
  const rules = mapping.refinements.map((rule) => ({
    of: originsOf(mapping, rule),
    row: rowOf(rule),
  }));
  for (const id of ids) {
    const own = rules.filter(({ of }) => of.includes(id)).map(({ row }) => row);
    spans.set(id, [table.add(own), own.length]);
  }
  if (table.rows.length > 255) {
    throw new Error(
      `Cannot use mapping: "refinements" must be at most 255 rows: current number is ${table.rows.length}`,
    );
  }
  return { rows: table.rows, of: (id) => spans.get(id) };

  function rowOf({ from, first, holds, lacks, to }) {
    const own = (holds ?? lacks).map((word) => [...text.ref(word), 0]);
    const fields = (from ?? first).map(fieldNumber);
    const flags = (first ? FIRST : 0) | (lacks ? LACKS : 0);
    return [
      ...u16(lists.add(fields)),
      fields.length,
      own.length,
      ...u16(words.add(own)),
      index(ids, to, "event"),
      flags,
    ];
  }
}

/** The EventIDs that a rule begins from: a list, or all that the outcomes of a record type give. */
export function originsOf(mapping, { of }) {
  if (Array.isArray(of)) return of;
  const cat = mapping.cats.find((each) => each.cat === of);
  if (cat === undefined) throw new Error(`Cannot use mapping: "${of}" must be a known cat`);
  return [...new Set([...cat.outcome.flatMap(({ values }) => Object.values(values)), cat.other])];
}
