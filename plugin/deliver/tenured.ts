import { createSerial } from "../state/serial.ts";
import type { Delivery } from "./delivery.ts";

/** Makes the output of one account of a fleet: `sure` is awaited before each chunk, and rejects once the account is another process's. */
export type TenuredOutput = (sure: () => Promise<void>) => Delivery;

/**
 * One output for accounts that this process may lose. Their writes go one after the other, so that no chunk waits for another
 * one's after it has asked.
 */
export function tenuredOutput(delivery: Delivery): TenuredOutput {
  const inTurn = createSerial();
  return (sure) => ({
    ...delivery,
    write: (lines, onPart) =>
      inTurn(async () => {
        await sure();
        await delivery.write(lines, async (bytes) => {
          await onPart?.(bytes);
          await sure();
        });
      }),
  });
}
