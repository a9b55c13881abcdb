import { DefectError, isKnownError, type KnownError } from "../errors.ts";

/**
 * The error as one that can be reported and counted: what is none of ours is a defect of the program. Its own words stay
 * in the stack: they may quote what Mimecast answered.
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
