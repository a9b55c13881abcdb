const TEXT = "[secret]";

/**
 * A text that must not be seen. Printing it in any way (string, JSON, `console.log`, template) gives
 * `[secret]`; only `reveal()` gives the text.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it where it is used, never where something is printed. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return TEXT;
  }

  toJSON(): string {
    return TEXT;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return TEXT;
  }
}
