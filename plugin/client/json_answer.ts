import type { HttpResponse } from "../effects.ts";
import { ApiError, AuthError } from "../errors.ts";
import {
  answerError,
  type ErrorAnswer,
  isPage,
  shown,
  strangeAnswer,
  where,
} from "./answer_error.ts";
import type { Attempted } from "./attempts.ts";
import { failureOf, isObject } from "./failure.ts";
import { shapeProblem } from "./json_shape.ts";
import { isRetryableStatus } from "./retry.ts";
import { parseJson, readErrorText, readText } from "./transport.ts";

/** The parts of an `ErrorAnswer` that are known before the body. */
export type AnswerContext = Omit<ErrorAnswer, "status" | "headers" | "body">;

/** A JSON value and its text. */
export interface JsonAnswer {
  readonly body: unknown;
  readonly text: string;
}

/** Reads an answer that must be JSON: a success, or an error of errors.ts. A `fail` in a 200 is no success. */
export async function readJsonAnswer(
  answer: HttpResponse,
  context: AnswerContext,
  maxBytes: number,
): Promise<JsonAnswer> {
  const { status, headers } = answer;
  if (!isSuccess(answer)) {
    const body = parseJson(await readErrorText(answer.body));
    throw answerError({ ...context, status, headers, body });
  }
  const text = await readText(answer.body, maxBytes);
  const shape = shapeProblem(text);
  if (shape !== null) throw tooMuch(status, context, shape);
  const body = parseJson(text);
  if (body === undefined) throw notJson(answer, text, context);
  if (failureOf(body) !== null) {
    throw answerError({ ...context, status: metaStatus(body) ?? status, headers, body });
  }
  checkToken(body, status, context);
  return { body, text };
}

/** True for an answer that holds a file: a success that is neither JSON nor the HTML page of a proxy. */
export function isFile(answer: HttpResponse): boolean {
  return isSuccess(answer) && !/\bjson\b|\bhtml\b/i.test(answer.headers["content-type"] ?? "");
}

/** Reads an answer, and returns a failure with the facts for the retry policy. */
export async function attempted<T>(
  answer: HttpResponse,
  read: () => T | Promise<T>,
): Promise<Attempted<T>> {
  const { status, headers } = answer;
  try {
    return { value: await read() };
  } catch (error) {
    if (error instanceof AuthError) return { error, outcome: { status: 401, headers } };
    if (!(error instanceof ApiError)) throw error;
    if (!error.retryable) return { error, outcome: { status: 400, headers } };
    // Mimecast reports some temporary failures with 200: they count as 503.
    return { error, outcome: { status: isRetryableStatus(status) ? status : 503, headers } };
  }
}

function isSuccess(answer: HttpResponse): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** The envelope's own status: a failure inside a 200 sometimes carries the real one. */
function metaStatus(body: unknown): number | undefined {
  const meta = isObject(body) && isObject(body.meta) ? body.meta : {};
  return typeof meta.status === "number" && meta.status >= 400 ? meta.status : undefined;
}

function notJson(
  { status, headers }: HttpResponse,
  text: string,
  context: AnswerContext,
): ApiError {
  const type = shown(context, headers["content-type"] ?? "none", 60);
  if (isPage(headers, text)) {
    return strangeAnswer(`${where(context)} answered ${status} (${type})`, status, true);
  }
  return new ApiError(
    `Cannot read the answer to ${where(context)}: no JSON (content type "${type}")`,
    {
      code: "not_json",
      status,
      retryable: true,
      hint: "If this lasts, a proxy or firewall answers instead of Mimecast",
    },
  );
}

function tooMuch(status: number, context: AnswerContext, why: string): ApiError {
  return new ApiError(`Cannot read the answer to ${where(context)}: ${why}`, {
    code: "answer_too_large",
    status,
    retryable: false,
  });
}

/** Every page's token goes into the next request and the checkpoint. Mimecast's tokens have some hundred characters. */
const MAX_TOKEN_LENGTH = 8_192;

/** Throws if the token of a page of logs is too long. The sources judge `@nextPage` themselves: they begin again by date. */
function checkToken(body: unknown, status: number, context: AnswerContext): void {
  const meta = isObject(body) && isObject(body.meta) ? body.meta : {};
  const next = isObject(meta.pagination) ? meta.pagination.next : undefined;
  if (typeof next !== "string" || next.length <= MAX_TOKEN_LENGTH) return;
  throw new ApiError(
    `Cannot use the answer to ${where(context)}: its page token must have at most ${MAX_TOKEN_LENGTH} characters, has ${next.length}`,
    { code: "token_too_long", status, retryable: true },
  );
}
