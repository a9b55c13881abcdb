import { ApiError } from "../errors.ts";

/** The error for an answer that Mimecast does not document for `call` ("GET /path"). It can be retried. */
export function unexpected(call: string, what: string): ApiError {
  return new ApiError(`Cannot read the answer to ${call}: ${what}`, {
    code: "unexpected_answer",
    status: 200,
    retryable: true,
  });
}
