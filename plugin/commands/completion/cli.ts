import { Argument, InvalidArgumentError } from "commander";
import { isKnownError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { type AddCommand, configOption, examples } from "../cli_command.ts";
import { bashCompletion } from "./bash_completion.ts";
import { commandShapes, optionShapes } from "./command_shape.ts";
import { fishCompletion } from "./fish_completion.ts";
import { zshCompletion } from "./zsh_completion.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `completion`. */
export const addCompletion: AddCommand = (program, { host }) => {
  program
    .command("completion")
    .description("print what makes the shell complete commands, options and their values")
    .addArgument(shellArgument())
    .addOption(configOption().hideHelp())
    .addHelpText(
      "after",
      examples(
        "source <(mimecast-input completion bash)",
        "mimecast-input completion zsh > ~/.zsh/functions/_mimecast-input",
        "mimecast-input completion fish > ~/.config/fish/completions/mimecast-input.fish",
      ),
    )
    .action(async (shell: keyof typeof SHELLS | typeof ACCOUNTS, options: { config: string }) => {
      const text =
        shell === ACCOUNTS
          ? await accountNames(host, options.config)
          : SHELLS[shell](commandShapes(program), optionShapes(program));
      await host.screen.write(text);
    });
};

/** Asked by the scripts themselves, and not shown. */
const ACCOUNTS = "accounts";

function shellArgument(): Argument {
  const names = Object.keys(SHELLS);
  const argument = new Argument("<shell>", "the shell").choices(names);
  return argument.argParser((word: string) => {
    if (word === ACCOUNTS || names.includes(word)) return word;
    throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.`);
  });
}

/** One name a line; none where the configuration can't be read: completing is no time for errors. */
async function accountNames(host: Host, path: string): Promise<string> {
  try {
    const { accounts } = await host.readConfig(path);
    return accounts.map(({ name }) => `${name}\n`).join("");
  } catch (error) {
    if (isKnownError(error)) return "";
    throw error;
  }
}
