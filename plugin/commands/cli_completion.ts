import { Argument } from "commander";
import { bashCompletion } from "../completion/bash_completion.ts";
import { commandShapes, optionShapes } from "../completion/command_shape.ts";
import { fishCompletion } from "../completion/fish_completion.ts";
import { zshCompletion } from "../completion/zsh_completion.ts";
import { type AddCommand, examples } from "./cli_command.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `completion`. */
export const addCompletion: AddCommand = (program, { host }) => {
  program
    .command("completion")
    .description("print what makes the shell complete commands, options and their values")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(SHELLS)))
    .addHelpText(
      "after",
      examples(
        "source <(mimecast-input completion bash)",
        "mimecast-input completion zsh > ~/.zsh/functions/_mimecast-input",
        "mimecast-input completion fish > ~/.config/fish/completions/mimecast-input.fish",
      ),
    )
    .action((shell: keyof typeof SHELLS) =>
      host.screen.write(SHELLS[shell](commandShapes(program), optionShapes(program))),
    );
};
