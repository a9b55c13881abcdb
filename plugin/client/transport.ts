import type { Effects, HttpRequest, HttpResponse } from "../effects.ts";
import { ApiError } from "../errors.ts";
import { clean, requestIdOf } from "./answer_error.ts";

/** Sends one request and logs its outcome, never the query, the headers or the body. `redact` removes secrets. */
export async function send(
  request: HttpRequest,
  effects: Pick<Effects, "fetch" | "now" | "log">,
  fields: Readonly<Record<string, unknown>>,
  redact: (text: string) => string,
): Promise<HttpResponse> {
  const startMs = effects.now();
  const answer = await effects.fetch(request);
  const remaining = answer.headers["x-ratelimit-remaining"];
  effects.log("debug", "Answer", {
    ...fields,
    status: answer.status,
    requestId: clean(
      redact(requestIdOf(answer.headers) || (request.headers["x-mc-req-id"] ?? "")),
      80,
    ),
    ...(remaining === undefined ? {} : { remaining: clean(redact(remaining), 20) }),
    durationMs: effects.now() - startMs,
  });
  return answer;
}

/** The whole body as text (bytes that are no UTF-8 become U+FFFD), or an error beyond `maxBytes`. */
export async function readText(body: HttpResponse["body"], maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) {
      throw new ApiError(`Cannot read the answer: it is larger than ${maxBytes} bytes`, {
        code: "answer_too_large",
        status: 200,
        retryable: false,
      });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The start of an error's body, as far as it can be read. */
export async function readErrorText(body: HttpResponse["body"]): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status is enough.
  }
  return Buffer.concat(pieces).toString("utf8");
}

const MAX_ERROR_BYTES = 65_536;

/** The JSON value, or undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
