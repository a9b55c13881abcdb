import type { Effects, HttpRequest, HttpResponse } from "../effects.ts";
import { BudgetError, ConfigError } from "../errors.ts";
import { redactText } from "../text/redact.ts";
import { shown } from "./answer_error.ts";
import { answerLimit } from "./answer_limit.ts";
import { type Pacing, withRetries } from "./attempts.ts";
import {
  type CredentialsV2,
  readToken,
  TOKEN_PATH,
  type Token,
  tokenRequest,
} from "./auth/auth_v2.ts";
import { bearerAuthenticator, signingAuthenticator } from "./auth/authenticator.ts";
import { createTokenSource } from "./auth/token_source.ts";
import { callKind } from "./budget/rate_limit.ts";
import { memoryBudget, type SharedBudget } from "./budget/shared_budget.ts";
import type { ApiRequest, ClientAccount, Credentials, MimecastClient } from "./client.ts";
import { bounded, readDownload } from "./download.ts";
import { allowedLink, isLoopback } from "./download_host.ts";
import {
  type AnswerContext,
  attempted,
  isFile,
  type JsonAnswer,
  readJsonAnswer,
} from "./json_answer.ts";
import { createMimecastClock, type MimecastClock } from "./mimecast_clock.ts";
import { RETRY_POLICY, type RetryPolicy } from "./retry.ts";
import { parseJson, readErrorText, readText, send } from "./transport.ts";

/** Options of `createClient`. */
export interface ClientOptions {
  /** The account's folder in the state directory: keeps the API 2.0 token. In memory only where absent. */
  readonly stateFolder?: string;
  /** The limit until the headers come, and between two pieces of a body. Default 60 s. A whole JSON answer gets five times as long. */
  readonly timeoutMs?: number;
  /** Largest JSON answer. Default: by the path, see `answerLimit`. */
  readonly maxJsonBytes?: number;
  readonly retry?: RetryPolicy;
  /** The credential's rate budget. Default: a new one, with the limits of the headers only. */
  readonly budget?: SharedBudget;
  /** Learns from every answer of the API host, and dates the signatures of API 1.0. Default: a new one. */
  readonly clock?: Pick<MimecastClock, "answered" | "now">;
  readonly userAgent?: string;
  /** Further texts that no message may hold, besides the account's own keys. */
  readonly secrets?: readonly string[];
  /** Ends every wait and request. */
  readonly signal?: AbortSignal;
}

/** A token answer is some kilobytes. */
const MAX_TOKEN_ANSWER_BYTES = 65_536;

/** A JSON answer may take so many times `timeoutMs`, from the request to its last byte. */
const ANSWER_TIMEOUTS = 5;

/** The client of one account. All sources of the account share it, and so its token and rate budget. */
export function createClient(
  account: ClientAccount,
  credentials: Credentials,
  effects: Effects,
  options: ClientOptions = {},
): MimecastClient {
  const base = checkedBase(account);
  const { signal, timeoutMs = 60_000 } = options;
  const always = { "user-agent": options.userAgent ?? "mimecast-input" };
  const clock = options.clock ?? createMimecastClock(() => effects.now());
  const budget = options.budget ?? memoryBudget(() => effects.now());

  /** One exchange. `shown` is the path for log lines. */
  const exchange = (
    request: Pick<HttpRequest, "method" | "url" | "headers" | "totalMs"> & {
      readonly body?: string;
    },
    shown: string,
  ): Promise<HttpResponse> => {
    const headers = { ...always, ...request.headers };
    const bounds = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const fields = { account: account.name, method: request.method, path: shown };
    return send({ ...request, headers, ...bounds }, effects, fields, redact);
  };
  const pacing = (method: string, path: string): Pacing => ({
    effects,
    policy: options.retry ?? RETRY_POLICY,
    signal,
    fields: { account: account.name, method, path },
  });
  const context = ({ method, path }: Pick<ApiRequest, "method" | "path">): AnswerContext => ({
    method,
    path,
    host: base.host,
    api: credentials.api,
    nowMs: clock.now(),
    redact,
  });
  const redact = (text: string): string =>
    redactText(text, [...authenticator.secrets(), ...(options.secrets ?? [])]);

  const authenticator =
    credentials.api === "1.0"
      ? signingAuthenticator(credentials, effects, clock)
      : bearerAuthenticator(
          credentials,
          createTokenSource({
            credentials,
            baseUrl: account.baseUrl,
            stateFolder: options.stateFolder,
            effects,
            request: () => requestToken(credentials),
          }),
        );

  function requestToken(keys: CredentialsV2): Promise<Token> {
    const request = { ...tokenRequest(keys), path: TOKEN_PATH };
    return withRetries(
      async () => {
        const url = urlOf(base, request);
        const answer = await exchange({ ...request, url, totalMs: timeoutMs }, TOKEN_PATH);
        const { status, headers } = answer;
        clock.answered(headers);
        return attempted(answer, async () => {
          const { body } = answer;
          const text =
            status === 200
              ? await readText(body, MAX_TOKEN_ANSWER_BYTES)
              : await readErrorText(body);
          return readToken({ ...context(request), status, headers, body: parseJson(text) });
        });
      },
      pacing(request.method, TOKEN_PATH),
    );
  }

  /** Sends an API request with the account's credentials; after a 401 once more with fresh ones. */
  async function ask(request: ApiRequest, bounds: Pick<HttpRequest, "totalMs">) {
    const { method, path } = request;
    const hasBody = request.body !== undefined;
    const body = hasBody ? { body: JSON.stringify(request.body) } : {};
    const type = hasBody ? { "content-type": "application/json" } : {};
    for (let isRenewed = false; ; isRenewed = true) {
      const headers = { ...type, ...(await authenticator.headers(path)) };
      const asked = { method, url: urlOf(base, request), headers, ...body, ...bounds };
      const answer = await exchange(asked, path);
      clock.answered(answer.headers);
      await budget.answered(answer.headers);
      if (answer.status !== 401 || isRenewed || !authenticator.renew(headers)) return answer;
      await readErrorText(answer.body);
      const delayMs = budget.take(callKind(path));
      if (delayMs > 0) throw new BudgetError(delayMs, effects.now());
    }
  }

  const call = <T>(
    request: ApiRequest,
    bounds: Pick<HttpRequest, "totalMs">,
    read: (answer: HttpResponse) => Promise<T>,
  ): Promise<T> =>
    withRetries(
      async () => {
        const answer = await ask(request, bounds);
        return attempted(answer, () => read(answer));
      },
      { ...pacing(request.method, request.path), budget, kind: callKind(request.path) },
    );

  const readJson = (request: ApiRequest, answer: HttpResponse): Promise<JsonAnswer> =>
    readJsonAnswer(answer, context(request), options.maxJsonBytes ?? answerLimit(request.path));

  return {
    json: (request) =>
      call(request, { totalMs: ANSWER_TIMEOUTS * timeoutMs }, async (answer) => ({
        headers: answer.headers,
        ...(await readJson(request, answer)),
      })),

    file: (request) =>
      call(request, {}, async (answer) => {
        const { headers, body } = answer;
        if (isFile(answer)) return { json: undefined, headers, body: bounded(body) };
        return { headers, json: (await readJson(request, answer)).body };
      }),

    download: async (link) => {
      const url = allowedLink(link, account);
      const path = redact(`${url.host}${url.pathname}`);
      const asked = { method: "GET" as const, url: url.href, headers: {} };
      const shownIn = (text: string, maxLength: number) => shown({ redact }, text, maxLength);
      return withRetries(
        async () => readDownload(await exchange(asked, path), url, shownIn),
        pacing("GET", path),
      );
    },
  };
}

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

function urlOf(base: URL, request: ApiRequest): string {
  const url = new URL(base.pathname.replace(/\/+$/, "") + request.path, base.origin);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    url.searchParams.set(name, value);
  }
  return url.href;
}
