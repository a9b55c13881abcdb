import { Option } from "commander";
import { type AddCommand, configOption, examples, wholeNumber } from "../cli_command.ts";
import { openBudgets } from "../client_options.ts";
import { configuredWorld } from "../poll_world.ts";
import { type ReconcileOptions, reconcile, reconcileDue } from "./reconcile.ts";

type Flags = Omit<ReconcileOptions, "heal" | "json"> & {
  readonly scheduled?: true;
  readonly config: string;
  readonly heal?: true;
  readonly json?: true;
};

/** `reconcile`. */
export const addReconcile: AddCommand = (program, { host, exit }) => {
  program
    .command("reconcile")
    .description("hold what QRadar has against what Mimecast has, and send what is missing")
    .addOption(configOption())
    .option("-a, --account <name>", "the account; not needed where there is only one")
    .option("-s, --source <name>", "only this feed")
    .option(
      "--since <time>",
      "7d, 12h, 2026-01-31 or 2026-01-31T08:00:00Z, by the time of the records",
      "24h",
    )
    .option(
      "--until <time>",
      "the same; default: an hour ago, since younger records may be on their way",
    )
    .option(
      "--uids <file>",
      "instead of the console: eventUids from an export (CSV, NDJSON, raw lines, plain; gzip), - for standard input",
    )
    .option("--heal", "send the missing records, and no other, through the configured output")
    .option("--json", "JSON")
    .option(
      "--scheduled",
      "as qradar.reconcile says, where that is due; the result is a health event, in the log and in status",
    )
    .addOption(
      new Option("--budget <percent>", "part of Mimecast's rate limit that it may use")
        .argParser(wholeNumber(1, 100))
        .default(25),
    )
    .addOption(
      new Option("--search-secs <n>", "how long one search of QRadar may take")
        .argParser(wholeNumber(1, 86_400))
        .default(900),
    )
    .addOption(
      new Option(
        "--wait-secs <n>",
        "how long to wait for what may be on its way, before --heal sends again and after that",
      )
        .argParser(wholeNumber(0, 86_400))
        .default(120),
    )
    .addHelpText(
      "after",
      examples(
        "mimecast-input reconcile --since 24h",
        "mimecast-input reconcile --uids export.csv.gz --since 2026-01-31 --until 2026-02-01 --json",
        "mimecast-input reconcile --heal | nc -N qradar.example.com 514",
        "mimecast-input reconcile --scheduled",
      ),
    )
    .action(async (flags: Flags) => {
      const config = await host.readConfig(flags.config);
      const { config: _config, heal = false, json = false, scheduled = false, ...rest } = flags;
      const configured = await configuredWorld(host, config);
      const budgets = openBudgets(configured.effects, config);
      const world = { ...host, ...configured, budgets };
      if (scheduled) return exit(await reconcileDue(config, rest, world));
      exit(await reconcile(config, { ...rest, heal, json }, world));
    });
};
