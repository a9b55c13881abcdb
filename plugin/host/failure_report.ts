import { ConfigError, isKnownError } from "../errors.ts";
import { redactText } from "../text/redact.ts";
import { printable } from "../text/table.ts";

/** The error that ended the program, in the words of the log's fields. */
export interface FailureReport {
  readonly message: string;
  readonly code: string;
  readonly hint: string | undefined;
  /** The further problems of a configuration; the message holds the first. */
  readonly problems: readonly string[];
  /** For a defect only. */
  readonly stack: string | undefined;
}

const SUPPORT =
  'Send this message to the support, with the file that "mimecast-input bundle" makes';

/** The report of an error. Anything but our own errors is a defect of the program. */
export function failureReport(error: unknown): FailureReport {
  if (isKnownError(error)) {
    const { message, code, hint } = error;
    const problems = error instanceof ConfigError ? error.problems.slice(1) : [];
    return { message, code, hint, problems, stack: undefined };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  const message = `Cannot go on: a defect of the program: ${String(error)}`;
  return { message, code: "defect", hint: SUPPORT, problems: [], stack };
}

/** A report for a terminal: the message with its code (docs/error-codes.csv), the problems, the remedy. */
export function failureText(report: FailureReport, secrets: readonly string[]): string {
  const { message, code, hint, problems, stack } = report;
  const lines = [
    `mimecast-input: ${message} [${code}]`,
    ...problems.map((problem) => `  ${problem}`),
    ...(hint === undefined ? [] : [`  ${hint}`]),
    ...(stack?.split("\n").slice(1) ?? []),
  ];
  return lines.map((line) => `${printable(redactText(line, secrets))}\n`).join("");
}
