import type * as z from "zod";
import { didYouMean } from "../text/nearest_name.ts";
import { keysAt } from "./schema_keys.ts";
import type { Path } from "./yaml_text.ts";

/** Something wrong with the configuration: where, and a sentence that names it and the remedy. */
export interface Problem {
  readonly path: Path;
  readonly sentence: string;
}

type Issue = z.core.$ZodIssue;

const LONGEST_QUOTE = 80;

/** A path as people see it: `accounts[0].poll`. */
export function showPath(path: Path): string {
  let shown = "";
  for (const part of path) {
    shown += typeof part === "number" ? `[${part}]` : `${shown === "" ? "" : "."}${String(part)}`;
  }
  return shown;
}

/** A value of the configuration as a message quotes it: the text of a scalar, only the kind of anything else. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) {
    return "empty";
  }
  if (typeof value === "object") {
    return Array.isArray(value) ? "a list" : "a mapping";
  }
  // As YAML writes NaN and infinity.
  const text = Number.isNaN(value) ? ".nan" : String(value).replace("Infinity", ".inf");
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return typeof value === "string" ? JSON.stringify(short) : short;
}

/** `"path" …`: the path and the rest of the sentence. */
export function problemAt(path: Path, rest: string): Problem {
  return { path, sentence: `"${showPath(path)}" ${rest}` };
}

/** `"path" must …: current value is …`. */
export function wrong(path: Path, wanted: string, value: unknown): Problem {
  return problemAt(path, `${wanted}: current value is ${showValue(value)}`);
}

/** The value at a path of the YAML value; undefined if there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

/** The problems behind the schema's issues. */
export function problemsOf(issues: readonly Issue[], root: unknown, schema: z.ZodType): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, root, schema));
}

function problemsOfIssue(issue: Issue, root: unknown, schema: z.ZodType): Problem[] {
  const { path } = issue;
  const value = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        unknownKey(path, key, keysAt(schema, path), valueAt(value, [key])),
      );
    case "invalid_union":
      return problemsOfUnion(issue, root, schema);
    case "invalid_type":
      return [wrongType(path, issue.expected, value)];
    case "invalid_value": {
      const known = issue.values.filter((one) => typeof one === "string");
      const wanted = `must be one of ${known.map((one) => `"${one}"`).join(", ")}`;
      if (value === undefined) {
        return [problemAt(path, `is missing: it ${wanted}`)];
      }
      const problem = wrong(path, wanted, value);
      const hint = typeof value === "string" ? didYouMean(value, known) : "";
      return [{ path, sentence: problem.sentence + hint }];
    }
    case "too_small":
      return Array.isArray(value)
        ? [problemAt(path, "must have at least one entry: the list is empty")]
        : [wrong(path, atLeast(issue.origin, issue.minimum), value)];
    case "too_big":
      return [wrong(path, atMost(issue.origin, issue.maximum), value)];
    case "invalid_key": {
      const key = path.at(-1);
      const wanted = issue.issues[0]?.message ?? "must be another name";
      const parent = showPath(path.slice(0, -1));
      return [
        { path, sentence: `a key of "${parent}" ${wanted}: current key is ${showValue(key)}` },
      ];
    }
    default:
      return [wrong(path, issue.message, value)];
  }
}

/**
 * Names a key only if it looks like one: with a comma in a secret without quotes, or without the space after a colon, YAML
 * takes a part of the secret for a key, mostly one without a value.
 */
function unknownKey(path: Path, key: string, known: readonly string[], value: unknown): Problem {
  const near = didYouMean(key, known);
  if (near === "" && (value === null || !/^[a-z][a-z0-9_-]{0,39}$/.test(key))) {
    const parent = path.length === 0 ? "the file" : `"${showPath(path)}"`;
    const sentence = `${parent} holds a key that is not known: known keys are ${known.join(", ")}: is a quote or a space after a colon missing?`;
    return { path: [...path, key], sentence };
  }
  const all = near === "" && known.length > 0 ? `: known keys are ${known.join(", ")}` : near;
  return { path: [...path, key], sentence: `unknown key "${showPath([...path, key])}"${all}` };
}

/** The problems of the branch that fits the value's kind; a general sentence if none fits. */
function problemsOfUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  root: unknown,
  schema: z.ZodType,
): Problem[] {
  const { path } = issue;
  const value = valueAt(root, path);
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  const branch = issue.errors.find(
    (errors) => isMapping !== errors.some((error) => error.path.length === 0 && isKindIssue(error)),
  );
  if (branch === undefined) {
    return [wrong(path, "must be a name or a mapping", value)];
  }
  const whole = branch.map((error) => ({ ...error, path: [...path, ...error.path] }) as Issue);
  return problemsOf(whole, root, schema);
}

function isKindIssue(issue: Issue): boolean {
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a whole number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function wrongType(path: Path, expected: string, value: unknown): Problem {
  const kind = KINDS[expected] ?? expected;
  if (value === undefined) {
    return problemAt(path, `is missing: it must be ${kind}`);
  }
  if (path.length === 0) return { path, sentence: `the file ${wholeFile(value)}` };
  const shown = `"${showPath(path)}"`;
  if (kind === "a mapping" || kind === "a list") {
    const current = typeof value === "string" ? "text" : showValue(value);
    return { path, sentence: `${shown} must be ${kind}: current value is ${current}` };
  }
  const isQuoted = kind === "a whole number" && typeof value === "string" && /^\d+$/.test(value);
  const isUnquoted = kind === "text" && (typeof value === "number" || typeof value === "boolean");
  const hint = isUnquoted ? ": put it in quotes" : isQuoted ? ": write it without quotes" : "";
  const problem = wrong(path, `must be ${kind}`, value);
  return { path, sentence: problem.sentence + hint };
}

/** The end of the sentence about a whole file of the wrong kind. */
function wholeFile(value: unknown): string {
  if (value === undefined || value === null) {
    return 'is empty: it must hold at least "accounts", see docs/configuration.md';
  }
  const wanted = 'must be a mapping of keys such as "accounts:"';
  const isText = typeof value === "string";
  const hint = isText && value.includes(":") ? ": is a space after a colon missing?" : "";
  return `${wanted}: current value is ${isText ? "text" : showValue(value)}${hint}`;
}

function atLeast(origin: string, least: number | bigint): string {
  if (origin === "string") {
    return "must not be empty";
  }
  return `must be at least ${least}`;
}

function atMost(origin: string, most: number | bigint): string {
  return origin === "string" ? `must be at most ${most} characters` : `must be at most ${most}`;
}
