import { Command, InvalidArgumentError } from "commander";
import { EXIT } from "../plugin/errors.ts";

/** The command line of a script, `npm run NAME -- OPTIONS`: `--help`, and exit code 64 with one sentence for a wrong one, as the program has. */
export function scriptCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .showSuggestionAfterError(true)
    .showHelpAfterError(`"npm run ${name} -- --help" shows the options`)
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));
}

/** Reads the value of an option: a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}
