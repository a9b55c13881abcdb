/** One object of a configuration in rsyslog's own language: `input(type="imfile" …)`. */
export interface RsyslogObject {
  /** `input`, `action`, `ruleset`, `global`, `template`, `module`. */
  readonly kind: string;
  readonly line: number;
  /** Parameters by their names in lower case, and their lines. */
  readonly parameters: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
  /** The name of the ruleset around it; "" outside of all. */
  readonly ruleset: string;
}

const COMMENT = /^\s*#.*$/gm;
const OBJECT =
  /\b(input|action|ruleset|global|template|module)\s*\(((?:"(?:\\.|[^"\\])*"|[^")])*)\)|(\{)|(\})/gi;
const PARAMETER = /([\w.]+)\s*=\s*"((?:\\.|[^"\\])*)"/g;

/** The objects of a configuration, in their order; what is not in the object syntax is stepped over. `base`: added to lines. */
export function parseRsyslog(text: string, base = 0): RsyslogObject[] {
  const plain = text.replaceAll(COMMENT, (comment) => " ".repeat(comment.length));
  const lineAt = (index: number) => base + plain.slice(0, index).split("\n").length;
  const objects: RsyslogObject[] = [];
  const rulesets: string[] = [];
  let named = "";
  for (const match of plain.matchAll(OBJECT)) {
    const [, kind, inside = "", opens, closes] = match;
    if (opens !== undefined) {
      rulesets.push(named);
      named = "";
    } else if (closes !== undefined) rulesets.pop();
    if (kind === undefined) continue;
    const start = match.index + match[0].indexOf("(") + 1;
    const parameters = new Map(
      [...inside.matchAll(PARAMETER)].map(({ 1: name = "", 2: value = "", index }) => {
        return [name.toLowerCase(), { value, line: lineAt(start + index) }] as const;
      }),
    );
    const ruleset = rulesets.findLast((name) => name !== "") ?? "";
    objects.push({ kind: kind.toLowerCase(), line: lineAt(match.index), parameters, ruleset });
    if (kind.toLowerCase() === "ruleset") named = parameters.get("name")?.value ?? "";
  }
  return objects;
}
