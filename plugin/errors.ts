/**
 * The few error classes. `code` is stable and part of the public surface (docs/error-codes.csv), the
 * message says what was attempted, the quoted value, and the current and wanted state; `hint` is the remedy.
 * A message must never hold a secret, a token or a pre-signed query string.
 */

/** Exit codes of the program, tested and documented (sysexits.h where it has one). */
export const EXIT = {
  ok: 0,
  /** At least one account or source failed; the others were collected. */
  partial: 1,
  /** Wrong command line. */
  usage: 64,
  /** The shipper's HTTP input refuses what we send, or took nothing until the end of the run. */
  delivery: 69,
  /** A defect of the program, and nothing else worked. */
  defect: 70,
  /** Unusable state directory: lock held, checkpoint broken, disk full. */
  state: 74,
  /** Mimecast or the network failed for every account; the next run tries again. */
  temporary: 75,
  /** Credentials or permissions were refused. */
  auth: 77,
  /** Unusable configuration. */
  config: 78,
  /** The shipper closed our stdout. */
  shipper_gone: 141,
} as const;

interface Options {
  readonly code: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

class MimecastInputError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  constructor(message: string, options: Options) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.hint = options.hint;
  }
}

/** The configuration or the command line can't be used. Nothing was started. */
export class ConfigError extends MimecastInputError {
  /** Every problem of the configuration, one sentence each; the message holds the first. Empty for other causes. */
  readonly problems: readonly string[];
  constructor(message: string, options: Options & { problems?: readonly string[] }) {
    super(message, options);
    this.problems = options.problems ?? [];
  }
}

/** Mimecast refused the credentials, the binding or a permission. Stops the account, not its neighbors. */
export class AuthError extends MimecastInputError {}

/** An answer that is not a success. `retryable`: the same request may succeed later. */
export class ApiError extends MimecastInputError {
  readonly status: number;
  readonly retryable: boolean;
  constructor(message: string, options: Options & { status: number; retryable: boolean }) {
    super(message, options);
    this.status = options.status;
    this.retryable = options.retryable;
  }
}

/** The rate budget of the credential is used up: nothing was sent. The same request may go at `untilMs`. */
export class BudgetError extends ApiError {
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  constructor(delayMs: number, nowMs: number) {
    const seconds = Math.ceil(delayMs / 1_000);
    super(`Mimecast's rate limit is used up: the next request may go in ${seconds} s`, {
      code: "rate_limited",
      status: 429,
      retryable: true,
    });
    this.untilMs = nowMs + delayMs;
  }
}

/** No answer came: name resolution, connection, TLS, timeout, reset in the middle of a body. */
export class NetworkError extends MimecastInputError {}

/** A pre-signed download link has expired or was refused: list again for a fresh one. */
export class LinkExpiredError extends MimecastInputError {}

/** Bytes that can't be read as what they should be: damaged gzip or zip, truncated JSON, an item over its limit. */
export class DecodeError extends MimecastInputError {}

/** The state directory: lock, checkpoint, journal, quarantine. */
export class StateError extends MimecastInputError {}

/** The reader of our stdout is gone (EPIPE). Nothing more may be committed. */
export class ShipperGoneError extends MimecastInputError {}

/** The shipper's HTTP input refuses a batch for good (wrong address, credentials, or size), or takes none in time. */
export class DeliveryError extends MimecastInputError {}

/** The run is to end, by a signal or because its time is over. What it meets has not failed: it is not finished. */
export class StoppedError extends MimecastInputError {
  /** `why` completes "Stopped: ". */
  constructor(why: string, options: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super(`Stopped: ${why}`, { ...options, code: "stopped" });
  }
}

/** A defect of this program. It ends a feed or an account until the next try; `cause` is what was thrown. */
export class DefectError extends MimecastInputError {}

/** Any of the classes above. */
export type KnownError =
  | ConfigError
  | AuthError
  | ApiError
  | NetworkError
  | LinkExpiredError
  | DecodeError
  | StateError
  | ShipperGoneError
  | DeliveryError
  | StoppedError
  | DefectError;

/** The exit code that an error alone gives. */
export function exitCodeOfError(error: KnownError): number {
  if (error instanceof ConfigError) return EXIT.config;
  if (error instanceof StateError) return EXIT.state;
  if (error instanceof AuthError) return EXIT.auth;
  if (error instanceof DeliveryError) return EXIT.delivery;
  if (error instanceof DefectError) return EXIT.defect;
  return error instanceof ShipperGoneError ? EXIT.shipper_gone : EXIT.temporary;
}

/** True for an error of this file, as opposed to a defect of the program. */
export function isKnownError(error: unknown): error is KnownError {
  return error instanceof MimecastInputError;
}
