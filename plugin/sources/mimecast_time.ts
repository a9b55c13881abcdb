import { answerDate } from "../client/mimecast_clock.ts";

/**
 * The moment (ms since 1970) up to which an answer can be complete: not later than the answer's own date or `nowMs`. By a
 * clock that is ahead, the program would count records as collected that do not exist yet.
 */
export function mimecastTime(headers: Readonly<Record<string, string>>, nowMs: number): number {
  return Math.min(nowMs, answerDate(headers) ?? nowMs);
}
