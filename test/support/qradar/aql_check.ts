import type { AqlExpression, AqlQuery } from "./aql.ts";

/** Fields of an event that need no custom property (IBM's AQL guide, "Supported event fields"). */
const FIELDS = new Set([
  "category",
  "destinationip",
  "devicetime",
  "eventcount",
  "logsourceid",
  "payload",
  "qid",
  "severity",
  "sourceip",
  "starttime",
  "username",
]);

/** Functions (IBM's AQL guide) and the number of their arguments. */
const FUNCTIONS = new Map([
  ["CATEGORYNAME", 1],
  ["DATEFORMAT", 2],
  ["LOGSOURCENAME", 1],
  ["NOW", 0],
  ["QIDNAME", 1],
  ["UTF8", 1],
]);

const AGGREGATES = new Set(["AVG", "COUNT", "MAX", "MIN", "SUM", "UNIQUECOUNT"]);

/** The custom properties that a query reads. */
export function propertiesOf(query: AqlQuery): Set<string> {
  const aliases = new Set(query.select.map(({ alias }) => alias));
  const found = new Set<string>();
  visit(query, (expression) => {
    if (expression.kind === "field" && expression.quoted && !aliases.has(expression.name)) {
      found.add(expression.name);
    }
  });
  return found;
}

/**
 * What a console would not run, or would answer with nonsense: unknown fields, functions and properties, an aggregate
 * in WHERE, a column that is neither grouped nor an aggregate, a sort by something that is not selected, no time range.
 */
export function aqlProblems(query: AqlQuery, properties: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const aliases = new Set(query.select.flatMap(({ alias }) => (alias === null ? [] : [alias])));
  // Where a property is called Count, the alias is taken for it (reported by users of QRadar).
  if (query.select.some(({ alias }) => /^count$/i.test(alias ?? "")))
    problems.push('has the alias "Count"');
  if (query.from !== "events") problems.push(`reads from ${query.from}`);
  if (query.last === null) problems.push("has no LAST");
  for (const name of propertiesOf(query)) {
    if (!properties.has(name)) problems.push(`reads the unknown property "${name}"`);
  }
  visit(query, (expression) => {
    if (expression.kind === "field" && !expression.quoted && !FIELDS.has(expression.name)) {
      problems.push(`reads the unknown field ${expression.name}`);
    }
    if (expression.kind !== "call") return;
    const { name, args } = expression;
    const wanted = AGGREGATES.has(name) ? 1 : FUNCTIONS.get(name);
    if (wanted !== args.length) problems.push(`calls ${name} with ${args.length} arguments`);
  });
  if (query.where !== null && loose(query.where).aggregates > 0)
    problems.push("has an aggregate in WHERE");
  const grouped = new Set(query.groupBy.flatMap((expression) => loose(expression).names));
  const aggregating =
    query.groupBy.length > 0 || query.select.some(({ value }) => loose(value).aggregates > 0);
  for (const { value } of aggregating ? query.select : []) {
    for (const name of loose(value).names) {
      if (!grouped.has(name))
        problems.push(`selects ${name}, which is neither grouped nor an aggregate`);
    }
  }
  const sorted = [...query.orderBy, ...(query.having === null ? [] : [query.having])];
  for (const name of sorted.flatMap((expression) => loose(expression).names)) {
    if (!aliases.has(name) && !grouped.has(name))
      problems.push(`sorts or filters by ${name}, which is no column`);
  }
  return problems;
}

/** Names outside of aggregates, and how many aggregates there are. */
function loose(expression: AqlExpression): { names: string[]; aggregates: number } {
  if (expression.kind === "field") return { names: [expression.name], aggregates: 0 };
  if (expression.kind === "call" && AGGREGATES.has(expression.name))
    return { names: [], aggregates: 1 };
  const args = expression.kind === "call" || expression.kind === "operation" ? expression.args : [];
  const parts = args.map(loose);
  return {
    names: parts.flatMap(({ names }) => names),
    aggregates: parts.reduce((sum, { aggregates }) => sum + aggregates, 0),
  };
}

function visit(query: AqlQuery, see: (expression: AqlExpression) => void): void {
  const walk = (expression: AqlExpression): void => {
    see(expression);
    if (expression.kind === "call" || expression.kind === "operation")
      expression.args.forEach(walk);
  };
  const { select, where, groupBy, having, orderBy } = query;
  const single = [where, having].filter((expression) => expression !== null);
  for (const expression of [...select.map(({ value }) => value), ...single, ...groupBy, ...orderBy])
    walk(expression);
}
