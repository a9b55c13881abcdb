import { resolve } from "node:path";
import { osReason, osRemedy } from "../../disk/os_error.ts";
import { ConfigError } from "../../errors.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { bundle } from "./bundle.ts";

/** `bundle`. */
export const addBundle: AddCommand = (program, { host }) => {
  program
    .command("bundle")
    .description("pack logs, configuration and status, secrets masked, for a support case")
    .addOption(configOption())
    .option("-o, --output <file>", "the .tar.gz to make (default: named after the time, here)")
    .addHelpText(
      "after",
      examples("mimecast-input bundle", "mimecast-input bundle -o case-4711.tar.gz"),
    )
    .action(async (options: { config: string; output?: string }) => {
      const effects = await host.effects(null);
      const time = new Date(effects.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
      const path = resolve(options.output ?? `mimecast-input-bundle-${time}.tar.gz`);
      const names = await bundle(path, {
        ...host,
        effects,
        readConfig: () => host.readConfig(options.config),
        configText: () => host.readText(options.config, "read"),
        async createFile(target, bytes) {
          await host.seal.createFile(target, bytes).catch((cause) => {
            const hint = osRemedy(cause, "create") ?? "Name another file";
            const reason = osReason(cause, "create");
            throw new ConfigError(`Cannot make ${JSON.stringify(target)}: ${reason}`, {
              code: "bundle_file",
              cause,
              hint: `${hint}; --output names the file`,
            });
          });
        },
      });
      host.seal.say(`Packed ${names.length} files, secrets masked. Read it before you send it`);
      await host.screen.write(`${path}\n`);
    });
};
