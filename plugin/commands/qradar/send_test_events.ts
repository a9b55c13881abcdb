import type { Config } from "../../config/config.ts";
import { type DeliveryWorld, openDelivery } from "../../deliver/open_delivery.ts";
import { ConfigError } from "../../errors.ts";
import { accountFolder, handedInPath } from "../../state/paths.ts";
import { inTime, type Patience } from "./task.ts";

/** How the lines got to the shipper; "not_taken": no run of the account has taken them in time. */
export type Sent = "by_us" | "by_poll" | "not_taken";

const FOREIGN_READER = 0o644;

/**
 * Sends lines the way that the account's own go. Over HTTP this process does so itself. Else only the process that the shipper
 * reads can: the lines are handed in for it, and taken back if it does not come in time.
 */
export async function sendTestEvents(
  config: Config,
  account: string,
  lines: Uint8Array,
  patience: Patience,
  world: DeliveryWorld,
): Promise<Sent> {
  const { effects } = world;
  if (config.target !== null && config.target.kind !== "file") {
    const endMs = effects.now() + patience.limitMs;
    const delivery = await openDelivery(config, { mode: "once", endMs }, world);
    await delivery.write(lines);
    await delivery.flush();
    await delivery.close?.();
    return "by_us";
  }
  const folder = accountFolder(config.stateDir, account);
  // Made by somebody else than the shipper's user it would keep the collection from starting.
  if ((await effects.files.facts(folder)) === null) {
    throw new ConfigError(`Cannot send test events: "${account}" was never collected here`, {
      code: "qradar_verify_way",
      hint: "Start the shipper first, and run this on its host, as its user and with its configuration",
    });
  }
  const path = handedInPath(folder);
  await effects.files.replace(path, lines, FOREIGN_READER);
  try {
    const ask = async () => ((await effects.files.facts(path)) === null ? true : null);
    return (await inTime(ask, patience)) === null ? "not_taken" : "by_poll";
  } finally {
    await effects.files.remove(path);
  }
}
