import { resolve } from "node:path";
import { reach } from "../../client/probe/reach.ts";
import type { Config, EtcdState } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError, isKnownError, ShipperGoneError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { chosenAccounts } from "../chosen_accounts.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { includeReader } from "../lint/cli.ts";
import { expectedOf } from "../lint/expected.ts";
import { hostAndPort } from "../snippet/snippet.ts";
import { check } from "./check.ts";
import { consoleResults } from "./console.ts";
import { type OutputWorld, outputResults } from "./output.ts";
import { checkCode, refusalResults } from "./result.ts";
import { ownResults, qradarResults, shipperResults } from "./shipper.ts";

interface Options {
  readonly config: string;
  readonly account?: string[];
  readonly json?: true;
  readonly shipper?: string;
  readonly qradar?: string;
  readonly tls?: true;
  readonly ca?: string;
}

/** `check`. */
export const addCheck: AddCommand = (program, { host, exit }) => {
  program
    .command("check")
    .description(
      "check that every account, permission and setting works, and say what to do where one does not",
    )
    .addOption(configOption())
    .option("-a, --account <name...>", "only these accounts")
    .option("--json", "one JSON object instead of tables")
    .option("--shipper <file>", "lint this configuration of the shipper too")
    .option("--qradar <host:port>", "send one test event to QRadar, bypassing the shipper")
    .option("--tls", "with TLS")
    .option("--ca <file>", "PEM file of the CA that issued QRadar's certificate; implies --tls")
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input check",
        "mimecast-input check --account acme --shipper /etc/fluent-bit/fluent-bit.yaml",
        "mimecast-input check --qradar qradar.example.com:6514 --tls --ca /etc/ssl/qradar.pem",
      )}\n\nNothing is collected and no position is changed; a QRadar console in the configuration is only asked. Run it as the user that runs the shipper.
Exit code: 0 well, 1 warnings, otherwise that of the worst failure.`,
    )
    .action(async (options: Options) => {
      try {
        exit(await runCheck(options, host));
      } catch (error) {
        // Whoever reads JSON gets JSON, whatever keeps the checks from being made.
        if (options.json !== true || !isKnownError(error) || error instanceof ShipperGoneError) {
          throw error;
        }
        const results = refusalResults(error);
        const code = checkCode(results);
        await host.screen.write(`${JSON.stringify({ exit: code, results })}\n`);
        exit(code);
      }
    });
};

async function runCheck(options: Options, host: Host): Promise<number> {
  const config = await host.readConfig(options.config);
  const accounts = chosenAccounts(config, options.account ?? [], "check");
  const [first] = accounts;
  const { shipper, qradar, ca } = options;
  const caPem = ca === undefined ? null : await host.readText(ca, "read the certificate");
  const listener = qradar === undefined ? null : hostAndPort(qradar);
  if (listener !== null && first === undefined) {
    throw new ConfigError("Cannot send a test event: every account has enabled: false", {
      code: "no_account",
      hint: "Enable one, or name one with --account",
    });
  }
  const effects = await host.effects(config);
  const { target, network } = config;
  const output: OutputWorld = {
    open: (http) => host.shipperHttp(http, config),
    readText: (path) => host.readText(path, "read the certificate"),
    reach,
    timeoutMs: network.connectTimeoutMs,
    pathFacts: host.pathFacts,
  };
  const settings = { settings: config, path: resolve(options.config) };
  const basis = { expected: expectedOf(config), ours: settings, env: host.env };
  const more = [
    // With the shipper's file, they are found there.
    async () => (shipper === undefined ? ownResults(config, settings.path) : []),
    async () => (config.state === null ? [] : etcdPart(config.state, config, host, effects)),
    async () => (target === null ? [] : outputResults(target, output)),
    async () => (shipper === undefined ? [] : shipperResults(shipper, basis, includeReader(host))),
    async () => (config.qradar === null ? [] : consoleResults(config, { ...host, effects })),
    async () =>
      listener === null || first === undefined
        ? []
        : qradarResults(
            config,
            first,
            host.engine(),
            {
              ...listener,
              tls: options.tls || ca !== undefined ? { caPem } : null,
              timeoutMs: config.network.connectTimeoutMs,
            },
            effects.now(),
          ),
  ];
  return check(
    config,
    {
      configPath: resolve(options.config),
      accounts,
      json: options.json === true,
      more,
    },
    {
      ...host,
      effects,
      network: await host.network(config),
      credentials: (account) => host.credentials(account, config),
      reach,
    },
  );
}

async function etcdPart(state: EtcdState, config: Config, host: Host, effects: Effects) {
  const { openStore } = await import("../../fleet/open_fleet.ts");
  const { etcdResults } = await import("./etcd.ts");
  const store = await openStore(state, { etcd: (wanted) => host.etcd(wanted, config) });
  return etcdResults(state, store, effects);
}
