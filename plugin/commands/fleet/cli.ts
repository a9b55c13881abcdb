import { Argument } from "commander";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { watchOption, watchSecsOf } from "../watched.ts";

interface Flags {
  readonly config: string;
  readonly json?: true;
  readonly watch?: true | number;
  readonly undo?: true;
}

/** `fleet`. */
export const addFleet: AddCommand = (program, { host, exit }) => {
  program
    .command("fleet")
    .description(
      "the workers that share the accounts over etcd: who has what; move an account, drain a worker",
    )
    .addArgument(
      new Argument(
        "[action]",
        "show is what comes without one; move ACCOUNT WORKER gives an account to a worker; drain WORKER takes all accounts from one",
      )
        .choices(["show", "move", "drain"])
        .default("show"),
    )
    .argument("[names...]", "move: account and worker; drain: the worker")
    .addOption(configOption())
    .option("--json", "show: one JSON object instead of tables")
    .addOption(watchOption())
    .option(
      "--undo",
      "move: the account may go where it fits again; drain: the worker gets accounts again",
    )
    .addHelpText(
      "after",
      `${examples(
        "mimecast-input fleet",
        "mimecast-input fleet --watch 2",
        "mimecast-input fleet move acme collector-2",
        "mimecast-input fleet drain collector-1",
        "mimecast-input fleet drain collector-1 --undo",
      )}\n\nExit code 1: an account has no worker, or a change was not carried out within 20 seconds.`,
    )
    .action(async (action: string, names: string[], flags: Flags, command) => {
      const { undo = false, json = false } = flags;
      const wanted = action === "show" ? 0 : action === "drain" || undo ? 1 : 2;
      if (names.length !== wanted) {
        const needs = ["no name", "one name", "an account and a worker"][wanted];
        command.error(`error: fleet ${action}${undo ? " --undo" : ""} takes ${needs}`);
      }
      if (undo && action === "show") command.error("error: --undo is for move and drain only");
      const config = await host.readConfig(flags.config);
      const [first = "", worker] = names;
      if (action === "show") {
        const { show } = await import("./show.ts");
        return exit(await show(config, { json, watchSecs: watchSecsOf(flags.watch) }, host));
      }
      const { drain, move } = await import("./change.ts");
      exit(
        action === "move"
          ? await move(config, { account: first, worker, undo }, host)
          : await drain(config, { worker: first, undo }, host),
      );
    });
};
