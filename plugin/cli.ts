import { Command, CommanderError, Option } from "commander";
import type { Credentials } from "./client/client.ts";
import type { PollOptions } from "./commands/poll.ts";
import { poll } from "./commands/poll.ts";
import type { SealInputs } from "./commands/seal.ts";
import { newSealKey, seal } from "./commands/seal.ts";
import type { AccountConfig, Config } from "./config.ts";
import type { Effects } from "./effects.ts";
import type { EngineModule, EngineSettings } from "./engine.ts";
import { EXIT } from "./errors.ts";
import type { Release } from "./lock.ts";
import { nearestName } from "./nearest_name.ts";

/** What the command line needs of the process. main.ts gives it. */
export interface Host {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parentPid: number;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  readonly seal: SealInputs;
  engine(): EngineModule;
  lock(path: string, account: string): Promise<Release>;
  readConfig(path: string): Promise<Config>;
  effects(config: Config | null): Promise<Effects>;
  credentials(account: AccountConfig, config: Config): Promise<Credentials>;
  sealKey(config: Config): Promise<Uint8Array | null>;
}

/** Where the configuration is looked for without --config and MIMECAST_INPUT_CONFIG. */
export const DEFAULT_CONFIG = "/etc/mimecast-input/config.yaml";

const EXIT_CODES = `
Exit codes: 0 all went well, 1 some accounts or feeds failed, 64 wrong command line, 70 a defect of the program,
74 state directory unusable, 75 Mimecast or the network failed, 77 credentials or permissions refused,
78 configuration unusable, 141 the shipper closed stdout.`;

/** Runs a command line (without the program's name) and returns the exit code. */
export async function runCli(host: Host, argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command("mimecast-input")
    .description(
      "Mimecast e-mail security logs as an input of the log shipper that you already run.\nData on stdout, talk on stderr.",
    )
    .version(host.version, "-V, --version")
    .showSuggestionAfterError(false)
    .exitOverride()
    .addHelpText("after", EXIT_CODES);
  const config = () =>
    new Option("-c, --config <file>", "configuration")
      .env("MIMECAST_INPUT_CONFIG")
      .default(DEFAULT_CONFIG);

  program
    .command("poll")
    .description("collect what is due and write finished lines to stdout")
    .addOption(config())
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
      new Option("-f, --format <format>", "instead of output.format").choices([
        "leef",
        "json",
        "json+leef",
      ]),
    )
    .addHelpText(
      "after",
      `
Examples:
  mimecast-input poll --once --config /etc/mimecast-input/config.yaml
  mimecast-input poll --follow --account acme --format json+leef`,
    )
    .action(
      async (options: {
        config: string;
        follow?: true;
        account?: string[];
        format?: EngineSettings["format"];
      }) => {
        const read = await host.readConfig(options.config);
        const wanted: PollOptions = {
          mode: options.follow ? "follow" : "once",
          accounts: options.account ?? [],
          ...(options.format === undefined ? {} : { format: options.format }),
        };
        code = await poll(read, wanted, {
          effects: await host.effects(read),
          engine: host.engine(),
          parentPid: host.parentPid,
          signal: host.signal,
          credentials: (account) => host.credentials(account, read),
          lock: host.lock,
        });
      },
    );

  program
    .command("seal")
    .description("seal a secret for the configuration (from a hidden prompt or standard input)")
    .addOption(config())
    .option("--new-key <file>", "make a new seal key instead")
    .addHelpText(
      "after",
      `
Examples:
  mimecast-input seal --new-key /etc/mimecast-input/seal.key
  mimecast-input seal --config /etc/mimecast-input/config.yaml`,
    )
    .action(async (options: { config: string; newKey?: string }) => {
      if (options.newKey !== undefined) return newSealKey(host.seal, options.newKey);
      const read = await host.readConfig(options.config);
      return seal(host.seal, await host.sealKey(read));
    });

  const names = program.commands.map((command) => command.name());
  program.on("command:*", ([word]: string[]) => {
    const near = nearestName(word ?? "", names);
    const hint =
      near === undefined ? `Known commands: ${names.join(", ")}` : `Did you mean "${near}"?`;
    program.error(`error: unknown command "${word}"\n${hint}`);
  });
  if (argv.length === 0) program.help();

  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}
