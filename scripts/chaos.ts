import { appendFileSync } from "node:fs";
import { Option } from "commander";
import { onPath } from "../test/support/program.ts";
import { hasShipper, type ShipperName, type Way } from "../test/support/shippers.ts";
import { type CampaignResult, campaign } from "./chaos/campaign.ts";
import { scriptCommand, wholeNumber } from "./script_command.ts";

/**
 * Kills, stops and starves the program and a real shipper at random moments, and counts record ids in and out:
 * nothing may be lost. `npm run chaos -- --kills 1000 --seed 7 --shipper syslog-ng`; `npm run chaos -- --fleet --kills 60`
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
  .option("--fleet", "three workers under syslog-ng with a three-node etcd instead of one", false)
  .option("--accounts <n>", "with --fleet: how many accounts", wholeNumber(1), 12)
  .option("--out <file>", "append the result to this file, one JSON object a line")
  .parse()
  .opts<ChaosOptions>();
const { shipper, kills } = values;
if (values.fleet) process.exit(await strikeFleet());
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

/** Gives the exit code. */
async function strikeFleet(): Promise<number> {
  for (const program of ["etcd", "etcdctl", "syslog-ng"]) {
    if (!onPath(program)) throw new Error(`Cannot find ${program} on PATH`);
  }
  const { fleetCampaign } = await import("./chaos/fleet_campaign.ts");
  const { fleetTable } = await import("./chaos/fleet_table.ts");
  const fleet = await fleetCampaign({
    blows: kills,
    accounts: values.accounts,
    seed: values.seed,
    only: values.blows.split(",").filter((blow) => blow !== ""),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  if (values.out !== undefined)
    appendFileSync(values.out, `${JSON.stringify({ ...values, ...fleet })}\n`);
  process.stdout.write(fleetTable(fleet));
  return fleet.lost.length + fleet.wrong.length + fleet.problems.length === 0 ? 0 : 1;
}

interface ChaosOptions {
  readonly fleet: boolean;
  readonly accounts: number;
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
