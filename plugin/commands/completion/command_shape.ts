import type { Command } from "commander";

/** What may be the value of an option, or an argument: one of some words, a file, an account of the configuration, or anything. */
export type ValueShape = { readonly words: readonly string[] } | "file" | "account" | "text" | null;

/** An option as shells complete it. */
export interface OptionShape {
  /** `-c`, `--config`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Null: it takes no value. */
  readonly value: ValueShape;
}

/** A command as shells complete it and the manual describes it. */
export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionShape[];
  /** Its arguments, in their order. */
  readonly values: readonly ValueShape[];
}

/** The commands of a program, from its commander definition. */
export function commandShapes(program: Command): CommandShape[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: oneLine(command.description()),
    options: optionShapes(command),
    values: command.registeredArguments.map((argument) =>
      valueShape(argument.argChoices, argument.name()),
    ),
  }));
}

/** The options of a command with `--help`, which commander adds by itself. */
export function optionShapes(command: Command): OptionShape[] {
  const shapes = command.options
    .filter((option) => !option.hidden)
    .map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
      description: oneLine(option.description),
      value:
        option.required || option.optional ? valueShape(option.argChoices, option.flags) : null,
    }));
  return [...shapes, { flags: ["-h", "--help"], description: "display help", value: null }];
}

/** Files are recognized by the placeholder that the help shows: `<file>`, `<folder>`. */
function valueShape(choices: readonly string[] | undefined, placeholder: string): ValueShape {
  if (choices !== undefined) return { words: choices };
  if (/--account\b/.test(placeholder)) return "account";
  return /file|folder|config/.test(placeholder.replace(/^.*--[a-z-]+/, "")) ? "file" : "text";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
