import { onlyAccount } from "../account_named.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { migrate } from "./migrate.ts";

/** `migrate`. */
export const addMigrate: AddCommand = (program, { host }) => {
  program
    .command("migrate")
    .description("take an account that had API 1.0 keys on to API 2.0, without a gap")
    .addOption(configOption())
    .option(
      "-a, --account <name>",
      "the account, already with its API 2.0 credentials; not needed where there is only one",
    )
    .option("--dry-run", "say what would be done, change nothing")
    .option("--assume-delivered", "the lines of the last run are in QRadar: do not send them again")
    .addHelpText(
      "after",
      examples(
        "mimecast-input migrate --account acme --dry-run",
        "mimecast-input migrate --account acme",
      ),
    )
    .action(
      async (options: {
        config: string;
        account?: string;
        dryRun?: true;
        assumeDelivered?: true;
      }) => {
        const config = await host.readConfig(options.config);
        const wanted = {
          account: onlyAccount(config, options.account, "migrate").name,
          dryRun: options.dryRun === true,
          assumeDelivered: options.assumeDelivered === true,
        };
        await migrate(config, wanted, {
          effects: await host.effects(null),
          lock: host.lock,
          print: host.screen.write,
        });
      },
    );
};
