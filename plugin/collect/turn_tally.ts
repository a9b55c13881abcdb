import { AuthError, type KnownError, type StoppedError } from "../errors.ts";
import type { Consequence } from "./consequence.ts";
import type { Pumped } from "./pump.ts";

/** The result of a turn so far. A value. Times in ms since 1970. */
export interface Turn {
  readonly records: number;
  readonly filtered: number;
  /** The stream that was not brought to its end, where there is one. */
  readonly resumeAt: string | null;
  readonly coveredUntilMs: number | null;
  readonly failure: KnownError | null;
  /** The rate budget has nothing before this. */
  readonly waitUntilMs: number | null;
  /** What ended it from outside. */
  readonly stopped: StoppedError | null;
  /** Mimecast gave an answer that brought the source on. */
  readonly answered: boolean;
}

/** A turn that begins. */
export const NEW_TURN: Turn = {
  records: 0,
  filtered: 0,
  resumeAt: null,
  coveredUntilMs: null,
  failure: null,
  waitUntilMs: null,
  stopped: null,
  answered: false,
};

/** The turn that was left before the end of a stream. */
export function leftAt(turn: Turn, stream: string): Turn {
  return { ...turn, resumeAt: turn.resumeAt ?? stream };
}

/** The turn after a stream was asked, to its end or not. */
export function afterStream(turn: Turn, stream: string, pumped: Pumped): Turn {
  return {
    ...(pumped.finished ? { ...turn, answered: true } : leftAt(turn, stream)),
    coveredUntilMs: earlier(turn.coveredUntilMs, pumped.coveredUntilMs),
  };
}

/** The turn after an error in a stream that ends no more than the turn, and whether it does. */
export function afterError(
  turn: Turn,
  stream: string,
  consequence: Exclude<Consequence, { readonly ends: "account" | "run" }>,
): { readonly turn: Turn; readonly isOver: boolean } {
  switch (consequence.ends) {
    case "nothing":
      return { turn: { ...leftAt(turn, stream), stopped: consequence.stopped }, isOver: true };
    case "turn":
      return { turn: { ...leftAt(turn, stream), waitUntilMs: consequence.untilMs }, isOver: true };
    case "feed": {
      const { error } = consequence;
      // The other streams would be refused too.
      return {
        turn: { ...turn, failure: turn.failure ?? error },
        isOver: error instanceof AuthError,
      };
    }
  }
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
