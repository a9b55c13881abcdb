import { InvalidArgumentError, Option } from "commander";
import type { EngineSettings } from "../../encode/engine.ts";
import { type AddCommand, configOption, examples, formatOption } from "../cli_command.ts";
import { configuredWorld } from "../poll_world.ts";
import { replay } from "./replay.ts";

interface Flags {
  readonly config: string;
  readonly list?: true;
  readonly json?: true;
  readonly account?: string;
  readonly gap?: number;
  readonly file?: string;
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun?: true;
  readonly format?: EngineSettings["format"];
}

/** `replay`. */
export const addReplay: AddCommand = (program, { host, exit }) => {
  program
    .command("replay")
    .description("collect a recorded gap or a period of time again, without changing any position")
    .addOption(configOption())
    .addOption(new Option("--list", "the recorded gaps").conflicts(["gap", "source", "dryRun"]))
    .option("-a, --account <name>", "the account; not needed where there is only one")
    .addOption(
      new Option("-g, --gap <n>", "the gap with this number of --list")
        .argParser(gapNumber)
        .conflicts(["source", "from", "to"]),
    )
    .addOption(
      new Option("--file <path>", "with --gap: from this file, the one of the quarantine repaired"),
    )
    .option("-s, --source <name>", "with --from and --to: the feed")
    .option("--from <time>", "7d, 12h, 2026-01-31 or 2026-01-31T08:00:00Z")
    .option("--to <time>", "the same, or now; both ends are included")
    .option("--dry-run", "ask for the lists only, and say what would be done")
    .option("--json", "JSON for --list and --dry-run")
    .addOption(formatOption("instead of output.format"))
    .addHelpText(
      "after",
      examples(
        "mimecast-input replay --list",
        "mimecast-input replay --gap 2 | nc -N qradar.example.com 514",
        "mimecast-input replay --account acme --source audit --from 2026-01-31 --to 2026-02-01 --dry-run",
      ),
    )
    .action(async (flags: Flags, command) => {
      if (flags.file !== undefined && flags.gap === undefined) {
        command.error("error: --file needs --gap");
      }
      const read = await host.readConfig(flags.config);
      const { config: _config, list = false, json = false, dryRun = false, ...rest } = flags;
      const code = await replay(
        read,
        { ...rest, list, json, dryRun },
        { ...host, ...(await configuredWorld(host, read)) },
      );
      exit(code);
    });
};

function gapNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("It must be a number of --list.");
}
