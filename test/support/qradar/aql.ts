import { type AqlToken, aqlTokens } from "./aql_tokens.ts";

/** An expression: a name, a literal, or something made of others. */
export type AqlExpression =
  | { readonly kind: "field"; readonly name: string; readonly quoted: boolean }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "star" }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly AqlExpression[] }
  | {
      readonly kind: "operation";
      readonly operator: string;
      readonly args: readonly AqlExpression[];
    };

/** A query of the subset that our searches use (IBM's AQL guide, "AQL query structure"). */
export interface AqlQuery {
  readonly select: readonly { readonly value: AqlExpression; readonly alias: string | null }[];
  readonly from: string;
  readonly where: AqlExpression | null;
  readonly groupBy: readonly AqlExpression[];
  readonly having: AqlExpression | null;
  readonly orderBy: readonly AqlExpression[];
  readonly limit: number | null;
  readonly last: { readonly amount: number; readonly unit: string } | null;
}

const LOOSEST_FIRST = [
  ["OR"],
  ["AND"],
  ["NOT"],
  ["=", "!=", "<>", "<", ">", "<=", ">=", "LIKE", "ILIKE", "MATCHES", "IMATCHES"],
  ["+", "-"],
  ["*", "/", "%"],
];
const UNITS = new Set(["MINUTES", "HOURS", "DAYS"]);

/** Reads one query; throws with the position where the grammar ends. The clauses have one order, and LAST stands at the end. */
export function parseAql(text: string): AqlQuery {
  const tokens = aqlTokens(text);
  let at = 0;

  const fail = (wanted: string): never => {
    const token = tokens[at];
    const found = token === undefined ? "its end" : `"${token.text}" at ${token.at}`;
    throw new Error(`Cannot read AQL: ${wanted} must follow: current text is ${found}`);
  };
  const peek = (): AqlToken | undefined => tokens[at];
  const accept = (...words: string[]): boolean => {
    const fits = words.every((word, ahead) => tokens[at + ahead]?.word === word);
    if (fits) at += words.length;
    return fits;
  };
  const expect = (...words: string[]): void => {
    if (!accept(...words)) fail(words.join(" "));
  };
  const list = <Item>(read: () => Item): Item[] => {
    const items = [read()];
    while (accept(",")) items.push(read());
    return items;
  };

  function expression(level = 0): AqlExpression {
    const operators = LOOSEST_FIRST[level];
    if (operators === undefined) return primary();
    if (operators[0] === "NOT") {
      if (!accept("NOT")) return expression(level + 1);
      return { kind: "operation", operator: "NOT", args: [expression(level)] };
    }
    let left = expression(level + 1);
    for (;;) {
      const operator = operators.find((word) => accept(word));
      if (operator !== undefined) {
        left = { kind: "operation", operator, args: [left, expression(level + 1)] };
      } else if (operators[0] === "=" && accept("IS")) {
        const operator = accept("NOT") ? "IS NOT NULL" : "IS NULL";
        expect("NULL");
        left = { kind: "operation", operator, args: [left] };
      } else if (operators[0] === "=" && accept("IN")) {
        expect("(");
        left = { kind: "operation", operator: "IN", args: [left, ...list(() => expression(4))] };
        expect(")");
      } else {
        return left;
      }
    }
  }

  function primary(): AqlExpression {
    const token = peek();
    if (accept("(")) {
      const inner = expression();
      expect(")");
      return inner;
    }
    if (accept("*")) return { kind: "star" };
    if (token === undefined || token.kind === "sign") return fail("a value");
    at += 1;
    if (token.kind === "text") return { kind: "text", value: token.text };
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "quoted") return { kind: "field", name: token.text, quoted: true };
    if (!accept("(")) return { kind: "field", name: token.text, quoted: false };
    const args = accept(")") ? [] : list(() => expression());
    if (args.length > 0) expect(")");
    return { kind: "call", name: token.word, args };
  }

  function alias(): string | null {
    if (!accept("AS")) return null;
    const token = peek();
    if (
      token === undefined ||
      (token.kind !== "quoted" && token.kind !== "text" && token.kind !== "name")
    ) {
      return fail("a name after AS");
    }
    at += 1;
    return token.text;
  }

  function ordered(): AqlExpression {
    const value = expression();
    if (!accept("DESC")) accept("ASC");
    return value;
  }

  function wholeNumber(): number {
    const token = peek();
    if (token?.kind !== "number") return fail("a number");
    at += 1;
    return Number(token.text);
  }

  function last(): { amount: number; unit: string } {
    const amount = wholeNumber();
    const unit = peek()?.word ?? "";
    if (!UNITS.has(unit)) fail("MINUTES, HOURS or DAYS");
    at += 1;
    return { amount, unit };
  }

  expect("SELECT");
  const select = list(() => ({ value: expression(), alias: alias() }));
  expect("FROM");
  const from = peek()?.text ?? fail("events");
  at += 1;
  const query: AqlQuery = {
    select,
    from,
    where: accept("WHERE") ? expression() : null,
    groupBy: accept("GROUP", "BY") ? list(() => expression()) : [],
    having: accept("HAVING") ? expression() : null,
    orderBy: accept("ORDER", "BY") ? list(ordered) : [],
    limit: accept("LIMIT") ? wholeNumber() : null,
    last: accept("LAST") ? last() : null,
  };
  if (at < tokens.length) fail("the end");
  return query;
}
