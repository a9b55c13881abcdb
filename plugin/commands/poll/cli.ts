import { Option } from "commander";
import type { Config } from "../../config/config.ts";
import type { Shard } from "../../config/shard.ts";
import type { EngineSettings } from "../../encode/engine.ts";
import { ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { nearestName } from "../../text/nearest_name.ts";
import {
  type AddCommand,
  configOption,
  examples,
  formatOption,
  wholeNumber,
} from "../cli_command.ts";
import { configuredWorld, type PollOptions } from "../poll_world.ts";
import { shardArgument } from "../shard_argument.ts";
import { peek } from "./peek.ts";
import { poll } from "./poll.ts";

const PEEK_LINES = 10;

/** `poll`. */
export const addPoll: AddCommand = (program, { host, exit }) => {
  program
    .command("poll")
    .description("collect what is due and write finished lines to stdout")
    .addOption(configOption())
    .addOption(
      new Option("--once", "collect what is due now, then exit (Fluent Bit exec)").conflicts(
        "follow",
      ),
    )
    .addOption(
      new Option("--follow", "go on collecting (Vector streaming, syslog-ng program())").conflicts(
        "once",
      ),
    )
    .option("-a, --account <name...>", "only these accounts")
    .addOption(
      new Option("--shard <n/of>", "only the accounts of this one of several processes, 2/5")
        .env("MIMECAST_INPUT_SHARD")
        .argParser(shardArgument),
    )
    .addOption(
      new Option(
        "--peek [lines]",
        `show the first lines that would come next (${PEEK_LINES} without a number) and leave no trace`,
      )
        .argParser(wholeNumber(1, 1_000_000))
        .conflicts(["once", "follow"]),
    )
    .option("-s, --source <feed...>", "with --peek: only these feeds")
    .addOption(formatOption("instead of output.format"))
    .addHelpText(
      "after",
      examples(
        "mimecast-input poll --peek",
        "mimecast-input poll --peek 50 --account acme --source audit",
        "mimecast-input poll --once --config /etc/mimecast-input/config.yaml",
        "mimecast-input poll --follow --account acme --format json+leef",
      ),
    )
    .action(async (options: Options) => exit(await runPoll(options, host)));
};

interface Options {
  readonly config: string;
  readonly follow?: true;
  readonly peek?: true | number;
  readonly source?: string[];
  readonly account?: string[];
  readonly shard?: Shard;
  readonly format?: EngineSettings["format"];
}

async function runPoll(options: Options, host: Host): Promise<number> {
  const stamp = await host.fileStamp(options.config);
  const config = await host.readConfig(options.config);
  const lines = options.peek === true ? PEEK_LINES : options.peek;
  if (lines === undefined) host.keepLog(config);
  const { shard, format } = options;
  const wanted: PollOptions = {
    mode: options.follow ? "follow" : "once",
    accounts: options.account ?? [],
    ...(shard === undefined ? {} : { shard }),
    ...(format === undefined ? {} : { format }),
    ...sourcesOf(options.source, config, lines !== undefined),
  };
  const reload = { path: options.config, stamp, host };
  const world = { ...host, ...host.reader, ...(await configuredWorld(host, config)), reload };
  return lines === undefined
    ? poll(config, wanted, world)
    : peek(config, { ...wanted, lines }, world);
}

/** The feeds of `--source`. Throws a `ConfigError` where it comes without `--peek`, or no account has such a feed. */
function sourcesOf(
  names: readonly string[] | undefined,
  config: Config,
  isPeek: boolean,
): Pick<PollOptions, "sources"> {
  if (names === undefined) return {};
  if (!isPeek) {
    throw new ConfigError("Cannot poll: --source goes with --peek only", {
      code: "peek_only",
      hint: "The feeds that are collected are those of the configuration (sources)",
    });
  }
  const known = [
    ...new Set(config.accounts.flatMap(({ sources }) => sources.map(({ name }) => name))),
  ];
  const wrong = names.find((name) => !known.some((each) => each === name));
  if (wrong === undefined) return { sources: names };
  const near = nearestName(wrong, known);
  throw new ConfigError(`Cannot peek: no account collects "${wrong}"`, {
    code: "unknown_source",
    hint: near === undefined ? `Feeds: ${known.join(", ")}` : `Did you mean "${near}"?`,
  });
}
