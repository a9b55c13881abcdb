import type { Effects } from "../effects.ts";
import { createSerial } from "../state/serial.ts";
import type { Delivery } from "./delivery.ts";

/** A write that takes longer had to wait for the reader: with an active reader a pipe takes a chunk in milliseconds. */
const WAITED_MS = 1000;

/**
 * Writes lines to standard output. Lines in a pipe are safe once the shipper has read them; lines in a file or on a
 * terminal are safe once written and synced (docs/delivery.md).
 */
export function stdoutDelivery(
  effects: Pick<Effects, "stdout" | "now">,
  mode: "once" | "follow",
): Delivery {
  const out = effects.stdout;
  let accepted = 0;
  let waits = false;
  let isWriting = false;
  const inTurn = createSerial();
  return {
    safety: out.kind !== "pipe" ? "taken" : mode === "once" ? "next_start" : "lag",
    accepted: () => accepted,
    write(lines) {
      // One write after the other: the total must grow in the order in which the pipe gets the bytes.
      return inTurn(async () => {
        const startedMs = effects.now();
        waits = true;
        isWriting = true;
        await out.write(lines).finally(() => {
          isWriting = false;
        });
        waits = effects.now() - startedMs >= WAITED_MS;
        accepted += lines.length;
      });
    },
    isWriting: () => isWriting,
    readerWaits: () => waits,
    flush: () => out.sync(),
  };
}
