import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The built program. `npm run build` makes it; without it the end-to-end tests fail and say so. */
export const PROGRAM = resolve("dist/mimecast-input.cjs");

/** What a finished process left. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder with the program on a PATH of its own, and the environment that points there. */
export interface Workspace {
  readonly folder: string;
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Writes the configuration (mode 0600) and returns its path; it is also MIMECAST_INPUT_CONFIG of `env`. */
  config(text: string): string;
  remove(): void;
}

/** Makes a workspace. */
export function createWorkspace(): Workspace {
  if (!existsSync(PROGRAM)) throw new Error(`Cannot find ${PROGRAM}: run "npm run build" first`);
  const folder = mkdtempSync(join(tmpdir(), "mimecast-input-"));
  const stateDir = join(folder, "state");
  const bin = join(folder, "bin");
  const configPath = join(folder, "config.yaml");
  mkdirSync(bin);
  symlinkSync(PROGRAM, join(bin, "mimecast-input"));
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    MIMECAST_INPUT_CONFIG: configPath,
    NO_COLOR: "1",
  };
  return {
    folder,
    stateDir,
    env,
    config(text) {
      writeFileSync(configPath, text, { mode: 0o600 });
      chmodSync(configPath, 0o600);
      return configPath;
    },
    remove() {
      // A shipper that is ending may still write into it.
      rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}

/** Starts the program; the caller reads its streams. */
export function startProgram(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const stdio = ["pipe", "pipe", "pipe"] as const;
  // A session of its own: started from a developer's terminal it would be taken for a person's start.
  return spawn(process.execPath, [PROGRAM, ...args], { env, stdio: [...stdio], detached: true });
}

/** Runs the program to its end. `input` goes to its standard input. */
export async function runProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Uint8Array = "",
): Promise<Finished> {
  const child = startProgram(args, env);
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  return finished(child);
}

/** Waits for a process and collects what it wrote. */
export async function finished(child: ChildProcess): Promise<Finished> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", (piece: Buffer) => out.push(piece));
  child.stderr?.on("data", (piece: Buffer) => err.push(piece));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
    child.on("error", fail);
    child.on("close", (...ended) => done(ended));
  });
  const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString("utf8");
  return { code, signal, stdout: text(out), stderr: text(err) };
}

/** True where a program is on PATH. */
export function onPath(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/** Lines without the last, empty one. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** What takes seconds takes minutes where the machine has other work. */
const LOADED_MACHINE_MS = 300_000;

/** Waits until `probe` is true; the only waiting that tests with real processes do. */
export async function until(probe: () => boolean, timeoutMs: number, what: string): Promise<void> {
  const patienceMs = Math.max(timeoutMs, LOADED_MACHINE_MS);
  const endMs = Date.now() + patienceMs;
  while (!probe()) {
    if (Date.now() > endMs) throw new Error(`Waited ${patienceMs} ms for ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}
