import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Config } from "../../config/config.ts";
import { SHIPPERS } from "../../config/shipper.ts";
import { EXIT } from "../../errors.ts";
import { type Asker, AskingLeftError } from "../../host/asker.ts";
import type { Host } from "../../host/host.ts";
import { type AddCommand, type Cli, configOption, examples } from "../cli_command.ts";
import type { Way } from "../lint/expected.ts";
import { CONSOLE_TASK_SECS, install } from "../qradar/install.ts";
import { hostAndPort, snippet } from "../snippet/snippet.ts";
import { EXAMPLES, exampleOutput, WAYS, wayInto } from "../snippet/ways.ts";
import { STORES } from "./answers.ts";
import { addConsole, askConsole, consoleProblem, type GivenConsole } from "./console.ts";
import { knownFromFlags, missingFlags } from "./from_flags.ts";
import { liveCheck } from "./live_check.ts";
import { type SetupOptions, type SetupOutcome, type SetupWorld, setup } from "./setup.ts";
import { setupFiles } from "./setup_files.ts";
import { checkLine, reportLines, setupJson } from "./setup_report.ts";

interface Options extends SetupOptions {
  readonly qradar?: string;
  readonly console?: string;
  readonly consoleTokenEnv?: string;
  readonly consoleCa?: string;
  readonly by?: Way;
  readonly json?: true;
  readonly yes?: true;
}

const MORE_HELP = `${examples(
  "mimecast-input setup",
  "mimecast-input setup --name acme --api 2.0 --region uk --shipper fluent-bit",
  "mimecast-input setup --yes --name acme --api 2.0 --region global \\",
  "  --client-id-env MC_ID --client-secret-env MC_SECRET --json",
  "mimecast-input setup --name acme … --console https://qradar.example.com --console-token-env TOKEN",
)}\n\nNothing is written where Mimecast refuses the keys or a feed. The same command again changes nothing.`;

/** `setup`. */
export const addSetup: AddCommand = (program, { host, exit }) => {
  const command: Command = program
    .command("setup")
    .description(
      "add an account: asks, tries the keys at Mimecast, writes the configuration, prints the shipper's block",
    )
    .addOption(configOption())
    .option("--name <name>", "name of the account")
    .addOption(new Option("--api <generation>", "generation of the API").choices(["2.0", "1.0"]))
    .addOption(new Option("--region <region>", "region of the account").conflicts("baseUrl"))
    .option("--base-url <url>", "API host instead of a region")
    .option("--client-id <id>", "API 2.0: client id (an id is no secret)")
    .option("--client-id-env <variable>", "API 2.0: environment variable with the client id")
    .option(
      "--client-secret-env <variable>",
      "API 2.0: environment variable with the client secret",
    )
    .option("--app-id <id>", "API 1.0: application id (an id is no secret)")
    .option("--app-id-env <variable>", "API 1.0: environment variable with the application id")
    .option("--app-key-env <variable>", "API 1.0: environment variable with the application key")
    .option("--access-key-env <variable>", "API 1.0: environment variable with the access key")
    .option("--secret-key-env <variable>", "API 1.0: environment variable with the secret key")
    .option("--sources <feed...>", "feeds to collect; without it those that are on by default")
    .addOption(
      new Option("--store <how>", "where secrets are kept; without it they are sealed").choices(
        STORES,
      ),
    )
    .option("--state-dir <folder>", "state_dir of a new configuration")
    .addOption(
      new Option(
        "--shipper <shipper>",
        "who gets the lines: written, and its block printed",
      ).choices(SHIPPERS),
    )
    .addOption(
      new Option(
        "--by <way>",
        "how it gets them, for a new output; without it its first way",
      ).choices(WAYS),
    )
    .option("--qradar <host:port>", "where QRadar listens, for the block")
    .addOption(
      new Option(
        "--console <url>",
        "QRadar's console, https://HOST: written, and qradar install is run at the end",
      ).conflicts("json"),
    )
    .option("--console-token-env <variable>", "environment variable with the console's token")
    .option("--console-ca <file>", "PEM file of the CA of the console's certificate")
    .option("--replace", "change an account that exists")
    .option("--no-check", "do not try the keys at Mimecast")
    .option("-y, --yes", "ask nothing, not even on a terminal")
    .option("--json", "what was done as one JSON object")
    .addHelpText("after", MORE_HELP)
    .action((options: Options) =>
      runSetup(options, { host, exit }, (message) => command.error(message)),
    );
};

/** `fail` ends with the usage. */
async function runSetup(
  options: Options,
  { host, exit }: Cli,
  fail: (message: string) => never,
): Promise<void> {
  // Before anything is asked or written.
  if (options.qradar !== undefined) hostAndPort(options.qradar);
  const flagged = consoleOfFlags(options, host.env, fail);
  if (options.shipper !== undefined) wayInto(options.shipper, options.by);
  const asker = options.yes || options.json ? null : await host.setup.asker();
  if (asker === null) {
    const missing = missingFlags(knownFromFlags(options, host.env));
    const why = host.setup.terminal ? "" : " (nobody can be asked: this is no terminal)";
    if (missing.length > 0) fail(`error: missing ${missing.join(", ")}${why}`);
  }
  const outcome = await setup(options, worldOf(options, host, asker)).catch((error) => {
    if (error instanceof AskingLeftError) host.seal.say("Setup was left: nothing was written");
    throw error;
  });
  exit(outcome.code);
  if (options.json) return host.screen.write(setupJson(outcome));
  for (const line of reportLines(outcome)) host.seal.say(line);
  if (outcome.code !== EXIT.ok) return;
  await printBlock(options, outcome, host, asker);
  const given = flagged ?? (await askForConsole(options, outcome, asker));
  if (given === null) return;
  const { config, path } = outcome;
  const complete =
    given === "known"
      ? config
      : await addConsole(path, config, given, worldOf(options, host, asker));
  exit(await installFor(complete, host));
}

/** Content and log sources, told on standard error: standard output has the shipper's block. */
async function installFor(config: Config, host: Host): Promise<number> {
  const write = async (text: string) => {
    for (const line of text.trimEnd().split("\n")) host.seal.say(line);
  };
  const effects = await host.effects(config);
  const world = { ...host, effects, screen: { ...host.screen, write } };
  return install(config, { dryRun: false, json: false, waitSecs: CONSOLE_TASK_SECS }, world);
}

/** Whoever has given everything by flags is asked nothing more. */
async function askForConsole(
  { qradar }: Options,
  { config }: SetupOutcome,
  asker: Asker | null,
): Promise<GivenConsole | "known" | null> {
  if (asker === null || qradar !== undefined) return null;
  return askConsole(asker, config.qradar !== null).catch((error) => {
    if (error instanceof AskingLeftError) return null;
    throw error;
  });
}

function consoleOfFlags(
  { console, consoleTokenEnv: variable, consoleCa }: Options,
  env: Host["env"],
  fail: (message: string) => never,
): GivenConsole | null {
  if (console === undefined) return null;
  const problem = consoleProblem(console);
  if (problem !== undefined) fail(`error: --console ${problem}`);
  const token = env[variable ?? ""] ?? "";
  if (token === "") fail("error: --console needs --console-token-env, a variable with the token");
  return { console, token, caFile: consoleCa === undefined ? null : resolve(consoleCa) };
}

async function printBlock(
  options: Options,
  outcome: SetupOutcome,
  host: Host,
  asker: Asker | null,
): Promise<void> {
  const shipper = options.shipper ?? (asker === null ? null : outcome.config.shipper);
  if (shipper === null) return;
  const address = options.qradar ?? (asker === null ? "" : await askAddress(asker));
  const block = snippet(host.shipperExamples, outcome.config, shipper, undefined, {
    configPath: outcome.path,
    accounts: [],
    by: options.by,
    qradar: address === "" ? null : hostAndPort(address),
    bufferDir: null,
    tls: null,
  });
  await host.screen.write(block);
}

function worldOf(options: Options, host: Host, asker: Asker | null): SetupWorld {
  const { version, signal } = host;
  return {
    outputFor(shipper) {
      const path = EXAMPLES[shipper][wayInto(shipper, options.by)] as string;
      return exampleOutput(host.shipperExamples[path] as string);
    },
    user: host.setup.user,
    env: host.env,
    asker,
    files: setupFiles,
    readText: (path) => host.readText(path, "read config"),
    readSealKey: host.setup.readSealKey,
    randomBytes: host.seal.randomBytes,
    credentials: host.credentials,
    liveCheck: async (config, account, credentials) => {
      host.setup.hide(credentials);
      const effects = await host.effects(config);
      const given = { config, account, credentials, effects, version, signal };
      return liveCheck(given, (result) => {
        if (!options.json) host.seal.say(checkLine(result));
      });
    },
  };
}

function askAddress(asker: Asker): Promise<string> {
  const question = "Where QRadar listens, host:port, for the shipper's block (empty: later)";
  return asker.text(question, "", addressProblem).catch(left);
}

function addressProblem(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    hostAndPort(text);
    return undefined;
  } catch {
    return "It must be host:port, such as qradar.example.com:514";
  }
}

/** The configuration is written by then: whoever leaves here gets the block with a placeholder. */
function left(error: unknown): string {
  if (error instanceof AskingLeftError) return "";
  throw error;
}
