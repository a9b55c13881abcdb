import { resolve } from "node:path";
import { Argument, type Command, Option } from "commander";
import { SHIPPERS, type ShipperName } from "../../config/shipper.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import type { Way } from "../lint/expected.ts";
import { ourFindings } from "../lint/our_settings.ts";
import { FORMATS } from "./formats.ts";
import { hostAndPort, snippet } from "./snippet.ts";
import { WAYS, wayInto } from "./ways.ts";

const NO_SHIPPER = `error: missing argument 'shipper': one of ${SHIPPERS.join(", ")}; the configuration has no "shipper"`;

/** `snippet`. */
export const addSnippet: AddCommand = (program, { host }) => {
  const command: Command = program
    .command("snippet")
    .description("print the block that brings the lines of this configuration into a shipper")
    .addArgument(
      new Argument(
        "[shipper]",
        "the shipper; without it the one that the configuration names",
      ).choices(SHIPPERS),
    )
    .addOption(configOption())
    .addOption(
      new Option(
        "--as <format>",
        "yaml or classic (Fluent Bit), toml or yaml (Vector); the first is the default",
      ).choices([...new Set(Object.values(FORMATS).flatMap(Object.keys))]),
    )
    .addOption(
      new Option(
        "--by <way>",
        "exec: the shipper starts the program; or by a file, HTTP or OTLP; without it as the configuration has it",
      ).choices(WAYS),
    )
    .option("-a, --account <name...>", "only these accounts")
    .option("--qradar <host:port>", "where QRadar listens; without it: a placeholder to fill in")
    .option("--buffer <folder>", "instead of the shipper's usual folder for its buffer on disk")
    .option("--tls", "TLS to QRadar")
    .option("--ca <file>", "PEM file of the CA that issued QRadar's certificate")
    .addHelpText(
      "after",
      examples(
        "mimecast-input snippet fluent-bit",
        "mimecast-input snippet vector --as yaml --account acme",
        "mimecast-input snippet rsyslog --by file",
        "mimecast-input snippet syslog-ng --qradar qradar.example.com:6514 --tls --ca /etc/ssl/qradar.pem",
      ),
    )
    .action(async (named: ShipperName | undefined, options: Options) => {
      const config = await host.readConfig(options.config);
      const shipper = named ?? config.shipper ?? command.error(NO_SHIPPER);
      const { qradar, ca } = options;
      const text = snippet(host.shipperExamples, config, shipper, options.as, {
        configPath: resolve(options.config),
        accounts: options.account ?? [],
        by: options.by,
        qradar: qradar === undefined ? null : hostAndPort(qradar),
        bufferDir: options.buffer === undefined ? null : resolve(options.buffer),
        tls:
          options.tls || ca !== undefined
            ? { caFile: ca === undefined ? null : resolve(ca) }
            : null,
      });
      await host.screen.write(text);
      // By another way the head of the block says what our configuration needs.
      if (wayInto(shipper, options.by ?? config.target?.kind) !== "exec") return;
      for (const { reason, remedy } of ourFindings(shipper, config, options.config)) {
        host.seal.say(`${options.config}: ${reason}\n    ${remedy}`);
      }
    });
};

interface Options {
  readonly config: string;
  readonly as?: string;
  readonly by?: Way;
  readonly account?: string[];
  readonly qradar?: string;
  readonly buffer?: string;
  readonly tls?: true;
  readonly ca?: string;
}
