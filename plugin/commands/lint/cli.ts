import { DEFAULTS } from "../../config/defaults.ts";
import { codeOf } from "../../disk/os_error.ts";
import { ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { expectedFor, expectedOf } from "./expected.ts";
import type { IncludeReader } from "./included_files.ts";
import { type LintBasis, lint } from "./lint.ts";

/** `lint`. */
export const addLint: AddCommand = (program, { host, exit }) => {
  const command = program
    .command("lint")
    .description("find the settings of a shipper's configuration that lose or damage data")
    .argument(
      "<file...>",
      "configuration of Fluent Bit (YAML, classic), Vector (TOML, YAML), syslog-ng, rsyslog or the OpenTelemetry Collector; several: parts of one",
    )
    .addOption(configOption())
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input lint /etc/fluent-bit/fluent-bit.conf",
        "mimecast-input lint /etc/vector/vector.yaml /etc/vector/mimecast.toml",
        "mimecast-input lint --json /etc/vector/mimecast.toml | jq '.findings[].rule'",
      )}\n\nExit code 1: something was found. Files that are included are read too.`,
    )
    .action(async (files: string[], options: { config: string; json?: true }) => {
      const isGiven = command.getOptionValueSource("config") !== "default";
      const basis = await basisOf(host, options.config, isGiven);
      const json = options.json === true;
      const world = { screen: host.screen, reader: includeReader(host) };
      exit(await lint(files, basis, { json }, world));
    });
};

/** Reads a shipper's files. */
export function includeReader(host: Pick<Host, "readText" | "listFolder">): IncludeReader {
  return {
    readText: (path) => host.readText(path, "lint"),
    list: (folder) => host.listFolder(folder),
  };
}

/** What the configuration makes; the defaults where none is named and none is at the usual position. */
async function basisOf(host: Host, path: string, isGiven: boolean): Promise<LintBasis> {
  const { env } = host;
  try {
    const settings = await host.readConfig(path);
    return { expected: expectedOf(settings), ours: { settings, path }, env };
  } catch (error) {
    // One that is there and can't be read is not to be taken for none.
    const isAbsent =
      error instanceof ConfigError &&
      error.code === "config_file" &&
      codeOf(error.cause) === "ENOENT";
    if (isGiven || !isAbsent) throw error;
    const { format, max_line_bytes: maxLineBytes } = DEFAULTS.output;
    host.seal.say(
      `There is no configuration at ${path}: taking output.format ${format} and max_line_bytes ${maxLineBytes}`,
    );
    return { expected: expectedFor(format, maxLineBytes, null), ours: null, env };
  }
}
