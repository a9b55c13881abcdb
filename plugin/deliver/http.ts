import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { RetryPolicy } from "../client/retry.ts";
import { isRetryableStatus, retryDelay } from "../client/retry.ts";
import type { Effects, HttpResponse } from "../effects.ts";
import { DeliveryError, NetworkError } from "../errors.ts";
import type { Delivery } from "./delivery.ts";

/** How lines are posted. */
export interface HttpOptions {
  readonly url: string;
  /** "lines": the lines as they are, one per line. "json": an array; a line that is no JSON object becomes `{"message": line}`. */
  readonly body: "lines" | "json";
  readonly gzip: boolean;
  /** Value of the Authorization header; null without. */
  readonly authorization: string | null;
  /** A batch is never longer, unless one line is. */
  readonly maxBatchBytes: number;
  readonly timeoutMs: number;
}

/** The shipper's "wait" (503 of Fluent Bit, a full buffer of Vector) is no failure: it is asked until it takes the batch. */
const PATIENT: RetryPolicy = {
  maxAttempts: Number.POSITIVE_INFINITY,
  baseDelayMs: 500,
  maxDelayMs: 30_000,
  maxTotalMs: Number.POSITIVE_INFINITY,
};

/**
 * Lines by HTTP to Vector's `http_server` (with acknowledgements), Fluent Bit's `http` input, or anything that
 * answers 2xx only once it has the data: the answer is the commit. One batch is in flight at a time, so a shipper
 * that does not answer holds the poll back. Throws `DeliveryError` where the shipper refuses for good.
 */
export function httpDelivery(
  effects: Pick<Effects, "fetch" | "sleep" | "now" | "random" | "log">,
  options: HttpOptions,
  signal: AbortSignal,
): Delivery {
  let accepted = 0;
  let tail: Promise<void> = Promise.resolve();

  async function post(lines: Uint8Array): Promise<void> {
    const request = await httpRequest(lines, options);
    let waitedMs = 0;
    for (let number = 1; ; number++) {
      const outcome = await effects.fetch({ ...request, signal }).then(answered, (error) => {
        if (error instanceof NetworkError) return error;
        throw error;
      });
      if ("status" in outcome && outcome.status >= 200 && outcome.status < 300) return;
      if ("status" in outcome && !isRetryableStatus(outcome.status))
        throw refused(outcome, options.url);
      const attempt = { number, waitedMs, nowMs: effects.now(), random: effects.random() };
      const delayMs = retryDelay(outcome, attempt, PATIENT) ?? PATIENT.maxDelayMs;
      if (number === 1 || number % 10 === 0) {
        const why = "status" in outcome ? `HTTP ${outcome.status}` : outcome.message;
        effects.log("warn", "The shipper does not take a batch, waiting", {
          why,
          attempts: number,
          delayMs,
        });
      }
      await effects.sleep(delayMs, signal);
      waitedMs += delayMs;
    }
  }

  return {
    safety: "taken",
    accepted: () => accepted,
    write(lines) {
      const copy = lines.slice();
      const sent = tail.then(async () => {
        for (const batch of splitLines(copy, options.maxBatchBytes)) {
          await post(batch);
          accepted += batch.length;
        }
      });
      tail = sent.catch(() => {});
      return sent;
    },
    readerWaits: () => false,
    flush: async () => {},
  };
}

/** The request for a batch of whole lines. */
export async function httpRequest(lines: Uint8Array, options: HttpOptions) {
  const plain = options.body === "json" ? jsonArray(lines) : lines;
  const body = options.gzip ? await promisify(gzip)(plain) : plain;
  return {
    method: "POST" as const,
    url: options.url,
    timeoutMs: options.timeoutMs,
    body,
    headers: {
      "content-type": options.body === "json" ? "application/json" : "application/x-ndjson",
      ...(options.gzip ? { "content-encoding": "gzip" } : {}),
      ...(options.authorization === null ? {} : { authorization: options.authorization }),
    },
  };
}

/** Pieces of whole lines, each at most `maxBytes` long unless it is a single longer line. */
export function* splitLines(lines: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  let from = 0;
  while (lines.length - from > maxBytes) {
    const cut = lines.lastIndexOf(LF, from + maxBytes - 1);
    const to = cut >= from ? cut : lines.indexOf(LF, from);
    if (to < 0) break;
    yield lines.subarray(from, to + 1);
    from = to + 1;
  }
  if (from < lines.length) yield lines.subarray(from);
}

const LF = 0x0a;

function jsonArray(lines: Uint8Array): Uint8Array {
  const texts = Buffer.from(lines).toString("utf8").split("\n");
  const objects = texts.filter((text) => text !== "").map(jsonObject);
  return Buffer.from(`[${objects.join(",")}]`);
}

function jsonObject(line: string): string {
  return line.startsWith("{") ? line : JSON.stringify({ message: line });
}

async function answered(
  response: HttpResponse,
): Promise<{ status: number; headers: HttpResponse["headers"]; text: string }> {
  let text = "";
  for await (const piece of response.body) {
    if (text.length < 500) text += Buffer.from(piece).toString("utf8");
  }
  return { status: response.status, headers: response.headers, text: text.slice(0, 500) };
}

function refused(outcome: { status: number; text: string }, url: string): DeliveryError {
  const { host, pathname } = new URL(url);
  const said = outcome.text.replaceAll(/\s+/g, " ").trim();
  return new DeliveryError(
    `Cannot deliver to "${host}${pathname}": HTTP ${outcome.status}${said === "" ? "" : `, "${said}"`}`,
    {
      code: "delivery_refused",
      hint: HINTS[outcome.status] ?? "Check output.http.url and the shipper's input",
    },
  );
}

const HINTS: Readonly<Record<number, string>> = {
  401: "Check output.http.auth against the shipper's input",
  403: "Check output.http.auth against the shipper's input",
  413: "Lower output.http.max_batch_bytes, or raise the limit of the shipper's input",
};
