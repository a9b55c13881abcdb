import { appendFileSync } from "node:fs";
import { Option } from "commander";
import { hasShipper, type ShipperName, type Way } from "../test/support/shippers.ts";
import { type CampaignResult, campaign } from "./chaos/campaign.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * Kills, stops and starves the program and a real shipper at random moments, and counts record ids in and out:
 * nothing may be lost. `npm run chaos -- --kills 1000 --seed 7 --shipper syslog-ng`
 */
const SHIPPERS = ["model", "syslog-ng", "fluent-bit", "vector", "rsyslog", "otelcol"] as const;
const WAYS = ["exec", "file", "http", "otlp"] as const;
const values = scriptCommand(
  "chaos",
  "Kills, stops and starves the program and a shipper; counts what is lost.",
)
  .option("--kills <n>", "how many blows", wholeNumber(1), 20)
  .option("--seed <n>", "seed of moments and blows", wholeNumber(0), 1)
  .addOption(
    new Option("--shipper <name>", "who runs the program").choices(SHIPPERS).default("model"),
  )
  .addOption(
    new Option(
      "--way <name>",
      "how lines get into the shipper (default: the first that it has)",
    ).choices(WAYS),
  )
  .option("--records <n>", "records in all (default: 1,500 for each blow)", wholeNumber(1))
  .option("--pace-ms <n>", "mean time between two blows", wholeNumber(1), 700)
  .option("--lag-bytes <n>", "poll.lag_bytes", wholeNumber(1))
  .option("--stalled", "blows fall while the receiver is stopped and all buffers are full", false)
  .option("--hot-reload", "with hot reloads of Fluent Bit", false)
  .option("--blows <list>", 'only these, separated by commas: "kill plugin,kill shipper"', "")
  .option("--out <file>", "append the result to this file, one JSON object a line")
  .parse()
  .opts<ChaosOptions>();
const { shipper, kills } = values;
const way = values.way ?? (shipper === "rsyslog" || shipper === "otelcol" ? "file" : "exec");
if (shipper !== "model" && !hasShipper(shipper as ShipperName))
  throw new Error(`Cannot find ${shipper} on PATH`);

const result = await campaign({
  shipper,
  way,
  kills,
  seed: values.seed,
  records: values.records ?? kills * 1500,
  paceMs: values.paceMs,
  only: values.blows.split(",").filter((blow) => blow !== ""),
  lagBytes: values.lagBytes,
  stalled: values.stalled,
  hotReload: values.hotReload,
  say: (line) => process.stderr.write(`${line}\n`),
});
if (values.out !== undefined)
  appendFileSync(values.out, `${JSON.stringify({ ...values, ...result })}\n`);
process.stdout.write(table(result));
process.exit(result.lost.length === 0 ? 0 : 1);

interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly shipper: (typeof SHIPPERS)[number];
  readonly way?: Way;
  readonly records?: number;
  readonly paceMs: number;
  readonly lagBytes?: number;
  readonly stalled: boolean;
  readonly hotReload: boolean;
  readonly blows: string;
  readonly out?: string;
}

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
  const sum = `\n${kills} blows with ${shipper} (${way}) in ${seconds.toFixed(0)} s: ${records} records, ${lost.length} lost, ${duplicates} duplicates, ${pieces} half lines, ${problems.length} problems\n`;
  const names = lost.slice(0, 20).map((id) => `lost: ${id}\n`);
  const shown = problems.slice(0, 5).map((problem) => `problem: ${problem}\n`);
  return [head, ...body, sum, ...names, ...shown].join("");
}
