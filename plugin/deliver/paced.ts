import type { Effects } from "../effects.ts";
import { createSerial } from "../state/serial.ts";
import { LF } from "../text/char_code.ts";
import type { Delivery } from "./delivery.ts";

/** The lines of a tenth of a second go together: smooth for the receiver, and few timers for us. */
const PIECE_MS = 100;

/**
 * A delivery that lets at most `eventsPerSecond` lines through, all accounts together, in pieces of a tenth of a second,
 * so that a back-fill does not exceed QRadar's license. It drops nothing: the writer waits, and so does Mimecast.
 * Once `signal` is aborted the lines in hand go at once, since a chunk counts only as a whole.
 */
export function pacedDelivery(
  delivery: Delivery,
  effects: Pick<Effects, "now" | "sleep">,
  eventsPerSecond: number,
  signal: AbortSignal,
): Delivery {
  const pieceLines = Math.max(1, Math.floor((eventsPerSecond * PIECE_MS) / 1_000));
  /** The moment from which the next line may go, ms since 1970. */
  let nextMs = 0;
  const inTurn = createSerial();

  async function turn(lines: number): Promise<void> {
    const waitMs = Math.ceil(nextMs - effects.now());
    // A clock that was set back must not stop the output.
    const boundMs = Math.ceil((pieceLines * 1_000) / eventsPerSecond);
    if (waitMs > 0 && !signal.aborted) {
      await effects.sleep(Math.min(waitMs, boundMs), signal).catch((error) => {
        if (!signal.aborted) throw error;
      });
    }
    const nowMs = effects.now();
    // The next lines make up for a timer that fires a little late, not for a pause.
    const fromMs = Math.abs(nowMs - nextMs) < boundMs ? nextMs : nowMs;
    nextMs = fromMs + (lines * 1_000) / eventsPerSecond;
  }

  return {
    ...delivery,
    write(lines, onPart) {
      return inTurn(async () => {
        let doneBytes = 0;
        for (const piece of piecesOf(lines, pieceLines)) {
          await turn(piece.lines);
          const before = doneBytes;
          await delivery.write(piece.bytes, async (bytes) => onPart?.(before + bytes));
          doneBytes += piece.bytes.length;
          if (doneBytes < lines.length) await onPart?.(doneBytes);
        }
      });
    },
  };
}

/** Whole lines, at most `most` at a time; an unfinished last line counts as one. */
function* piecesOf(
  bytes: Uint8Array,
  most: number,
): Generator<{ readonly bytes: Uint8Array; readonly lines: number }> {
  for (let from = 0; from < bytes.length; ) {
    let lines = 0;
    let to = from;
    while (lines < most && to < bytes.length) {
      const lineFeed = bytes.indexOf(LF, to);
      to = lineFeed < 0 ? bytes.length : lineFeed + 1;
      lines++;
    }
    yield { bytes: bytes.subarray(from, to), lines };
    from = to;
  }
}
