/** An answer of the console's API. */
export interface Answer {
  readonly status: number;
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** A call below `/api`. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string;
}

/** An answer with a value. */
export function say(status: number, value: unknown, headers = {}): Answer {
  return { status, value, headers };
}

/** A refusal in the form of the API. */
export function refuse(status: number, code: number, message: string): Answer {
  return say(status, {
    http_response: { code: status, message },
    code,
    message,
    details: {},
    description: "",
  });
}
