import { pino } from "pino";
import type { Log, LogLevel } from "../effects.ts";
import { redactFields, redactText } from "../text/redact.ts";

interface LogOptions {
  /** Least severity that is written. */
  readonly level: LogLevel;
  /** Texts that must not appear: asked at every line, because secrets are resolved after the log exists. */
  readonly secrets: () => readonly string[];
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: () => number;
  /** Where the lines go; default: file descriptor 2, written at once. */
  readonly destination?: { write(line: string): void };
  /** Keeps every line besides; see log_file.ts. */
  readonly keep?: { write(line: string): void };
}

/**
 * The log: one JSON object a line (`level`, `time` in ISO 8601, `pid`, the fields, `msg`). Everything passes
 * redact.ts, the last line of defence: callers must not hand a secret in. A closed stderr is no error.
 */
export function createLog(options: LogOptions): Log {
  const { level, secrets, now = Date.now } = options;
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {},
    },
    both(options.destination ?? stderr(), options.keep),
  );
  return (severity, message, fields = {}) => {
    if (!logger.isLevelEnabled(severity)) {
      return;
    }
    const known = secrets();
    logger[severity](rename(redactFields(fields, known)), redactText(message, known));
  };
}

const OWN: readonly string[] = ["level", "time", "pid", "msg"];

/** A field must not take the place of one of the line's own. */
function rename(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [OWN.includes(key) ? `field_${key}` : key, value]),
  );
}

function both(
  first: { write(line: string): unknown },
  second: { write(line: string): void } | undefined,
) {
  if (second === undefined) return first as { write(line: string): void };
  return {
    write(line: string) {
      first.write(line);
      second.write(line);
    },
  };
}

function stderr() {
  const stream = pino.destination({ fd: 2, sync: true });
  stream.on("error", () => {});
  return stream;
}
