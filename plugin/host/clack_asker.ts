import type { Readable, Writable } from "node:stream";
import { confirm, isCancel, multiselect, password, select, text } from "@clack/prompts";
import { type Asker, AskingLeftError, type Check } from "./asker.ts";

/** Asks on a terminal, with @clack/prompts. */
export function clackAsker(terminal: {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}): Asker {
  return {
    choose: async (message, choices, initial) =>
      answered(
        await select<string>({
          ...terminal,
          message,
          options: choices.map((choice) => ({ ...choice })),
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ) as never,
    chooseSome: async (message, choices, initial) =>
      answered(
        await multiselect<string>({
          ...terminal,
          message,
          options: choices.map((choice) => ({ ...choice })),
          initialValues: [...initial],
          required: true,
        }),
      ) as never,
    text: async (message, initial, check) =>
      answered(
        await text({ ...terminal, message, initialValue: initial, validate: checked(check) }),
      ),
    hidden: async (message, check) =>
      answered(await password({ ...terminal, message, validate: checked(check) })),
    confirm: async (message, initial) =>
      answered(await confirm({ ...terminal, message, initialValue: initial })),
  };
}

/** The library gives undefined for an empty answer. */
function checked(check: Check): (value: string | undefined) => string | undefined {
  return (value) => check(value ?? "");
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new AskingLeftError("The questions were left");
  return answer as Exclude<T, symbol>;
}
