/** The content of an error body, in whichever of Mimecast's shapes. */
export interface Failure {
  /** `err_…`, `app_forbidden`, `token_expired` …; empty where the body names none. */
  readonly code: string;
  readonly message: string;
  /** The request field that was not accepted. */
  readonly field: string;
  /** Mimecast says that the same request may succeed later. */
  readonly retryable: boolean;
}

/**
 * The first failure in an answer, or null. A `fail` list with an entry is a failure, whatever the status. Shapes: API 1.0
 * `fail[].errors[]`, API 2.0 `fail[]`, SIEM `error{}`, OAuth `error` as text.
 */
export function failureOf(body: unknown): Failure | null {
  if (!isObject(body)) return null;
  if (Array.isArray(body.fail) ? body.fail.length > 0 : isObject(body.fail)) {
    return failItem(Array.isArray(body.fail) ? body.fail[0] : body.fail);
  }
  if (isObject(body.error)) return failure(body.error);
  if (typeof body.error === "string" && body.error !== "") {
    return failure({ code: body.error, message: body.error_description });
  }
  return null;
}

/** As `failureOf`, for an answer that is an error by its status: then a bare code or message counts too. */
export function failureOfError(body: unknown): Failure {
  const found = failureOf(body);
  if (found !== null) return found;
  if (isObject(body) && Array.isArray(body.errors)) return failItem(body);
  return failure(isObject(body) ? body : {});
}

function failItem(item: unknown): Failure {
  if (!isObject(item)) return failure({ message: item });
  return failure(Array.isArray(item.errors) ? item.errors[0] : item);
}

function failure(parts: unknown): Failure {
  const { code, message, field, retryable } = isObject(parts) ? parts : {};
  return {
    code: text(code),
    message: text(message),
    field: text(field),
    retryable: retryable === true,
  };
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** True for a JSON object: not null, not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
