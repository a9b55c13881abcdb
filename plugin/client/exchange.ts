import type { Effects, HttpRequest, HttpResponse } from "../effects.ts";
import { ConfigError } from "../errors.ts";
import { redactText } from "../text/redact.ts";
import type { Pacing } from "./attempts.ts";
import type { ApiRequest, ClientAccount } from "./client.ts";
import { isLoopback } from "./download_host.ts";
import type { AnswerContext } from "./json_answer.ts";
import type { MimecastClock } from "./mimecast_clock.ts";
import { RETRY_POLICY, type RetryPolicy } from "./retry.ts";
import { send } from "./transport.ts";

/** How requests are made. */
export interface ExchangeOptions {
  /** The limit until the headers come, and between two pieces of a body. Default 60 s. A whole JSON answer gets five times as long. */
  readonly timeoutMs?: number;
  readonly retry?: RetryPolicy;
  readonly userAgent?: string;
  /** Ends every wait and request. */
  readonly signal?: AbortSignal;
}

/** What every request of an account has in common. */
export interface Exchange {
  /** Sends a request. `shown` is the path for log lines. */
  send(
    request: Pick<HttpRequest, "method" | "url" | "headers" | "totalMs"> & {
      readonly body?: string;
    },
    shown: string,
  ): Promise<HttpResponse>;
  urlOf(request: Pick<ApiRequest, "path" | "query">): string;
  /** How its attempts follow each other. */
  pacing(method: string, path: string): Pacing;
  /** What reading its answer needs. */
  context(request: Pick<ApiRequest, "method" | "path">): AnswerContext;
  redact(text: string): string;
}

/** `secrets`: of the moment. Throws a `ConfigError` where the account's URL can't be used. */
export function createExchange(
  account: ClientAccount,
  api: "1.0" | "2.0",
  effects: Effects,
  clock: Pick<MimecastClock, "now">,
  options: ExchangeOptions,
  secrets: () => readonly string[],
): Exchange {
  const base = checkedBase(account);
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, userAgent = "mimecast-input" } = options;
  const redact = (text: string): string => redactText(text, secrets());
  return {
    redact,
    send(request, shown) {
      const headers = { "user-agent": userAgent, ...request.headers };
      const bounds = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
      const fields = { account: account.name, method: request.method, path: shown };
      return send({ ...request, headers, ...bounds }, effects, fields, redact);
    },
    urlOf({ path, query = {} }) {
      const url = new URL(base.pathname.replace(/\/+$/, "") + path, base.origin);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return url.href;
    },
    pacing: (method, path) => ({
      effects,
      policy: options.retry ?? RETRY_POLICY,
      signal,
      fields: { account: account.name, method, path },
    }),
    context: ({ method, path }) => {
      return { method, path, host: base.host, api, nowMs: clock.now(), redact };
    },
  };
}

/** Until the headers have come, and between two pieces of a body. */
export const DEFAULT_TIMEOUT_MS = 60_000;

function checkedBase(account: ClientAccount): URL {
  const url = URL.canParse(account.baseUrl) ? new URL(account.baseUrl) : null;
  if (
    url === null ||
    (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url)))
  ) {
    throw new ConfigError(`Cannot use base_url "${account.baseUrl}": must be https`, {
      code: "base_url",
    });
  }
  return url;
}
