import { DEFAULTS } from "../config/defaults.ts";
import { ConfigError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Expected } from "../lint/expected.ts";
import { expectedFor, expectedOf } from "../lint/expected.ts";
import { type AddCommand, configOption, examples } from "./cli_command.ts";
import { lint } from "./lint.ts";

/** `lint`. */
export const addLint: AddCommand = (program, { host, exit }) => {
  const command = program
    .command("lint")
    .description("find the settings of a shipper's configuration that lose or damage data")
    .argument(
      "<file>",
      "configuration of Fluent Bit (YAML, classic), Vector (TOML, YAML) or syslog-ng",
    )
    .addOption(configOption())
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input lint /etc/fluent-bit/fluent-bit.yaml",
        "mimecast-input lint --json /etc/vector/vector.toml | jq '.findings[].rule'",
      )}\n\nExit code 1: something was found. Files that are included are not read.`,
    )
    .action(async (file: string, options: { config: string; json?: true }) => {
      const isGiven = command.getOptionValueSource("config") !== "default";
      const expected = await configuredOutput(host, options.config, isGiven);
      const text = await host.readText(file, "lint");
      const json = options.json === true;
      exit(await lint({ text, name: file }, expected, { json }, host.screen));
    });
};

/** What the configuration makes; the defaults where none is named and none is at the usual place. */
async function configuredOutput(host: Host, path: string, isGiven: boolean): Promise<Expected> {
  try {
    return expectedOf(await host.readConfig(path));
  } catch (error) {
    const isAbsent = error instanceof ConfigError && error.code === "config_file";
    if (isGiven || !isAbsent) throw error;
    const { format, max_line_bytes: maxLineBytes } = DEFAULTS.output;
    host.seal.say(
      `There is no configuration at ${path}: taking output.format ${format} and max_line_bytes ${maxLineBytes}`,
    );
    return expectedFor(format, maxLineBytes, null);
  }
}
