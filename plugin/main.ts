import "./host/small_heap.ts";

import { setTimeout as delay } from "node:timers/promises";
import { runCli } from "./cli.ts";
import { defaultStateDir } from "./config/state_dir.ts";
import { codeOf } from "./disk/os_error.ts";
import { EXIT, exitCodeOfError, isKnownError, ShipperGoneError, StoppedError } from "./errors.ts";
import { failureReport, failureText } from "./host/failure_report.ts";
import { PromptAbortedError } from "./host/hidden_prompt.ts";
import { createLog } from "./host/log.ts";
import { type Process, processHost } from "./host/process_host.ts";
import { createUnreadLog, isStderrUnread } from "./host/unread_log.ts";

/** The process: arguments, signals, exit code. What commands need of it is in process_host.ts. */

/** Set by scripts/build.mjs. */
declare const MIMECAST_INPUT_VERSION: string;
declare const MIMECAST_WASM_BASE64: string;
declare const MIMECAST_QRADAR_BASE64: string;
declare const MIMECAST_QRADAR_EVENTS: string;
declare const MIMECAST_QRADAR_PROPERTIES: string;
declare const MIMECAST_SHIPPER_EXAMPLES: Readonly<Record<string, string>>;

/** A shipper that restarts us at once (syslog-ng) must not spin on a start that can't succeed. */
const FAILED_START_PAUSE_MS = 10_000;
const WRONG_COMMAND = "Cannot run: the command line is wrong; run it in a terminal to see why";
/** The commands that watch the signal. */
const ENDS_IN_ORDER: ReadonlySet<string> = new Set(
  "poll replay reconcile qradar status fleet setup check".split(" "),
);
/** 128 and the number of SIGINT, as a shell says it. */
const INTERRUPTED = 130;

const secrets: string[] = [];
const stopping = new AbortController();
const isPoll = process.argv[2] === "poll";
const unread = isPoll && isStderrUnread() ? createUnreadLog([defaultStateDir(process.env)]) : null;
const self: Process = {
  version: MIMECAST_INPUT_VERSION,
  wasm: () => Buffer.from(MIMECAST_WASM_BASE64, "base64"),
  qradarContent: () => Buffer.from(MIMECAST_QRADAR_BASE64, "base64"),
  qradarTables: { events: MIMECAST_QRADAR_EVENTS, properties: MIMECAST_QRADAR_PROPERTIES },
  shipperExamples: MIMECAST_SHIPPER_EXAMPLES,
  secrets,
  signal: stopping.signal,
  unread,
  log: createLog({
    level: "info",
    secrets: () => secrets,
    keep: unread,
  }),
};

// Certificates are always verified (tls_options.ts), so Node's warning that they are not would be wrong.
delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
// An empty variable is none.
if (process.env.MIMECAST_INPUT_CONFIG === "") delete process.env.MIMECAST_INPUT_CONFIG;
// Whoever has closed standard error wants no messages.
process.stderr.on("error", () => {});
// Without a listener Node opens its inspector, through which whoever reaches the port runs code in this process.
process.on("SIGUSR1", () => {});
// It asks for the configuration to be read again (reload.ts); until that is heard it must not end the program.
if (isPoll && process.argv.includes("--follow") && process.stdout.isTTY !== true) {
  process.on("SIGHUP", () => {});
}
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop(name));
// A promise that nobody waits for ends here too.
process.on("uncaughtException", (error) => crash(error));
let crashCode: number | null = null;
void main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<void> {
  let code: number;
  try {
    code = await runCli(processHost(self), argv);
    // commander has said what is wrong, to a standard error that nobody reads.
    if (code === EXIT.usage && unread !== null) self.log("error", WRONG_COMMAND, { argv });
  } catch (error) {
    code = report(error);
  }
  const following = argv.includes("--follow") && process.stdout.isTTY !== true;
  if (following && crashCode === null && code !== EXIT.ok && code !== EXIT.shipper_gone) {
    await delay(FAILED_START_PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
  }
  // After a crash the pause is that of `crash`.
  if (crashCode === null || !following) process.exit(crashCode ?? code);
}

/** Asks the command to end in order; ends at once what has nothing to bring in order. */
function stop(name: "SIGTERM" | "SIGINT"): void {
  stopping.abort(new StoppedError(`by ${name}`));
  if (ENDS_IN_ORDER.has(process.argv[2] ?? "")) return;
  // Not process.exit(), which waits for a thread that waits for a pipe.
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

/** What nobody has caught: one line says it, the accounts save how far they are, and the program ends. */
function crash(error: unknown): void {
  if (crashCode !== null) return;
  crashCode = codeOf(error) === "EPIPE" ? EXIT.shipper_gone : report(error);
  if (!isPoll || crashCode === EXIT.shipper_gone) process.exit(crashCode);
  stopping.abort(new StoppedError("by a defect", { cause: error }));
  setTimeout(() => process.exit(crashCode), FAILED_START_PAUSE_MS);
  for (const name of ["SIGTERM", "SIGINT"]) process.once(name, () => process.exit(crashCode));
}

/** Tells a person in words, a machine in JSON; returns the exit code. */
function report(error: unknown): number {
  // Like any command whose reader has seen enough (`status --watch | head`).
  if (error instanceof ShipperGoneError) return EXIT.shipper_gone;
  if (error instanceof PromptAbortedError) return INTERRUPTED;
  const failure = failureReport(error);
  const { message, ...fields } = failure;
  if (process.stderr.isTTY) process.stderr.write(failureText(failure, secrets));
  else self.log("error", message, fields);
  return isKnownError(error) ? exitCodeOfError(error) : EXIT.defect;
}
