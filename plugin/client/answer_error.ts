import { ApiError, AuthError } from "../errors.ts";
import { type Failure, failureOfError, isObject } from "./failure.ts";
import { isRetryableStatus } from "./retry.ts";

/** An answer that is not a success, with the facts for its message. */
export interface ErrorAnswer {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly host: string;
  readonly api: "1.0" | "2.0";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body, or undefined if it is no JSON. */
  readonly body: unknown;
  /** The time by which the request was signed, ms since 1970: a wrong clock is the commonest reason for a refused signature. */
  readonly nowMs: number;
  /** Takes secrets out of Mimecast's text. */
  readonly redact: (text: string) => string;
}

/** The error for an answer that is not a success (reference: API 1.0 error codes, API 2.0 errors). */
export function answerError(answer: ErrorAnswer): ApiError | AuthError {
  const failure = failureOfError(answer.body);
  const code = shown(answer, failure.code, 64);
  const said = describe(answer, failure);
  const auth = (authCode: string, what: string, hint: string): AuthError =>
    new AuthError(`${what}: ${said}`, { code: authCode, hint });

  if (answer.status === 418 || code === "err_xdk_binding_expired") {
    return auth("binding_expired", "The access key has expired", BINDING_HINT);
  }
  if (code === "err_developer_key")
    return auth(code, "Mimecast does not know the app_id", APP_HINT);
  if (code === "err_audit_log_incorrect_region") {
    const hint = `"${answer.host}" is not this account's region: set "region" to the one in the Administration Console's address`;
    return auth("wrong_region", "Wrong region", hint);
  }
  if (answer.status === 429) {
    return new ApiError(`Mimecast's rate limit is used up: ${said}`, {
      code: "rate_limited",
      status: 429,
      retryable: true,
    });
  }
  if (isStrange(answer)) return strangeAnswer(said, answer.status);
  if (answer.status === 403 || code === "app_forbidden") {
    return auth("forbidden", `No permission for ${answer.method} ${answer.path}`, FORBIDDEN_HINT);
  }
  if (answer.status === 401) {
    return auth(code || "unauthorized", "The credentials were refused", refusedHint(answer));
  }
  // API 1.0 refuses headers that no right credential makes; a second request does not change that.
  if (answer.api === "1.0" && answer.status === 400 && code.startsWith("err_xdk_")) {
    return auth(code, "The credentials were refused", XDK_HINT);
  }
  return new ApiError(`Mimecast did not accept the request: ${said}`, {
    code: code || `http_${answer.status}`,
    status: answer.status,
    retryable: isRetryableStatus(answer.status) || failure.retryable,
  });
}

/**
 * True for an answer that Mimecast's API does not write: a refusal without JSON, a page, or a redirect. A page of 5xx
 * may come from Mimecast's own gateway.
 */
function isStrange({ status, headers, body }: ErrorAnswer): boolean {
  if (isObject(body) || status >= 500 || isRetryableStatus(status)) return false;
  return [401, 403].includes(status) || status < 400 || isPage(headers, "");
}

/** True if the answer is a web page, by its content type or its first character. */
export function isPage(headers: Readonly<Record<string, string>>, text: string): boolean {
  return /\bhtml\b/i.test(headers["content-type"] ?? "") || /^\uFEFF?\s*</.test(text);
}

/** The error for an answer of a proxy or gateway instead of Mimecast's API. Such an answer says nothing about the request. */
export function strangeAnswer(said: string, status: number, retryable = false): ApiError {
  return new ApiError(`Something other than Mimecast's API answered: ${said}`, {
    code: "not_mimecast",
    status,
    retryable,
    hint: "A proxy, gateway or firewall may have answered: check that it allows this host and leaves its answers as they are",
  });
}

const BINDING_HINT =
  'Set the TTL of the user\'s Authentication Profile to "Never Expires", then create new access and secret keys';
const APP_HINT =
  "Copy the Application ID again from the API application in the Administration Console";
const XDK_HINT =
  "Check app_id (a GUID such as 11111111-2222-3333-4444-555555555555), app_key, access_key and secret_key";
const FORBIDDEN_HINT =
  "Give the application's role the permission of this endpoint, and tick its product when the application is made";

function refusedHint(answer: ErrorAnswer): string {
  const skewMs = answer.nowMs - Date.parse(answer.headers.date ?? "");
  if (answer.api === "1.0" && Math.abs(skewMs) > 300_000) {
    const side = skewMs > 0 ? "ahead of" : "behind";
    const minutes = Math.round(Math.abs(skewMs) / 60_000);
    return `This host's clock is ${minutes} minutes ${side} Mimecast's: set it by NTP`;
  }
  return answer.api === "1.0"
    ? "Check access_key, secret_key and app_key, and that they belong to this region"
    : "Check client_id and client_secret";
}

/** Where, which status, and Mimecast's own words, safe to print. */
function describe(answer: ErrorAnswer, failure: Failure): string {
  const { status, headers } = answer;
  const words = [failure.code, failure.message, failure.field && `field "${failure.field}"`]
    .filter((word) => word !== "")
    .map((word) => shown(answer, word, 300))
    .join(", ");
  const type = shown(answer, headers["content-type"] ?? "", 60) || "no content type";
  const requestId = shown(answer, requestIdOf(headers), 80);
  return (
    `${where(answer)} answered ${status} ` +
    `${words === "" ? `(${type})` : `"${words}"`}${requestId === "" ? "" : ` (request id ${requestId})`}`
  );
}

/** The request, for a message. */
export function where({
  method,
  path,
  host,
}: Pick<ErrorAnswer, "method" | "path" | "host">): string {
  return `${method} ${path} on "${host}"`;
}

/** Text of others, fit for a message: `clean`, and without the secrets that any part of an answer may echo. */
export function shown({ redact }: Pick<ErrorAnswer, "redact">, text: string, maxLength: number) {
  return clean(redact(text), maxLength);
}

/** The id under which Mimecast's support finds a request. */
export function requestIdOf(headers: Readonly<Record<string, string>>): string {
  return headers["x-request-id"] ?? headers["x-mc-req-id"] ?? "";
}

/** Text of others made fit for one log line: no control characters, bounded. */
export function clean(text: string, maxLength: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
