import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { RetryPolicy } from "../client/retry.ts";
import { isRetryableStatus, retryDelay } from "../client/retry.ts";
import type { HttpOutput } from "../config/config.ts";
import type { Effects, HttpResponse } from "../effects.ts";
import { DeliveryError, NetworkError } from "../errors.ts";
import { createSerial } from "../state/serial.ts";
import type { Delivery } from "./delivery.ts";
import { type HttpForm, httpBody } from "./http_body.ts";
import { isOtlpRetryable, otlpRejection } from "./otlp.ts";
import { splitLines } from "./split_lines.ts";

/** How the program posts lines. */
export interface HttpOptions {
  /** Its key in `output`, for messages. */
  readonly kind: HttpOutput["kind"];
  readonly url: string;
  /** "lines": the lines as they are, one per line. "json": an array; a line that is no JSON object becomes `{"message": line}`. */
  readonly body: HttpForm;
  /** OTLP: each record has what a syslog exporter makes its line of. Default: false. */
  readonly syslogAttributes?: boolean;
  readonly gzip: boolean;
  /** Value of the Authorization header; null without. */
  readonly authorization: string | null;
  /** A batch is never longer, unless one line is. */
  readonly maxBatchBytes: number;
  /** How long the shipper may take to answer. A batch that it takes later comes twice. */
  readonly timeoutMs: number;
  /** The program waits for a shipper that says "wait" until this moment, ms since 1970. */
  readonly endMs: number;
}

/** The shipper's "wait" (503 of Fluent Bit, a full buffer of Vector) is no failure: the program asks until it takes the batch. */
const PATIENT: RetryPolicy = {
  maxAttempts: Number.POSITIVE_INFINITY,
  baseDelayMs: 500,
  maxDelayMs: 30_000,
  maxTotalMs: Number.POSITIVE_INFINITY,
};

/** Near the end of the run a batch still gets this long. */
const LEAST_TIMEOUT_MS = 5_000;
/** While it waits, the log says so at the first and every so many attempts. */
const SAY_EVERY = 10;

/**
 * Lines by HTTP to Vector's `http_server` (with acknowledgements), Fluent Bit's `http` input, or anything that
 * answers 2xx only once it has the data: the answer is the commit. One batch is in flight at a time, so a shipper
 * that does not answer holds the poll back. Throws `DeliveryError` if the shipper refuses for good (code
 * `delivery_refused`) or takes nothing until `endMs` (`delivery_timeout`), and `signal.reason` after an abort: it still
 * waits for the batch in flight, until its time is over or `hurry` is aborted too.
 */
export function httpDelivery(
  effects: Pick<Effects, "fetch" | "sleep" | "now" | "random" | "log">,
  options: HttpOptions,
  signal: AbortSignal,
  hurry: AbortSignal = new AbortController().signal,
): Delivery {
  let accepted = 0;
  const inTurn = createSerial();
  const isOtlp = options.body.startsWith("otlp");
  const isRetryable = isOtlp ? isOtlpRetryable : isRetryableStatus;

  async function post(lines: Uint8Array): Promise<void> {
    const request = await httpRequest(lines, options, effects.now());
    let waitedMs = 0;
    for (let number = 1; ; number++) {
      signal.throwIfAborted();
      const leftMs = Math.max(options.endMs - effects.now(), LEAST_TIMEOUT_MS);
      const timeoutMs = Math.min(options.timeoutMs, leftMs);
      const bounds = { timeoutMs, totalMs: timeoutMs, signal: hurry };
      const outcome = await effects.fetch({ ...request, ...bounds }).then(
        (response) => answered(response, isOtlp ? LONGEST_PARTIAL_BYTES : MOST_WORDS),
        (error) => {
          if (error instanceof NetworkError) return error;
          throw error;
        },
      );
      if ("status" in outcome) {
        const isSuccess = outcome.status >= 200 && outcome.status < 300;
        if (isSuccess && !isHtml(outcome)) return mustBeWhole(outcome, options);
        if (!isSuccess && !isRetryable(outcome.status)) throw refused(outcome, options);
      }
      const nowMs = effects.now();
      const attempt = { number, waitedMs, nowMs, random: effects.random() };
      const delayMs = retryDelay(outcome, attempt, PATIENT) ?? PATIENT.maxDelayMs;
      const why = "status" in outcome ? answerText(outcome) : outcome.message;
      if (nowMs + delayMs >= options.endMs) throw notTaken(why, options);
      if (number === 1 || number % SAY_EVERY === 0) {
        const fields = { why, attempts: number, delayMs };
        effects.log("warn", "The shipper does not take a batch, waiting", fields);
      }
      await effects.sleep(delayMs, signal);
      waitedMs += delayMs;
    }
  }

  return {
    safety: "taken",
    accepted: () => accepted,
    write(lines, onPart) {
      // Not slice(): that of a Buffer shares its memory.
      const copy = new Uint8Array(lines);
      return inTurn(async () => {
        let partBytes = 0;
        for (const batch of splitLines(copy, options.maxBatchBytes)) {
          await post(batch);
          accepted += batch.length;
          partBytes += batch.length;
          if (partBytes < copy.length) await onPart?.(partBytes);
        }
      });
    },
    isWriting: () => false,
    readerWaits: () => false,
    flush: async () => {},
  };
}

/** The request for a batch of whole lines. */
export async function httpRequest(
  lines: Uint8Array,
  options: Pick<HttpOptions, "url" | "body" | "syslogAttributes" | "gzip" | "authorization">,
  nowMs: number,
) {
  const { type, bytes } = httpBody(lines, options.body, nowMs, options.syslogAttributes);
  return {
    method: "POST" as const,
    url: options.url,
    body: options.gzip ? await promisify(gzip)(bytes) : bytes,
    headers: {
      "content-type": type,
      ...(options.gzip ? { "content-encoding": "gzip" } : {}),
      ...(options.authorization === null ? {} : { authorization: options.authorization }),
    },
  };
}

type Answered = Pick<HttpResponse, "status" | "headers"> & {
  readonly bytes: Uint8Array;
  readonly text: string;
};

/** Of what a refusal says. */
const MOST_WORDS = 300;
/** Of the answer that may say that a batch was taken in part. */
const LONGEST_PARTIAL_BYTES = 65_536;

/** The status counts; of the body, only the beginning of what a refusal says. */
async function answered(
  { status, headers, body }: HttpResponse,
  mostBytes: number,
): Promise<Answered> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const piece of body) {
      bytes = Buffer.concat([bytes, piece]);
      if (bytes.length > mostBytes) break;
    }
  } catch (error) {
    // The answer ended after its status, which is the shipper's decision.
    if (!(error instanceof NetworkError)) throw error;
  }
  return { status, headers, bytes, text: bytes.toString("utf8") };
}

/** A receiver of OTLP says in a 200 that it has left records out; it must not be asked again for these. */
function mustBeWhole({ bytes }: Answered, { body, url, kind }: HttpOptions): void {
  if (!body.startsWith("otlp")) return;
  const rejection = otlpRejection(bytes, body === "otlp_json" ? "json" : "protobuf");
  if (rejection === null) return;
  throw new DeliveryError(`Cannot deliver to "${shown(url)}": ${oneLine(rejection)}`, {
    code: "delivery_rejected",
    hint: `See why the receiver at output.${kind}.url rejects them: nothing is committed, the batch is sent again at the next start`,
  });
}

/** A captive portal or a login page answered instead of the shipper, which sends no pages. */
function isHtml({ headers, text }: Answered): boolean {
  return /\bx?html\b/i.test(headers["content-type"] ?? "") || /^\s*<(!doctype|html)\b/i.test(text);
}

function answerText(answer: Answered): string {
  const page = isHtml(answer) ? " with a page of HTML: something else answers at this address" : "";
  return `HTTP ${answer.status}${page}`;
}

/** What another program says, fit for a message. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, MOST_WORDS);
}

function refused({ status, text }: Answered, { url, kind }: HttpOptions): DeliveryError {
  const said = oneLine(text);
  const words = said === "" ? "" : `, "${said}"`;
  return new DeliveryError(`Cannot deliver to "${shown(url)}": HTTP ${status}${words}`, {
    code: "delivery_refused",
    hint: hintOf(status, kind),
  });
}

function notTaken(why: string, { url }: HttpOptions): DeliveryError {
  return new DeliveryError(
    `Cannot deliver to "${shown(url)}": the shipper took nothing until the end of the run: ${why}`,
    {
      code: "delivery_timeout",
      hint: "See whether the shipper runs and its outputs move on; nothing is lost, the next run goes on from here",
    },
  );
}

/** Without the query, which may hold a key. */
function shown(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** The setting that a status speaks of. */
function hintOf(status: number, kind: HttpOutput["kind"]): string {
  const key = `output.${kind}`;
  switch (status) {
    case 400:
      return kind === "otlp"
        ? `Check ${key}.encoding and ${key}.url against the receiver`
        : `Check ${key}.body: Fluent Bit's http input takes json, Vector's http_server what its decoding says`;
    case 401:
    case 403:
      return `Check ${key}.auth against the shipper's input`;
    case 413:
      return `Lower ${key}.max_batch_bytes, or raise the limit of the shipper's input`;
    case 415:
      return `Check ${key}.${kind === "otlp" ? "encoding" : "body"} and ${key}.gzip against the shipper's input`;
    default:
      return `Check ${key}.url and the shipper's input`;
  }
}
