import type { Setting } from "./finding.ts";

/**
 * The syntax of syslog-ng's configuration (Administration Guide, "The configuration syntax in detail"), as far as
 * lint needs it: words, texts, `name(...)` and `{ ... }`. Everything else of the grammar is in the names.
 */

/** A word, text or number; with arguments where `(` follows, with a block where `{` follows. */
export interface Term extends Setting {
  /** Quoted: never a keyword. */
  readonly quoted: boolean;
  readonly args: readonly Term[] | null;
  readonly block: readonly Statement[] | null;
}

/** Terms up to a semicolon. */
export type Statement = readonly Term[];

/** A text that is not syslog-ng's. */
export class SyslogNgSyntaxError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface Token {
  readonly kind: "word" | "text" | "mark";
  readonly value: string;
  readonly line: number;
}

const MARKS = "(){};,";
/** Deeper nesting is no configuration. */
const MAX_DEPTH = 64;

/** A file of syslog-ng, read. */
export interface SyslogNgText {
  readonly statements: readonly Statement[];
  /** `@define NAME value`: what stands for NAME between backticks. */
  readonly defines: ReadonlyMap<string, string>;
}

/** The statements of a file; `base` is added to each line. Includes are left out (included_files.ts). */
export function parseSyslogNg(text: string, base = 0): SyslogNgText {
  const reader = { tokens: tokens(text, base), at: 0 };
  const statements = block(reader, 0);
  const rest = reader.tokens[reader.at];
  if (rest !== undefined) throw unexpected(rest);
  const defines = [...text.matchAll(/^@define[ \t]+([\w-]+)[ \t]+["']?([^"'\r\n]*)/gm)];
  return {
    statements,
    defines: new Map(defines.map(([, name = "", value = ""]) => [name, value])),
  };
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

function block(reader: Reader, depth: number): Statement[] {
  const statements: Statement[] = [];
  let terms: Term[] = [];
  for (let token = peek(reader); token !== undefined; token = peek(reader)) {
    if (token.kind === "mark" && (token.value === "}" || token.value === ")")) break;
    if (token.kind === "mark" && (token.value === ";" || token.value === ",")) {
      reader.at++;
      if (terms.length > 0) statements.push(terms);
      terms = [];
      continue;
    }
    terms.push(term(reader, depth));
  }
  if (terms.length > 0) statements.push(terms);
  return statements;
}

function term(reader: Reader, depth: number): Term {
  const token = reader.tokens[reader.at++] as Token;
  if (depth > MAX_DEPTH) throw new SyslogNgSyntaxError(token.line, "nested too deep");
  // `{` without a name: a channel, or the body of a log path.
  if (token.kind === "mark" && token.value === "{") reader.at--;
  else if (token.kind === "mark") throw unexpected(token);
  const named = token.kind !== "mark";
  let args: Term[] | null = null;
  let body: Statement[] | null = null;
  if (named && isMark(peek(reader), "(")) {
    reader.at++;
    args = block(reader, depth + 1).flat();
    expectMark(reader, ")", token.line);
  }
  if (isMark(peek(reader), "{")) {
    reader.at++;
    body = block(reader, depth + 1);
    expectMark(reader, "}", token.line);
  }
  return {
    value: named ? token.value : "",
    quoted: token.kind === "text",
    line: token.line,
    args,
    block: body,
  };
}

function expectMark(reader: Reader, mark: string, from: number): void {
  const token = peek(reader);
  if (!isMark(token, mark)) {
    throw new SyslogNgSyntaxError(token?.line ?? from, `"${mark}" is missing for line ${from}`);
  }
  reader.at++;
}

function peek(reader: Reader): Token | undefined {
  return reader.tokens[reader.at];
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === "mark" && token.value === mark;
}

function unexpected(token: Token): SyslogNgSyntaxError {
  return new SyslogNgSyntaxError(token.line, `"${token.value}" is not expected here`);
}

function tokens(text: string, base: number): Token[] {
  const found: Token[] = [];
  let line = base + 1;
  for (let at = 0; at < text.length; ) {
    const char = text[at] as string;
    if (char === "\n") line++;
    if (/\s/.test(char)) at++;
    else if (char === "#") at = endOfLine(text, at);
    else if (char === "@") at = endOfLine(text, at);
    else if (char === '"' || char === "'") {
      const { value, end } = quoted(text, at, line);
      found.push({ kind: "text", value, line });
      line += text.slice(at, end).split("\n").length - 1;
      at = end;
    } else if (MARKS.includes(char)) {
      found.push({ kind: "mark", value: char, line });
      at++;
    } else {
      const word = /^[^\s(){};,#"']+/.exec(text.slice(at, at + 1000))?.[0] ?? char;
      found.push({ kind: "word", value: word, line });
      at += word.length;
    }
  }
  return found;
}

/** Double quotes know escapes, single quotes do not. */
function quoted(text: string, start: number, line: number): { value: string; end: number } {
  const quote = text[start];
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] as string;
    if (char === quote) return { value, end: at + 1 };
    if (char === "\\" && quote === '"') {
      at++;
      const next = text[at] ?? "";
      value += ESCAPES[next] ?? next;
    } else value += char;
  }
  throw new SyslogNgSyntaxError(line, "a quote is not closed");
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\u0007",
  v: "\v",
};

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
