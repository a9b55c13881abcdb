import type { Effects, HttpRequest, HttpResponse } from "../effects.ts";
import { BudgetError } from "../errors.ts";
import { shown } from "./answer_error.ts";
import { answerLimit } from "./answer_limit.ts";
import { withRetries } from "./attempts.ts";
import {
  type CredentialsV2,
  readToken,
  TOKEN_PATH,
  type Token,
  tokenRequest,
} from "./auth/auth_v2.ts";
import {
  type Authenticator,
  bearerAuthenticator,
  signingAuthenticator,
} from "./auth/authenticator.ts";
import { createTokenSource, type TokenKeep } from "./auth/token_source.ts";
import { callKind } from "./budget/rate_limit.ts";
import { memoryBudget, type SharedBudget } from "./budget/shared_budget.ts";
import type { ApiRequest, ClientAccount, Credentials, MimecastClient } from "./client.ts";
import { bounded, readDownload } from "./download.ts";
import { allowedLink } from "./download_host.ts";
import {
  createExchange,
  DEFAULT_TIMEOUT_MS,
  type Exchange,
  type ExchangeOptions,
} from "./exchange.ts";
import { attempted, isFile, type JsonAnswer, readJsonAnswer } from "./json_answer.ts";
import { createMimecastClock, type MimecastClock } from "./mimecast_clock.ts";
import { parseJson, readErrorText, readText } from "./transport.ts";

/** Options of `createClient`. */
export interface ClientOptions extends ExchangeOptions {
  /** Keeps the API 2.0 token for the next run. In memory only where absent. */
  readonly token?: TokenKeep;
  /** Largest JSON answer. Default: by the path, see `answerLimit`. */
  readonly maxJsonBytes?: number;
  /** The credential's rate budget. Default: a new one, with the limits of the headers only. */
  readonly budget?: SharedBudget;
  /** Learns from every answer of the API host, and dates the signatures of API 1.0. Default: a new one. */
  readonly clock?: Pick<MimecastClock, "answered" | "now">;
  /** Further texts that no message may hold, besides the account's own keys. */
  readonly secrets?: readonly string[];
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
  const { timeoutMs = DEFAULT_TIMEOUT_MS, secrets = [], maxJsonBytes } = options;
  const clock = options.clock ?? createMimecastClock(() => effects.now());
  const budget = options.budget ?? memoryBudget(() => effects.now());
  const known = () => [...authenticator.secrets(), ...secrets];
  const exchange = createExchange(account, credentials.api, effects, clock, options, known);
  const tokenOf = (keys: CredentialsV2) => requestToken(keys, exchange, clock, timeoutMs);
  const authenticator =
    credentials.api === "1.0"
      ? signingAuthenticator(credentials, effects, clock)
      : bearerAuthenticator(
          credentials,
          createTokenSource({
            credentials,
            baseUrl: account.baseUrl,
            kept: options.token,
            effects,
            request: () => tokenOf(credentials),
          }),
        );
  const ask = asker({ exchange, authenticator, clock, budget, now: () => effects.now() });

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
      {
        ...exchange.pacing(request.method, request.path),
        budget,
        kind: callKind(request.path),
      },
    );

  const readJson = (request: ApiRequest, answer: HttpResponse): Promise<JsonAnswer> =>
    readJsonAnswer(answer, exchange.context(request), maxJsonBytes ?? answerLimit(request.path));

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

    download: (link) => download(link, account, exchange),
  };
}

async function requestToken(
  keys: CredentialsV2,
  { send, urlOf, context, pacing }: Exchange,
  clock: Pick<MimecastClock, "answered">,
  timeoutMs: number,
): Promise<Token> {
  const request = { ...tokenRequest(keys), path: TOKEN_PATH };
  return withRetries(
    async () => {
      const url = urlOf(request);
      const answer = await send({ ...request, url, totalMs: timeoutMs }, TOKEN_PATH);
      const { status, headers, body } = answer;
      clock.answered(headers);
      return attempted(answer, async () => {
        const text =
          status === 200 ? await readText(body, MAX_TOKEN_ANSWER_BYTES) : await readErrorText(body);
        return readToken({ ...context(request), status, headers, body: parseJson(text) });
      });
    },
    pacing(request.method, TOKEN_PATH),
  );
}

/** Sends API requests with the account's credentials; after a 401 once more with fresh ones. */
function asker(parts: {
  readonly exchange: Exchange;
  readonly authenticator: Authenticator;
  readonly clock: Pick<MimecastClock, "answered">;
  readonly budget: SharedBudget;
  readonly now: () => number;
}) {
  const { exchange, authenticator, clock, budget, now } = parts;
  return async (
    request: ApiRequest,
    bounds: Pick<HttpRequest, "totalMs">,
  ): Promise<HttpResponse> => {
    const { method, path } = request;
    const hasBody = request.body !== undefined;
    const body = hasBody ? { body: JSON.stringify(request.body) } : {};
    const type = hasBody ? { "content-type": "application/json" } : {};
    for (let isRenewed = false; ; isRenewed = true) {
      const headers = { ...type, ...(await authenticator.headers(path)) };
      const asked = { method, url: exchange.urlOf(request), headers, ...body, ...bounds };
      const answer = await exchange.send(asked, path);
      clock.answered(answer.headers);
      await budget.answered(answer.headers);
      if (answer.status !== 401 || isRenewed || !authenticator.renew(headers)) return answer;
      await readErrorText(answer.body);
      const delayMs = budget.take(callKind(path));
      if (delayMs > 0) throw new BudgetError(delayMs, now());
    }
  };
}

async function download(
  link: string,
  account: ClientAccount,
  { send, pacing, redact }: Exchange,
): ReturnType<MimecastClient["download"]> {
  const url = allowedLink(link, account);
  const path = redact(`${url.host}${url.pathname}`);
  const asked = { method: "GET" as const, url: url.href, headers: {} };
  const shownIn = (text: string, maxLength: number) => shown({ redact }, text, maxLength);
  return withRetries(
    async () => readDownload(await send(asked, path), url, shownIn),
    pacing("GET", path),
  );
}
