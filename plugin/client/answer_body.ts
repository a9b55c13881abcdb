import type { Readable } from "node:stream";
import type { HttpResponse } from "../effects.ts";
import { inTime } from "./in_time.ts";
import { TimeoutError } from "./network_error.ts";

/**
 * A body must come at this pace on average, after `timeoutMs` that any body gets: the slowest line that keeps up with a mail
 * log, and a bound for a server that drips.
 */
const SLOWEST_BYTES_PER_SEC = 4_096;

/** The bounds of a body, and the callbacks at its end. */
export interface BodyRules {
  /** Between two pieces. */
  readonly timeoutMs: number;
  /** For all pieces together, without the time in which the reader asks for none. */
  readonly leftMs: number;
  /** Ends the exchange. */
  readonly ended: AbortController;
  /** The error to throw for one of the connection. */
  readonly failed: (error: unknown) => Error;
  /** Called when the body has ended, or its reader has left. */
  readonly done: () => void;
}

/** A body that ends in time, with our errors; a reader that stops early closes the connection. */
export function answerBody(body: Readable, rules: BodyRules): HttpResponse["body"] {
  body.on("error", () => {}); // an error after the reader has gone must not end the process
  const { timeoutMs, ended } = rules;
  let waitedMs = 0;
  let bytes = 0;

  function allowed(): { readonly ms: number; readonly error: TimeoutError } {
    const paceMs = timeoutMs + (bytes / SLOWEST_BYTES_PER_SEC) * 1_000 - waitedMs;
    const leftMs = Math.min(rules.leftMs - waitedMs, paceMs);
    return leftMs < timeoutMs
      ? { ms: Math.max(leftMs, 0), error: new TimeoutError("the answer comes too slowly") }
      : { ms: timeoutMs, error: new TimeoutError() };
  }

  return {
    [Symbol.asyncIterator]: () => {
      const pieces: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
      return {
        next: async () => {
          const askedMs = performance.now();
          try {
            const { ms, error } = allowed();
            const piece = await inTime(pieces.next(), ms, ended, error);
            if (piece.done) rules.done();
            else bytes += piece.value.length;
            return piece;
          } catch (error) {
            body.destroy();
            throw rules.failed(error);
          } finally {
            waitedMs += performance.now() - askedMs;
          }
        },
        return: async () => {
          rules.done();
          body.destroy();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
