import { InvalidArgumentError } from "commander";
import { type AddCommand, configOption, examples } from "./cli_command.ts";
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
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input status",
        "mimecast-input status --watch 5",
        "mimecast-input status --json | jq '.accounts[].feeds[] | select(.failures > 0)'",
      )}\n\nExit code 1: a feed fails, or comes near to its deadline. 74: a checkpoint can't be read.`,
    )
    .action(async (options: { config: string; json?: true; watch?: true | number }) => {
      const config = await host.readConfig(options.config);
      const { watch } = options;
      const watchSecs = watch === undefined ? null : watch === true ? DEFAULT_WATCH_SECS : watch;
      exit(
        await status(
          config,
          { json: options.json === true, watchSecs },
          {
            effects: await host.effects(null),
            screen: host.screen,
            signal: host.signal,
            lockHeld: host.lockHeld,
          },
        ),
      );
    });
};

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 86_400) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 86400.");
  }
  return value;
}
