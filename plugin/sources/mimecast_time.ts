import { answerDate } from "../client/mimecast_clock.ts";

/**
 * The moment (ms since 1970) up to which an answer can be complete: never later than the answer itself says, nor than
 * `nowMs`. A clock that is ahead would take for collected what has not happened yet.
 */
export function mimecastTime(headers: Readonly<Record<string, string>>, nowMs: number): number {
  return Math.min(nowMs, answerDate(headers) ?? nowMs);
}
