import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { Host } from "../host/host.ts";

/** Where the configuration is looked for without --config and MIMECAST_INPUT_CONFIG. */
export const DEFAULT_CONFIG = "/etc/mimecast-input/config.yaml";

/** What the definition of a command is given. */
export interface Cli {
  readonly host: Host;
  /** The program's exit code, unless the command throws. */
  exit(code: number): void;
}

/** Adds one command to the program. */
export type AddCommand = (program: Command, cli: Cli) => void;

/** `--config`, the same for every command. */
export function configOption(): Option {
  return new Option("-c, --config <file>", "configuration")
    .env("MIMECAST_INPUT_CONFIG")
    .default(DEFAULT_CONFIG);
}

/** `--format`; `what` says what it is for. */
export function formatOption(what: string): Option {
  return new Option("-f, --format <format>", what).choices(["leef", "json", "json+leef"]);
}

/** The examples below a command's help, one a line. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

/** Reads an option's whole number; commander refuses any other text with the bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
