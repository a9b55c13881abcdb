const TEXT = "[secret]";

/**
 * A text that nobody may see. Every way of printing it (string, JSON, `console.log`, template) shows `[secret]`; only
 * `reveal()` returns the text.
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
