import { ApiError } from "../errors.ts";

/** An answer that is none of those that Mimecast documents for `call` ("GET /path"); asking again may help. */
export function unexpected(call: string, what: string): ApiError {
  return new ApiError(`Cannot read the answer to ${call}: ${what}`, {
    code: "unexpected_answer",
    status: 200,
    retryable: true,
  });
}
