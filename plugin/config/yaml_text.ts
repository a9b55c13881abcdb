import type { ErrorCode, YAMLError } from "yaml";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";

/** The path of a value: keys and indexes from the root. */
export type Path = readonly PropertyKey[];

/** A YAML text as a value, and the lines of its parts. */
export interface YamlText {
  readonly value: unknown;
  /** Line (from 1) of a key, or of the nearest part above that exists; undefined for an empty file. */
  lineOf(path: Path): number | undefined;
}

/** A problem of a text that is not YAML. The sentence comes from the parser's error code, because its message quotes the text. */
export interface YamlProblem {
  readonly line: number | undefined;
  readonly sentence: string;
}

/** Problems after a broken bracket are noise. */
const MOST_PROBLEMS = 10;

const TOO_MUCH = "the text is nested too deep, or its aliases repeat too much: write it out";

const QUOTE = "put the value in quotes";

const LOST_ALIAS = `a value that begins with "*" is an alias, and no anchor has its name: ${QUOTE} if it is text`;

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: LOST_ALIAS,
  ALIAS_PROPS: "an alias can't have an anchor or a tag",
  BAD_DIRECTIVE: `a line that begins with "%" is a directive, and this one is not known: ${QUOTE} if it is text`,
  BAD_DQ_ESCAPE: "an escape in double quotes is not known: use single quotes",
  BAD_INDENT: "the indentation does not fit the lines above, or a bracket is not closed",
  BAD_SCALAR_START: `a value begins with a character that YAML reserves: ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `a mapping is where a value should be: ${QUOTE} if it holds ": "`,
  BLOCK_IN_FLOW: "an indented list or mapping is inside of brackets: write it in brackets too",
  DUPLICATE_KEY: "a key is there twice in the same mapping: keep one of them",
  MISSING_CHAR: "a bracket, quote, colon or comma is missing",
  MULTILINE_IMPLICIT_KEY: `a colon is missing after a key: write "key: value" with a space`,
  MULTIPLE_DOCS: "the file holds more than one document: remove the lines of ---",
  RESOURCE_EXHAUSTION: TOO_MUCH,
  TAB_AS_INDENT: "a tab is used for indentation: use spaces",
  TAG_RESOLVE_FAILED: `a value that begins with "!" is a tag, and tags are not allowed: ${QUOTE} if it is text`,
  UNEXPECTED_TOKEN: `a character is not expected here: ${QUOTE} if it is part of one`,
};

/** Reads a YAML 1.2 text (core schema, unique keys, no tags, no merge keys). */
export function readYaml(text: string): { yaml: YamlText } | { problems: YamlProblem[] } {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      version: "1.2",
      schema: "core",
      strict: true,
      uniqueKeys: true,
      prettyErrors: false,
      // "silent" would let a second document pass unread.
      logLevel: "error",
      lineCounter: lines,
    });
    const found = [...document.errors, ...document.warnings];
    if (found.length > 0) {
      return { problems: found.slice(0, MOST_PROBLEMS).map((error) => problemOf(error, lines)) };
    }
    const aliases = lostAliases(document, lines);
    if (aliases.length > 0) {
      return { problems: aliases };
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { yaml: { value, lineOf: (path) => lineOf(document, lines, path) } };
  } catch {
    // Too many aliases, or nested too deep for the parser.
    return { problems: [{ line: undefined, sentence: TOO_MUCH }] };
  }
}

function problemOf(error: YAMLError, lines: LineCounter): YamlProblem {
  return {
    line: lines.linePos(error.pos[0]).line,
    sentence: SENTENCES[error.code] ?? "the text is not YAML",
  };
}

/** Aliases without an anchor, which the parser finds only when it makes values. */
function lostAliases(document: Document, lines: LineCounter): YamlProblem[] {
  const problems: YamlProblem[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) {
        const line = alias.range ? lines.linePos(alias.range[0]).line : undefined;
        problems.push({ line, sentence: LOST_ALIAS });
      }
    },
  });
  return problems;
}

function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(last),
      );
      if (pair !== undefined && isScalar(pair.key) && pair.key.range) {
        return lines.linePos(pair.key.range[0]).line;
      }
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) {
      return lines.linePos(node.range[0]).line;
    }
  }
  return document.contents?.range ? lines.linePos(document.contents.range[0]).line : undefined;
}
