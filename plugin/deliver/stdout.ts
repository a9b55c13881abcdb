import type { Out } from "../effects.ts";
import type { Delivery } from "./delivery.ts";

/**
 * Lines to standard output. A pipe means a shipper, whose reading has to be waited for; a file or a terminal is
 * safe once written and synced (design: delivery).
 */
export function stdoutDelivery(out: Out, mode: "once" | "follow"): Delivery {
  let accepted = 0;
  let tail: Promise<void> = Promise.resolve();
  return {
    safety: out.kind !== "pipe" ? "taken" : mode === "once" ? "next_start" : "lag",
    accepted: () => accepted,
    write(lines) {
      // One after the other: the total must grow in the order in which the pipe got the bytes.
      const written = tail.then(async () => {
        await out.write(lines);
        accepted += lines.length;
      });
      tail = written.catch(() => {});
      return written;
    },
    flush: () => out.sync(),
  };
}
