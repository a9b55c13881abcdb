import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import type { Path, YamlProblem, YamlText } from "../../config/yaml_text.ts";

/** Reads a TOML 1.0 text as a value with the lines of its keys: the same shape as `readYaml`. */
export function readToml(text: string): { yaml: YamlText } | { problems: YamlProblem[] } {
  try {
    const program = parseTOML(text, { tomlVersion: "1.0" });
    const lines = new Map<string, number>();
    for (const node of program.body[0].body) noteNode(node, [], lines);
    return {
      yaml: { value: getStaticTOMLValue(program), lineOf: (path) => nearestLine(path, lines) },
    };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { problems: [{ line: error.lineNumber, sentence: "the text is not TOML" }] };
  }
}

function noteNode(
  node: AST.TOMLTable | AST.TOMLKeyValue,
  base: Path,
  lines: Map<string, number>,
): void {
  if (node.type === "TOMLTable") {
    note(node.resolvedKey, node.loc.start.line, lines);
    for (const each of node.body) noteNode(each, node.resolvedKey, lines);
    return;
  }
  const path = [
    ...base,
    ...node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value)),
  ];
  note(path, node.loc.start.line, lines);
  noteValue(node.value, path, lines);
}

function noteValue(value: AST.TOMLContentNode, path: Path, lines: Map<string, number>): void {
  if (value.type === "TOMLInlineTable") {
    for (const each of value.body) noteNode(each, path, lines);
  }
  if (value.type === "TOMLArray") {
    value.elements.forEach((each, index) => {
      note([...path, index], each.loc.start.line, lines);
      noteValue(each, [...path, index], lines);
    });
  }
}

/** A part above gets the line of the first key that mentions it. */
function note(path: Path, line: number, lines: Map<string, number>): void {
  for (let length = 1; length <= path.length; length++) {
    const key = keyOf(path.slice(0, length));
    if (!lines.has(key)) lines.set(key, line);
  }
}

function nearestLine(path: Path, lines: ReadonlyMap<string, number>): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(keyOf(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return undefined;
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}
