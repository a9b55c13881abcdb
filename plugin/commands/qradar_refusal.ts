import { parseJson, readErrorText } from "../client/transport.ts";
import type { HttpResponse } from "../effects.ts";
import { ApiError, AuthError } from "../errors.ts";
import { redactText } from "../text/redact.ts";

/** A JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** True for a JSON object. */
export function isRecord(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What answers is not the API of a QRadar console. `what`: what it answered with, or without. */
export function notQradar(path: string, status: number, what: string): ApiError {
  return refusal(`${path} was answered with something that is ${what}`, status, {
    code: "not_qradar",
    hint: NOT_QRADAR,
  });
}

const NOT_QRADAR =
  "Is qradar.console the console itself, and not a login page or a proxy before it?";

/** Of the API: "the Ariel server might be temporarily unavailable". */
const ARIEL_AWAY = 1010;
const RIGHTS =
  "The authorized service needs a user role and a security profile that allow it: docs/qradar.md, docs/reconcile.md";
/** What to do about numbers of "extension management", which no other part of the API has. */
const OTHER_TASK = "The console works on an extension: run this again when it is done";
const NOT_TAKEN =
  "The console takes no such extension: Admin > Extensions Management says why; without one: mimecast-input qradar install --piecewise";
/** IBM asks the same right for looking at extensions as for bringing them. */
const NO_EXTENSIONS =
  "The authorized service needs the right to manage extensions (docs/qradar.md); without it: mimecast-input qradar install --piecewise";
const HINTS: Readonly<Record<number, string>> = {
  22607: NOT_TAKEN,
  22611: OTHER_TASK,
  22616: NOT_TAKEN,
  22617: OTHER_TASK,
  22618: OTHER_TASK,
  22619: NOT_TAKEN,
  22620: NOT_TAKEN,
};

/** The error of an answer that is no success. What it says may come back to us from a proxy, with the `token` in it. */
export async function answerError(
  { method, path }: { readonly method: string; readonly path: string },
  answer: HttpResponse,
  token: string,
): Promise<ApiError | AuthError> {
  const { status } = answer;
  const text = await readErrorText(answer.body);
  const { code, message } = errorOf(text);
  const shown = redactText(message, [token]).slice(0, 300);
  const said = message === "" ? "" : `: ${JSON.stringify(shown)}`;
  const what = `${method} /api${path} was answered ${status}${code === null ? "" : ` (code ${code})`}${said}`;
  if (status === 401) {
    const hint = "Make a new authorized service on the console, and deploy: tokens expire";
    return new AuthError(`QRadar refuses: ${what}`, { code: "qradar_token", hint });
  }
  if (status === 403) {
    const hint = path.startsWith("/config/extension") ? NO_EXTENSIONS : RIGHTS;
    return new AuthError(`QRadar refuses: ${what}`, { code: "qradar_forbidden", hint });
  }
  const isBusy = status === 503 || status === 429 || code === ARIEL_AWAY;
  if (isBusy) return refusal(what, status, { code: "qradar_busy", retryable: true });
  const isElsewhere = status >= 300 && status < 400;
  const hint =
    status === 422 && path.startsWith("/ariel")
      ? "A property may be missing: mimecast-input qradar install"
      : isElsewhere
        ? NOT_QRADAR
        : HINTS[code ?? 0];
  return refusal(what, status, { code: "qradar_refused", ...(hint === undefined ? {} : { hint }) });
}

function errorOf(text: string): { readonly code: number | null; readonly message: string } {
  const said = parseJson(text);
  const { code, message, description } = isRecord(said) ? said : {};
  return {
    code: typeof code === "number" ? code : null,
    message: String(message ?? description ?? ""),
  };
}

/** The console does not do what was asked. */
export function refusal(
  what: string,
  status: number,
  { code, hint, retryable = false }: { code: string; hint?: string; retryable?: boolean },
): ApiError {
  return new ApiError(`QRadar refuses: ${what}`, {
    code,
    status,
    retryable,
    ...(hint === undefined ? {} : { hint }),
  });
}
