import { Command, CommanderError } from "commander";
import { addBundle } from "./commands/bundle/cli.ts";
import { addCheck } from "./commands/check/cli.ts";
import type { AddCommand, Cli } from "./commands/cli_command.ts";
import { addCompletion } from "./commands/completion/cli.ts";
import { addEncode } from "./commands/encode/cli.ts";
import { addLint } from "./commands/lint/cli.ts";
import { addMigrate } from "./commands/migrate/cli.ts";
import { addPoll } from "./commands/poll/cli.ts";
import { addReplay } from "./commands/replay/cli.ts";
import { addSeal } from "./commands/seal/cli.ts";
import { addSetup } from "./commands/setup/cli.ts";
import { addSnippet } from "./commands/snippet/cli.ts";
import { addStatus } from "./commands/status/cli.ts";
import { EXIT } from "./errors.ts";
import type { Host } from "./host/host.ts";
import { nearestName } from "./text/nearest_name.ts";

const EXIT_CODES = `
Exit codes: 0 all went well, 1 some accounts or feeds failed, 64 wrong command line, 69 the shipper's HTTP input takes
nothing, 70 a defect of the program, 74 state directory unusable, 75 Mimecast or the network failed, 77 credentials or
permissions refused, 78 configuration unusable, 141 the shipper closed stdout.`;

/** In the order of `--help`. */
const COMMANDS: readonly AddCommand[] = [
  addSetup,
  addPoll,
  addCheck,
  addStatus,
  addReplay,
  addSnippet,
  addLint,
  addEncode,
  addMigrate,
  addSeal,
  addBundle,
  addCompletion,
];

/** Runs a command line (without the program's name) and returns the exit code. */
export async function runCli(host: Host, argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const exit = (wanted: number): void => {
    code = wanted;
  };
  // What commander shows goes the way of all output: a closed pipe and a full disk are told there.
  let shown = "";
  const program = commandLine({ host, exit }, (text) => {
    shown += text;
  });
  if (argv.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (shown !== "") await host.screen.write(shown);
  return code;
}

/**
 * The program with all its commands: what `runCli` runs and docs/commands.md is written from. `show` takes what
 * `--help` and `--version` print.
 */
export function commandLine(cli: Cli, show: (text: string) => void = () => {}): Command {
  const program = new Command("mimecast-input")
    .description(
      "Mimecast e-mail security logs as an input of the log shipper that you already run.\nData goes to stdout, messages go to stderr.",
    )
    .version(cli.host.version, "-V, --version")
    .showSuggestionAfterError(true)
    .showHelpAfterError(
      '"mimecast-input --help" shows the commands, "mimecast-input COMMAND --help" the options',
    )
    .exitOverride()
    .configureOutput({ writeOut: show })
    .addHelpText("after", EXIT_CODES);
  for (const add of COMMANDS) add(program, cli);
  const names = program.commands.map((command) => command.name());
  program.on("command:*", ([word]: string[]) => {
    const near = nearestName(word ?? "", names);
    const hint =
      near === undefined ? `Known commands: ${names.join(", ")}` : `Did you mean "${near}"?`;
    program.error(`error: unknown command "${word}"\n${hint}`);
  });
  return program;
}
