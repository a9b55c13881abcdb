import { LF } from "../text/char_code.ts";
import type { Delivery } from "./delivery.ts";

/** Shows the first `most` lines of a delivery, calls `enough` with the last of them, and discards the rest. */
export function peekDelivery(delivery: Delivery, most: number, enough: () => void): Delivery {
  let left = most;
  return {
    ...delivery,
    silent: true,
    async write(lines) {
      let to = 0;
      while (left > 0 && to < lines.length) {
        const lineFeed = lines.indexOf(LF, to);
        to = lineFeed < 0 ? lines.length : lineFeed + 1;
        left--;
      }
      if (to === 0) return;
      await delivery.write(lines.subarray(0, to));
      if (left === 0) enough();
    },
  };
}
