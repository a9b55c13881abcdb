import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { Document, parse, parseDocument } from "yaml";
import { finished } from "./program.ts";

const FIXTURES = new URL("../fixtures/wrong_inputs/", import.meta.url);
const BASE = readFileSync(new URL("base.yaml", FIXTURES), "utf8");

/** Bytes of a case: text, or in base64 where text can't hold them. */
type Content = string | { readonly base64: string };

/** A file that a case finds. */
type CaseFile =
  | Content
  | ((
      | { readonly folder: true }
      | { readonly link: string }
      | { readonly text: string }
      | { readonly base64: string }
    ) & { readonly mode?: string });

/** One wrong input: what is given to the program, and the exit code that it owes. */
export interface WrongInput {
  readonly name: string;
  /** Default: `status`. */
  readonly args?: readonly string[];
  /** The whole text of the configuration, instead of base.yaml. */
  readonly config?: string;
  /** Changes of base.yaml by path, `accounts.0.name`. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  /** Of the configuration; default 0600. */
  readonly mode?: string;
  readonly encoding?: "utf16le" | "utf16be" | "utf16le-bare" | "latin1" | "gzip";
  readonly files?: Readonly<Record<string, CaseFile>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Content;
  /** Where standard output goes; default: it is read. */
  readonly stdout?: string;
  /** Default 78. */
  readonly exit?: number;
}

/** The cases of a file in test/fixtures/wrong_inputs. */
export function wrongInputs(file: string): WrongInput[] {
  return parse(readFileSync(new URL(file, FIXTURES), "utf8"));
}

/** Writes what a case finds, and runs the program: what it printed and how it ended, as one text. */
export async function wrongOutcome(
  given: WrongInput,
  folder: string,
  command: readonly string[],
): Promise<{ readonly code: number | null; readonly text: string; readonly raw: string }> {
  const here = (text: string) => text.replaceAll("FOLDER", folder);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "config.yaml");
  const mode = Number.parseInt(given.mode ?? "0600", 8);
  writeFileSync(config, encoded(here(configText(given)), given.encoding), { mode });
  for (const [name, file] of Object.entries(given.files ?? {}))
    position(join(folder, name), file, here);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    MIMECAST_INPUT_CONFIG: config,
    ...given.env,
  };
  const [program = "", ...before] = command;
  const args = (given.args ?? ["status"]).map(here);
  const out = given.stdout === undefined ? "pipe" : openSync(given.stdout, "w");
  const child = spawn(program, [...before, ...args], {
    env,
    cwd: folder,
    stdio: ["pipe", out, "pipe"],
  });
  if (typeof out === "number") closeSync(out);
  child.stdin?.on("error", () => {});
  child.stdin?.end(given.stdin === undefined ? "" : bytesOf(given.stdin, here));
  const { code, signal, stdout, stderr } = await finished(child);
  const shown = [...lines(stdout, "out"), ...lines(stderr, "err")].join("\n");
  return {
    code,
    raw: stdout + stderr,
    text: steady(shown.replaceAll(folder, "FOLDER")) + (signal === null ? "" : `\n${signal}`),
  };
}

function configText({ config, set = {}, remove = [] }: WrongInput): string {
  if (config !== undefined) return config;
  const document = parseDocument(BASE);
  for (const path of remove) document.deleteIn(keys(path));
  for (const [path, value] of Object.entries(set)) {
    document.setIn(keys(path), new Document(value).contents);
  }
  return document.toString({ lineWidth: 0 });
}

function keys(path: string): (string | number)[] {
  return path.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

function encoded(text: string, encoding: WrongInput["encoding"]): Buffer {
  const marked = Buffer.from(`\ufeff${text}`, "utf16le");
  switch (encoding) {
    case "utf16le":
      return marked;
    case "utf16be":
      return marked.swap16();
    case "utf16le-bare":
      return Buffer.from(text, "utf16le");
    case "latin1":
      return Buffer.from(text, "latin1");
    case "gzip":
      return gzipSync(text);
    default:
      return Buffer.from(text);
  }
}

function position(path: string, file: CaseFile, here: (text: string) => string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (typeof file !== "string" && "folder" in file) {
    mkdirSync(path);
    chmodSync(path, Number.parseInt(file.mode ?? "0700", 8));
  } else if (typeof file !== "string" && "link" in file) {
    symlinkSync(here(file.link), path);
  } else {
    const content = typeof file !== "string" && "text" in file ? file.text : file;
    const mode = typeof file !== "string" && "mode" in file ? file.mode : undefined;
    writeFileSync(path, bytesOf(content, here), { mode: Number.parseInt(mode ?? "0600", 8) });
  }
}

function bytesOf(content: Content, here: (text: string) => string): Buffer {
  return typeof content === "string"
    ? Buffer.from(here(content))
    : Buffer.from(content.base64, "base64");
}

/** What differs from run to run, by its name. */
function steady(text: string): string {
  return text
    .replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z(?=\))/g, "NOW")
    .replaceAll(/\(\d+ ms\)/g, "(N ms)");
}

/** An event has the time in it, and tests of its own: only what it is. */
function eventName(line: string): string {
  return line.replace(/^<\d+>1 .*?\|(health_[a-z]+)\|.*$/, "the event $1");
}

/** Lines as a person reads them: of a log line its message, code, hint and problems. */
function lines(text: string, stream: string): string[] {
  return (
    text
      .split("\n")
      // Of the table of `check` what is wrong; the rest is told in its own tests.
      .filter((line) => line !== "" && !/^ {2}.* (?:ok|note|skipped) {2,}\S/.test(line))
      .flatMap((line) =>
        line.startsWith("{") && stream === "err"
          ? logLine(line)
          : [`${stream}: ${eventName(line)}`],
      )
  );
}

const ALWAYS = ["time", "pid", "level", "msg", "code", "hint", "problems"];

function logLine(line: string): string[] {
  const fields: Record<string, unknown> = JSON.parse(line);
  const { level, msg, code, hint, problems } = fields;
  const others = Object.entries(fields).filter(([key]) => !ALWAYS.includes(key));
  return [
    `${level}: ${msg}${code === undefined ? "" : ` [${code}]`}`,
    ...(Array.isArray(problems) ? problems.map((problem) => `  also: ${problem}`) : []),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    ...others.map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
  ];
}
