import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { hasShipper, type ShipperName } from "../test/support/shippers.ts";
import { type CampaignResult, campaign } from "./chaos/campaign.ts";

/**
 * Kills, stops and starves the program and a real shipper at random moments, and counts record ids in and out:
 * nothing may be lost. `npm run chaos -- --kills 1000 --seed 7 --shipper syslog-ng`
 */
const SHIPPERS = ["model", "syslog-ng", "fluent-bit", "vector"] as const;
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    shipper: { type: "string", default: "model" },
    /** Default: 1,500 for each blow. */
    records: { type: "string" },
    "pace-ms": { type: "string", default: "700" },
    "lag-bytes": { type: "string" },
    /** Blows fall while the receiver stands still and all buffers are full. */
    stalled: { type: "boolean", default: false },
    "hot-reload": { type: "boolean", default: false },
    /** Separated by commas: "kill plugin,kill shipper". */
    blows: { type: "string", default: "" },
    /** Appends the result to this file, one JSON a line. */
    out: { type: "string" },
  },
});
const shipper = SHIPPERS.find((name) => name === values.shipper);
if (shipper === undefined)
  throw new Error(
    `Cannot use shipper "${values.shipper}": it must be one of ${SHIPPERS.join(", ")}`,
  );
if (shipper !== "model" && !hasShipper(shipper as ShipperName))
  throw new Error(`Cannot find ${shipper} on PATH`);

const kills = Number(values.kills);
const result = await campaign({
  shipper,
  kills,
  seed: Number(values.seed),
  records: Number(values.records ?? kills * 1500),
  paceMs: Number(values["pace-ms"]),
  only: values.blows.split(",").filter((blow) => blow !== ""),
  lagBytes: values["lag-bytes"] === undefined ? undefined : Number(values["lag-bytes"]),
  stalled: values.stalled,
  hotReload: values["hot-reload"],
  say: (line) => process.stderr.write(`${line}\n`),
});
if (values.out !== undefined)
  appendFileSync(values.out, `${JSON.stringify({ ...values, ...result })}\n`);
process.stdout.write(table(result));
process.exit(result.lost.length === 0 ? 0 : 1);

function table({
  records,
  lost,
  duplicates,
  rows,
  seconds,
  pieces,
  problems,
}: CampaignResult): string {
  const head =
    "| blow | times | duplicates, mean | duplicates, most | longest recovery |\n| --- | ---: | ---: | ---: | ---: |\n";
  const body = rows.map(({ blow, times, duplicates: { mean, max }, longestRecoveryMs }) => {
    return `| ${blow} | ${times} | ${mean.toFixed(1)} | ${max} | ${(longestRecoveryMs / 1000).toFixed(1)} s |\n`;
  });
  const sum = `\n${kills} blows with ${shipper} in ${seconds.toFixed(0)} s: ${records} records, ${lost.length} lost, ${duplicates} duplicates, ${pieces} half lines, ${problems.length} problems\n`;
  const names = lost.slice(0, 20).map((id) => `lost: ${id}\n`);
  const shown = problems.slice(0, 5).map((problem) => `problem: ${problem}\n`);
  return [head, ...body, sum, ...names, ...shown].join("");
}
