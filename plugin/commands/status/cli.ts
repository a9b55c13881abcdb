import { InvalidArgumentError, Option } from "commander";
import type { Shard } from "../../config/shard.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { shardArgument } from "../shard_argument.ts";
import { status } from "./status.ts";

const DEFAULT_WATCH_SECS = 10;

/** `status`. */
export const addStatus: AddCommand = (program, { host, exit }) => {
  program
    .command("status")
    .description(
      "what is collected up to when, lag, gaps, deadlines; reads the state directory only",
    )
    .addOption(configOption())
    .option("--json", "one JSON object instead of tables")
    .option(
      "--watch [secs]",
      `look again every so many seconds (${DEFAULT_WATCH_SECS} without a number)`,
      seconds,
    )
    .option("--live", "only whether anything works: for a liveness probe")
    .addOption(
      new Option(
        "--shard <n/of>",
        "with --live: only the accounts of this one of several processes",
      )
        .env("MIMECAST_INPUT_SHARD")
        .argParser(shardArgument),
    )
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input status",
        "mimecast-input status --watch 5",
        "mimecast-input status --live",
        "mimecast-input status --json | jq '.accounts[].feeds[] | select(.failures > 0)'",
      )}\n\nExit code 1: a feed fails, is overdue, was never collected or comes near to its deadline, the clock is wrong, or a
changed configuration can't be used. 74: a checkpoint can't be read. --live: 0 or 1.`,
    )
    .action(
      async (options: {
        config: string;
        json?: true;
        watch?: true | number;
        live?: true;
        shard?: Shard;
      }) => {
        const config = await host.readConfig(options.config);
        const { watch } = options;
        const watchSecs = watch === undefined ? null : watch === true ? DEFAULT_WATCH_SECS : watch;
        exit(
          await status(
            config,
            {
              json: options.json === true,
              watchSecs,
              live: options.live === true,
              ...(options.shard === undefined ? {} : { shard: options.shard }),
            },
            { ...host, effects: await host.effects(null) },
          ),
        );
      },
    );
};

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 86_400) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 86400.");
  }
  return value;
}
