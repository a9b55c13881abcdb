import type { Effects, HttpResponse } from "../effects.ts";
import { ApiError, ConfigError, isKnownError } from "../errors.ts";
import { answerError, type ErrorAnswer } from "./answer_error.ts";
import { type Attempted, type Pacing, withRetries } from "./attempts.ts";
import { readToken, TOKEN_PATH, type Token, tokenRequest } from "./auth_v2.ts";
import { bearerAuthenticator, redact, signingAuthenticator } from "./authenticator.ts";
import { FULL_BUDGET, spend } from "./budget.ts";
import type { ApiRequest, ClientAccount, Credentials, MimecastClient } from "./client.ts";
import { readDownload } from "./download.ts";
import { allowedLink, isLoopback } from "./download_host.ts";
import { failureOf, isObject } from "./failure.ts";
import { isRetryableStatus, RETRY_POLICY, type RetryPolicy } from "./retry.ts";
import { createTokenSource } from "./token_source.ts";
import { parseJson, readErrorText, readText, send } from "./transport.ts";

/** Options of `createClient`. */
export interface ClientOptions {
  /** The account's folder in the state directory: keeps the API 2.0 token. In memory only where absent. */
  readonly stateFolder?: string;
  /** Until the headers have come, and between two pieces of a body. Default 60 s. */
  readonly timeoutMs?: number;
  /** Largest JSON answer. Default 64 MiB. */
  readonly maxJsonBytes?: number;
  readonly retry?: RetryPolicy;
  readonly userAgent?: string;
  /** Ends every wait and request. */
  readonly signal?: AbortSignal;
}

type Headers = Readonly<Record<string, string>>;
type Answered = { readonly answer: HttpResponse; readonly request: ApiRequest };

/** The client of one account. All sources of the account share it, and so its token and rate budget. */
export function createClient(
  account: ClientAccount,
  credentials: Credentials,
  effects: Effects,
  options: ClientOptions = {},
): MimecastClient {
  const base = checkedBase(account);
  const timeoutMs = options.timeoutMs ?? 60_000;
  const maxJsonBytes = options.maxJsonBytes ?? 64 * 1_048_576;
  const signal = options.signal;
  const always = { "user-agent": options.userAgent ?? "mimecast-input" };
  const budget = { value: FULL_BUDGET };
  const common = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
  const fieldsOf = (method: string, path: string) => ({ account: account.name, method, path });
  const pacing = (method: string, path: string): Pacing => ({
    effects,
    policy: options.retry ?? RETRY_POLICY,
    signal,
    fields: fieldsOf(method, path),
  });

  const authenticator =
    credentials.api === "1.0"
      ? signingAuthenticator(credentials, effects)
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

  const errorAnswer = (
    { answer, request }: Answered,
    body: unknown,
    status = answer.status,
  ): ErrorAnswer => ({
    method: request.method,
    path: request.path,
    host: base.host,
    api: credentials.api,
    status,
    headers: answer.headers,
    body,
    nowMs: effects.now(),
    redact: (text) => redact(text, authenticator.secrets()),
  });

  async function requestToken(keys: Extract<Credentials, { api: "2.0" }>): Promise<Token> {
    const request = { method: "POST", path: TOKEN_PATH } as const;
    return withRetries(
      async () => {
        const { headers, ...parts } = tokenRequest(keys);
        const url = urlOf(base, request);
        const answer = await send(
          { ...parts, headers: { ...always, ...headers }, url, ...common },
          effects,
          fieldsOf(request.method, request.path),
        );
        const body = parseJson(await readErrorText(answer.body));
        return understood(answer, () => readToken(errorAnswer({ answer, request }, body)));
      },
      pacing(request.method, request.path),
    );
  }

  async function ask(request: ApiRequest): Promise<Answered> {
    const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) };
    const type = request.body === undefined ? {} : { "content-type": "application/json" };
    for (let renewed = false; ; renewed = true) {
      const headers = { ...always, ...type, ...(await authenticator.headers(request.path)) };
      const answer = await send(
        { method: request.method, url: urlOf(base, request), headers, ...body, ...common },
        effects,
        fieldsOf(request.method, request.path),
      );
      budget.value = spend(budget.value, answer.headers, effects.now());
      if (answer.status !== 401 || renewed || !authenticator.renew()) return { answer, request };
      await readErrorText(answer.body);
    }
  }

  /** A JSON answer that is a success; `file` answers that are no JSON never come here. */
  async function readJson(answered: Answered): Promise<{ body: unknown; text: string }> {
    const { answer } = answered;
    if (!isSuccess(answer)) {
      const body = parseJson(await readErrorText(answer.body));
      throw answerError(errorAnswer(answered, body));
    }
    const text = await readText(answer.body, maxJsonBytes);
    const body = parseJson(text);
    if (body === undefined) throw notJson(answered, base.host);
    if (failureOf(body) !== null) throw answerError(errorAnswer(answered, body, metaStatus(body)));
    return { body, text };
  }

  const call = <T>(request: ApiRequest, read: (answered: Answered) => Promise<T>): Promise<T> =>
    withRetries(
      async () => {
        const answered = await ask(request);
        return understood(answered.answer, () => read(answered));
      },
      { ...pacing(request.method, request.path), budget },
    );

  return {
    json: (request) =>
      call(request, async (answered) => ({
        headers: answered.answer.headers,
        ...(await readJson(answered)),
      })),

    file: (request) =>
      call(request, async (answered) => {
        const { headers, body } = answered.answer;
        if (isSuccess(answered.answer) && !isText(headers))
          return { json: undefined, headers, body };
        return { headers, json: (await readJson(answered)).body };
      }),

    download: async (link) => {
      const url = allowedLink(link, account);
      const path = url.pathname;
      return withRetries(
        async () =>
          readDownload(
            await send(
              { method: "GET", url: url.href, headers: always, ...common },
              effects,
              fieldsOf("GET", `${url.host}${path}`),
            ),
            url,
          ),
        pacing("GET", `${url.host}${path}`),
      );
    },
  };
}

/** Turns an error of reading into one that knows its status, so that the retry policy can decide. */
async function understood<T>(
  answer: HttpResponse,
  read: () => T | Promise<T>,
): Promise<Attempted<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!isKnownError(error) || !("retryable" in error || error.name === "AuthError")) throw error;
    const retryable = error instanceof ApiError && error.retryable;
    // A 200 that is a failure all the same counts as 503 where Mimecast says that it may pass.
    const status = retryable && !isRetryableStatus(answer.status) ? 503 : answer.status;
    return { error, outcome: { status: retryable ? status : 400, headers: answer.headers } };
  }
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

function isSuccess(answer: HttpResponse): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** JSON, or an HTML page of something in between: not a log file. */
function isText(headers: Headers): boolean {
  return /\bjson\b|\bhtml\b/i.test(headers["content-type"] ?? "");
}

/** The envelope's own status: a failure inside a 200 sometimes carries the real one. */
function metaStatus(body: unknown): number | undefined {
  const meta = isObject(body) && isObject(body.meta) ? body.meta : {};
  return typeof meta.status === "number" && meta.status >= 400 ? meta.status : undefined;
}

function notJson({ answer, request }: Answered, host: string): ApiError {
  const type = answer.headers["content-type"] ?? "none";
  const what = `${request.method} ${request.path} on "${host}"`;
  return new ApiError(`Cannot read the answer to ${what}: no JSON (content type "${type}")`, {
    code: "not_json",
    status: answer.status,
    retryable: true,
    hint: "If this lasts, a proxy or firewall answers instead of Mimecast",
  });
}
