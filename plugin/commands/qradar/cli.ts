import { Argument, Option } from "commander";
import { type AddCommand, configOption, examples, wholeNumber } from "../cli_command.ts";
import { configuredWorld } from "../poll_world.ts";
import { CONSOLE_TASK_SECS, install } from "./install.ts";
import { uninstall } from "./uninstall.ts";
import { verify } from "./verify.ts";
import type { QradarOptions } from "./world.ts";

const ACTIONS = { install, uninstall, verify } as const;
const WAIT_SECS = {
  install: CONSOLE_TASK_SECS,
  uninstall: CONSOLE_TASK_SECS,
  verify: 300,
} as const;
/** Options that have a meaning for one action only. */
const ONLY = {
  account: "verify",
  collector: "install",
  piecewise: "install",
  group: "install",
} as const;

type Flags = Partial<QradarOptions> & { readonly config: string };

/** `qradar`. */
export const addQradar: AddCommand = (program, { host, exit }) => {
  program
    .command("qradar")
    .description(
      "bring content and log sources to the QRadar console by its API, remove them, or look how it shows our events",
    )
    .addArgument(
      new Argument(
        "<action>",
        "install brings the content of this version and a log source for each account; uninstall removes them; verify sends one test event of each record family through the shipper and says what QRadar shows of them",
      ).choices(Object.keys(ACTIONS)),
    )
    .addOption(configOption())
    .option("-a, --account <name>", "verify: the account; not needed where there is only one")
    .option("--dry-run", "install, uninstall: only say what would change")
    .option("--json", "JSON")
    .option(
      "--collector <name>",
      "install: the event collector of new log sources; not needed where there is only one",
    )
    .option(
      "--group <name>",
      "install: the log sources come into this group too, which is made where it is missing",
    )
    .option(
      "--piecewise",
      "install: for a console that takes no extension: event names, mappings and properties one by one, for Universal LEEF",
    )
    .addOption(
      new Option(
        "--wait-secs <n>",
        "how long one task of the console may take (without it 1800), for verify the events (300)",
      ).argParser(wholeNumber(1, 86_400)),
    )
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input qradar install --dry-run",
        "mimecast-input qradar install",
        "mimecast-input qradar install --piecewise",
        "mimecast-input qradar verify --account acme",
      )}\n\nExit code of verify: 0 everything right, 1 something wrong, 75 undecided: nothing has arrived.`,
    )
    .action(async (action: keyof typeof ACTIONS, flags: Flags, command) => {
      for (const [option, only] of Object.entries(ONLY)) {
        if (flags[option as keyof typeof ONLY] !== undefined && only !== action)
          command.error(`error: --${option} is for ${only} only`);
      }
      const config = await host.readConfig(flags.config);
      const { config: _config, ...rest } = flags;
      const options = {
        waitSecs: WAIT_SECS[action],
        ...rest,
        dryRun: flags.dryRun === true,
        json: flags.json === true,
      };
      const world = { ...host, ...(await configuredWorld(host, config)) };
      exit(await ACTIONS[action](config, options, world));
    });
};
