import { Option } from "commander";
import type { Shard } from "../../config/shard.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { shardArgument } from "../shard_argument.ts";
import { watchOption, watchSecsOf } from "../watched.ts";
import { fleetPositions } from "./fleet_positions.ts";
import { status } from "./status.ts";

/** `status`. */
export const addStatus: AddCommand = (program, { host, exit }) => {
  program
    .command("status")
    .description("what is collected up to when, lag, gaps, deadlines; reads the state only")
    .addOption(configOption())
    .option("--json", "one JSON object instead of tables")
    .addOption(watchOption())
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
        const watchSecs = watchSecsOf(options.watch);
        exit(
          await status(
            config,
            {
              json: options.json === true,
              watchSecs,
              live: options.live === true,
              ...(options.shard === undefined ? {} : { shard: options.shard }),
            },
            { ...host, effects: await host.effects(null), ...(await fleetPositions(config, host)) },
          ),
        );
      },
    );
};
