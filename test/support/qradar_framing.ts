const LINE_FEED = 0x0a;

/** How an event came out of the stream. */
export type Framed =
  /** A whole line. */
  | "line"
  /** A piece of a line that was over the limit: QRadar makes events of the pieces (QRadar reference 2.1). */
  | "piece"
  /** What was there when the connection ended, without a line feed. */
  | "rest";

/** Takes a stream apart as a QRadar TCP listener does. */
export interface Framing {
  push(chunk: Buffer): void;
  /** The connection has ended. */
  end(): void;
}

/**
 * Splits at line feeds, and every `maxPayloadBytes` within a longer line. Lines are views into the chunks:
 * nothing is copied but what hangs over a chunk's border, and that is never more than the limit.
 */
export function createFraming(
  maxPayloadBytes: number,
  emit: (bytes: Buffer, how: Framed) => void,
): Framing {
  let rest: Buffer = Buffer.alloc(0);
  /** True after a piece: what follows up to the line feed belongs to the same line. */
  let inside = false;

  /** Makes an event of each full payload at the start of `line`, and returns what is left. */
  function cut(line: Buffer): Buffer {
    let left = line;
    while (left.length > maxPayloadBytes) {
      emit(left.subarray(0, maxPayloadBytes), "piece");
      left = left.subarray(maxPayloadBytes);
      inside = true;
    }
    return left;
  }

  return {
    push(chunk) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (;;) {
        const end = data.indexOf(LINE_FEED, start);
        if (end === -1) break;
        const line = cut(data.subarray(start, end));
        if (line.length > 0 || !inside) emit(line, inside ? "piece" : "line");
        inside = false;
        start = end + 1;
      }
      rest = cut(data.subarray(start));
    },
    end() {
      if (rest.length > 0) emit(rest, "rest");
      rest = Buffer.alloc(0);
      inside = false;
    },
  };
}
