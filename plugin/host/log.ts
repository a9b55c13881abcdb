import { writeSync } from "node:fs";
import { codeOf } from "../disk/os_error.ts";
import type { Log, LogLevel } from "../effects.ts";
import { redactFields, redactText } from "../text/redact.ts";

interface LogOptions {
  /** Least severity that is written. */
  readonly level: LogLevel;
  /** Texts that must not appear. The log asks for them at every line, because it exists before the secrets are read. */
  readonly secrets: () => readonly string[];
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: () => number;
  /** Where the lines go; default: file descriptor 2, without a buffer. */
  readonly destination?: { write(line: string): void };
  /** Keeps every line too; see log_file.ts. */
  readonly keep?: { write(line: string): void } | null;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * The log: one JSON object a line (`level`, `time` in ISO 8601, `pid`, the fields, `msg`). Everything passes redact.ts, the
 * last line of defense; callers must not pass a secret. A closed stderr is no error.
 */
export function createLog(options: LogOptions): Log {
  const { secrets, now = Date.now, destination = STDERR, keep } = options;
  const least = LEVELS.indexOf(options.level);
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < least) return;
    const known = secrets();
    const head = { level, time: new Date(now()).toISOString(), pid: process.pid };
    const more = rename(redactFields(fields, known));
    const line = `${JSON.stringify({ ...head, ...more, msg: redactText(message, known) })}\n`;
    destination.write(line);
    keep?.write(line);
  };
}

const OWN: readonly string[] = ["level", "time", "pid", "msg"];

/** Renames a field that would replace one of the line's own. */
function rename(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [OWN.includes(key) ? `field_${key}` : key, value]),
  );
}

/** A line is out when `write` returns: it waits for a slow reader. */
const STDERR = {
  write(line: string): void {
    for (let rest = Buffer.from(line); rest.length > 0; ) {
      try {
        rest = rest.subarray(writeSync(2, rest));
      } catch (error) {
        if (codeOf(error) !== "EAGAIN") return;
        Atomics.wait(PAUSE, 0, 0, BUSY_MS);
      }
    }
  },
};
/** The wait before the next try at a full pipe. */
const BUSY_MS = 20;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));
