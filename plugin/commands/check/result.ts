import {
  ConfigError,
  EXIT,
  exitCodeOfError,
  isKnownError,
  type KnownError,
  StoppedError,
} from "../../errors.ts";

/** The worst first. "note": worth knowing. "skipped": could not be tried because of what stands before it. */
export const OUTCOMES = ["fail", "warn", "note", "skipped", "ok"] as const;

/** How one check went. */
export type Outcome = (typeof OUTCOMES)[number];

/** One line of the report. Keys are those of the JSON output. */
export interface CheckResult {
  /** "host", "output", "shipper", "qradar", "console", "fleet", or the name of an account. */
  readonly scope: string;
  readonly check: string;
  readonly outcome: Outcome;
  /** What was found. */
  readonly text: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
  /** The exit code that this result alone would give. */
  readonly exit: number;
}

/** Makes the results of one scope. */
export interface Reporter {
  ok(check: string, text: string): CheckResult;
  note(check: string, text: string, remedy?: string): CheckResult;
  skipped(check: string, text: string): CheckResult;
  warn(check: string, text: string, remedy: string): CheckResult;
  fail(check: string, text: string, remedy: string | null, exit: number): CheckResult;
  /** The result for one of our own errors; any other is thrown again. */
  error(check: string, error: unknown): CheckResult;
}

/** The reporter of a scope. */
export function reporter(scope: string): Reporter {
  const make = (
    outcome: Outcome,
    check: string,
    text: string,
    remedy: string | null,
    exit: number,
  ): CheckResult => ({ scope, check, outcome, text, remedy, exit });
  return {
    ok: (check, text) => make("ok", check, text, null, EXIT.ok),
    note: (check, text, remedy) => make("note", check, text, remedy ?? null, EXIT.ok),
    skipped: (check, text) => make("skipped", check, text, null, EXIT.ok),
    warn: (check, text, remedy) => make("warn", check, text, remedy, EXIT.partial),
    fail: (check, text, remedy, exit) => make("fail", check, text, remedy, exit),
    error(check, error) {
      if (!isKnownError(error) || error instanceof StoppedError) throw error;
      return make("fail", check, error.message, error.hint ?? null, exitCodeOfError(error));
    },
  };
}

/** What kept the checks from being made, as results: one for each problem of the configuration. */
export function refusalResults(error: KnownError): CheckResult[] {
  const report = reporter("host");
  const problems = error instanceof ConfigError ? error.problems : [];
  if (problems.length === 0) return [report.error("config", error)];
  const exit = exitCodeOfError(error);
  return problems.map((problem) => report.fail("config", problem, error.hint ?? null, exit));
}

/** The code of the worst result: of failures the first of configuration, state, credentials and network. */
export function checkCode(results: readonly CheckResult[]): number {
  const codes = new Set(results.map((result) => result.exit));
  const order = [EXIT.config, EXIT.state, EXIT.auth, EXIT.delivery, EXIT.temporary, EXIT.partial];
  return order.find((code) => codes.has(code)) ?? EXIT.ok;
}
