/** A piece of a query. */
export interface AqlToken {
  readonly kind: "name" | "quoted" | "text" | "number" | "sign";
  /** Without its quotes. */
  readonly text: string;
  /** As keywords and functions are compared: upper case for a name, empty for what stands in quotes. */
  readonly word: string;
  /** Position in the query. */
  readonly at: number;
}

/** "..." is a field or an alias, '...' a text; inside of both, a doubled quote stands for itself. */
const TOKEN =
  /\s*(?:(?<name>[A-Za-z_]\w*(?:::\w+)?)|"(?<quoted>(?:[^"]|"")*)"|'(?<text>(?:[^']|'')*)'|(?<number>\d+(?:\.\d+)?)|(?<sign><=|>=|<>|!=|[=<>(),*/+%-]))/y;

/** Takes a query apart; throws where a character begins nothing. */
export function aqlTokens(query: string): AqlToken[] {
  const tokens: AqlToken[] = [];
  const end = query.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(query)?.groups;
    if (groups === undefined) {
      throw new Error(
        `Cannot read AQL: ${JSON.stringify(query.slice(at, at + 20))} begins nothing`,
      );
    }
    const [kind, text] = Object.entries(groups).find(([, value]) => value !== undefined)!;
    const word = kind === "name" || kind === "sign" ? text.toUpperCase() : "";
    tokens.push({
      kind: kind as AqlToken["kind"],
      text: text.replaceAll(/""|''/g, (pair) => pair[0]!),
      word,
      at,
    });
  }
  return tokens;
}
