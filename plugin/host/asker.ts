import { PromptAbortedError } from "./hidden_prompt.ts";

/** One of several answers. */
export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** The problem of an answer; undefined if it is right. */
export type Check = (text: string) => string | undefined;

/** Asks a person. Every method rejects with `AskingLeftError` if the person leaves (Ctrl-C, Escape). */
export interface Asker {
  choose<T extends string>(
    question: string,
    choices: readonly Choice<T>[],
    initial?: T,
  ): Promise<T>;
  chooseSome<T extends string>(
    question: string,
    choices: readonly Choice<T>[],
    initial: readonly T[],
  ): Promise<readonly T[]>;
  text(question: string, initial: string, check: Check): Promise<string>;
  /** Shows only the length of the answer. */
  hidden(question: string, check: Check): Promise<string>;
  confirm(question: string, initial: boolean): Promise<boolean>;
}

/** The person left: the program ends as after an interrupt. */
export class AskingLeftError extends PromptAbortedError {}
