import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { newSealKey, seal } from "./seal.ts";

/** `seal`. */
export const addSeal: AddCommand = (program, { host }) => {
  program
    .command("seal")
    .description("seal a secret for the configuration (from a hidden prompt or standard input)")
    .addOption(configOption())
    .option("--new-key <file>", "make a new seal key instead")
    .addHelpText(
      "after",
      examples(
        "mimecast-input seal --new-key /etc/mimecast-input/seal.key",
        "mimecast-input seal --config /etc/mimecast-input/config.yaml",
      ),
    )
    .action(async (options: { config: string; newKey?: string }) => {
      if (options.newKey !== undefined) return newSealKey(host.seal, options.newKey);
      return seal(host.seal, await host.sealKey(options.config));
    });
};
