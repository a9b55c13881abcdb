import type { Config } from "../../config/config.ts";
import { neededLagBytes, type ShipperName } from "../../config/shipper.ts";
import { EXAMPLES } from "../snippet/ways.ts";
import type { Finding } from "./finding.ts";

/** What our own configuration says of the shipper. */
export interface OurSettings extends Pick<Config, "shipper" | "handover" | "target"> {
  readonly poll: Pick<Config["poll"], "lagBytes">;
}

/** What our configuration costs under a shipper that starts us and reads our stdout. `path`: of our configuration. */
export function ourFindings(shipper: ShipperName, ours: OurSettings, path: string): Finding[] {
  if (ours.target !== null) return [];
  const at = { line: 1, file: path };
  const ways = Object.keys(EXAMPLES[shipper]);
  if (!ways.includes("exec")) {
    const reason = `${shipper} starts no program, and there is no ${ways.map((way) => `output.${way}`).join(" or ")}`;
    const remedy = `mimecast-input snippet ${shipper} says what output is needed`;
    return [{ ...at, rule: "output", effect: "stalls", reason, remedy }];
  }
  const found: Finding[] = [];
  const needed = neededLagBytes(shipper);
  if (needed !== undefined && ours.poll.lagBytes < needed) {
    found.push({
      ...at,
      rule: "poll.lag_bytes",
      effect: "loses",
      reason: `poll.lag_bytes is ${ours.poll.lagBytes}: ${shipper} may hold ${needed} bytes in memory, and a kill of it loses what we took for safe`,
      remedy: `shipper: ${shipper}, and no poll.lag_bytes`,
    });
  }
  if (ours.handover === "drained") {
    found.push({
      ...at,
      rule: "handover",
      effect: "loses",
      reason: `handover is drained: what ${shipper} had read and not kept when it was killed is never sent again`,
      remedy: "remove handover: it is for cron and wrappers",
    });
  }
  if (ours.shipper !== null && ours.shipper !== shipper) {
    found.push({
      ...at,
      rule: "shipper",
      effect: "note",
      reason: `our configuration is made for ${ours.shipper}, this file is one of ${shipper}`,
      remedy: `shipper: ${shipper}`,
    });
  }
  return found;
}
