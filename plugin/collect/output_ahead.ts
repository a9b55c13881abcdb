import { createHash } from "node:crypto";
import { ResumeMismatchError } from "../encode/engine.ts";
import type { Ahead } from "../state/checkpoint.ts";

/** Note of the output behind the last whole chunk that was accepted: a chunk goes by HTTP in batches. */
export function aheadOf(accepted: Uint8Array): Ahead {
  return { bytes: accepted.length, digest: createHash("sha256").update(accepted).digest("hex") };
}

/** Leaves out the beginning of an item's output. */
export interface AheadSkip {
  /**
   * How many bytes of the next chunk have been accepted already; null where it is too early to tell: the chunk is
   * withheld. Throws a `ResumeMismatchError` where the output is not what it was.
   */
  skipped(chunk: Uint8Array): number | null;
  /** The item has ended. Throws a `ResumeMismatchError` where its output was shorter. */
  end(): void;
}

/** Skips what `ahead` says; nothing where that is undefined. `records` were taken before. */
export function skipAhead(ahead: Ahead | undefined, records: number): AheadSkip {
  const hash = createHash("sha256");
  let leftBytes = ahead?.bytes ?? 0;
  return {
    skipped(chunk) {
      if (ahead === undefined || leftBytes === 0) return 0;
      const part = Math.min(leftBytes, chunk.length);
      hash.update(chunk.subarray(0, part));
      leftBytes -= part;
      if (leftBytes > 0) return null;
      if (hash.digest("hex") !== ahead.digest) throw new ResumeMismatchError({ records }, records);
      return part;
    },
    end() {
      if (leftBytes > 0) throw new ResumeMismatchError({ records }, records);
    },
  };
}
