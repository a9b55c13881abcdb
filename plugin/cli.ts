import { Command, CommanderError } from "commander";
import type { AddCommand, Cli } from "./commands/cli_command.ts";
import { EXIT } from "./errors.ts";
import type { Host } from "./host/host.ts";
import { nearestName } from "./text/nearest_name.ts";

const EXIT_CODES = `
Exit codes: 0 all went well, 1 some accounts or feeds failed, 64 wrong command line, 69 the shipper's HTTP input takes
nothing, 70 a defect of the program, 74 state directory unusable, 75 Mimecast or the network failed, 77 credentials or
permissions refused, 78 configuration unusable, 141 the shipper closed stdout.`;

/** In the order of `--help`. One is loaded when it is used: a poll of a quiet minute is mostly the start of the program. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  setup: async () => (await import("./commands/setup/cli.ts")).addSetup,
  poll: async () => (await import("./commands/poll/cli.ts")).addPoll,
  check: async () => (await import("./commands/check/cli.ts")).addCheck,
  status: async () => (await import("./commands/status/cli.ts")).addStatus,
  fleet: async () => (await import("./commands/fleet/cli.ts")).addFleet,
  replay: async () => (await import("./commands/replay/cli.ts")).addReplay,
  reconcile: async () => (await import("./commands/reconcile/cli.ts")).addReconcile,
  qradar: async () => (await import("./commands/qradar/cli.ts")).addQradar,
  snippet: async () => (await import("./commands/snippet/cli.ts")).addSnippet,
  lint: async () => (await import("./commands/lint/cli.ts")).addLint,
  encode: async () => (await import("./commands/encode/cli.ts")).addEncode,
  migrate: async () => (await import("./commands/migrate/cli.ts")).addMigrate,
  seal: async () => (await import("./commands/seal/cli.ts")).addSeal,
  bundle: async () => (await import("./commands/bundle/cli.ts")).addBundle,
  completion: async () => (await import("./commands/completion/cli.ts")).addCompletion,
};

/** Runs a command line (without the program's name) and returns the exit code. */
export async function runCli(host: Host, argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const exit = (wanted: number): void => {
    code = wanted;
  };
  // What commander shows goes the way of all output: a closed pipe and a full disk are told there.
  let shown = "";
  const program = await commandLine(
    { host, exit },
    (text) => {
      shown += text;
    },
    neededFor(argv[0] ?? ""),
  );
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

/** The commands that a command line with this first word can need: completion looks at all of them. */
function neededFor(word: string): readonly string[] {
  if (word === "-V" || word === "--version") return [];
  const isKnown = Object.hasOwn(COMMANDS, word) && word !== "completion";
  return isKnown ? [word] : Object.keys(COMMANDS);
}

/**
 * The program with its commands, all of them by default: what `runCli` runs and docs/commands.md is written from. `show`
 * takes what `--help` and `--version` print.
 */
export async function commandLine(
  cli: Cli,
  show: (text: string) => void = () => {},
  names: readonly string[] = Object.keys(COMMANDS),
): Promise<Command> {
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
  for (const name of names) (await COMMANDS[name]?.())?.(program, cli);
  program.on("command:*", ([word]: string[]) => {
    const near = nearestName(word ?? "", names);
    const hint =
      near === undefined ? `Known commands: ${names.join(", ")}` : `Did you mean "${near}"?`;
    program.error(`error: unknown command "${word}"\n${hint}`);
  });
  return program;
}
