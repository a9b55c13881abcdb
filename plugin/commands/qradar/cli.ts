import { Argument, Option } from "commander";
import { type AddCommand, configOption, examples, wholeNumber } from "../cli_command.ts";
import { install } from "./install.ts";
import { uninstall } from "./uninstall.ts";

const ACTIONS = { install, uninstall } as const;

interface Flags {
  readonly config: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly collector?: string;
  readonly waitSecs: number;
}

/** `qradar`. */
export const addQradar: AddCommand = (program, { host, exit }) => {
  program
    .command("qradar")
    .description("bring content and log sources to the QRadar console by its API, or remove them")
    .addArgument(
      new Argument(
        "<action>",
        "install brings the content of this version and a log source for each account; uninstall removes them",
      ).choices(Object.keys(ACTIONS)),
    )
    .addOption(configOption())
    .option("--dry-run", "only say what would change")
    .option("--json", "JSON")
    .option(
      "--collector <name>",
      "the event collector of new log sources; not needed where there is only one",
    )
    .addOption(
      new Option("--wait-secs <n>", "how long one task of the console may take")
        .argParser(wholeNumber(1, 86_400))
        .default(1_800),
    )
    .addHelpText(
      "after",
      examples("mimecast-input qradar install --dry-run", "mimecast-input qradar install"),
    )
    .action(async (action: keyof typeof ACTIONS, flags: Flags) => {
      const config = await host.readConfig(flags.config);
      const { config: _config, dryRun = false, json = false, ...rest } = flags;
      const world = { ...host, effects: await host.effects(config) };
      exit(await ACTIONS[action](config, { ...rest, dryRun, json }, world));
    });
};
