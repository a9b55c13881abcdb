import { DefectError, isKnownError, type KnownError } from "../errors.ts";

/**
 * The error in a form to report and count: an error of no class of ours is a defect of the program. Its message stays in the
 * stack, because it may quote Mimecast's answer.
 */
export function knownError(error: unknown): KnownError {
  if (isKnownError(error)) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new DefectError(`A defect of the program (${kind})`, {
    code: "defect",
    cause: error,
    hint: "Report the log line with its stack; what it ended is tried again",
  });
}

/** The fields of a log line about an error: code, hint, and for a defect the stack. */
export function errorFields(error: KnownError): Readonly<Record<string, unknown>> {
  const { code, hint, cause } = error;
  if (!(error instanceof DefectError)) return { code, hint };
  return { code, hint, stack: cause instanceof Error ? cause.stack : String(cause) };
}
