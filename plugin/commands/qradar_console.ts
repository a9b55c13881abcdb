import { readErrorText, readText } from "../client/transport.ts";
import type { Effects, HttpResponse } from "../effects.ts";
import { ApiError, AuthError } from "../errors.ts";
import type { ConsoleWay } from "../host/host.ts";

/** The REST API of a QRadar console, as IBM documents it for version 20.0 (7.5.0 UP6). */
export interface Console {
  /** Of the API, as both sides know it: `20.0`. */
  readonly version: string;
  /** One call; the answer's JSON, and the numbers of a `Content-Range`. */
  call(request: ConsoleRequest): Promise<ConsoleAnswer>;
}

/** A call below `/api`. */
export interface ConsoleRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, or bytes of a zip. */
  readonly body?: object | Uint8Array;
  /** First and last item wanted, both included. */
  readonly range?: readonly [number, number];
  /** Statuses that the caller reads itself, as it reads success. */
  readonly alsoTake?: readonly number[];
  /** Instead of the program's own: for what has to be said to the console at its end. */
  readonly signal?: AbortSignal;
}

/** What the console answered. */
export interface ConsoleAnswer {
  readonly status: number;
  readonly value: unknown;
  /** Of how many items `range` was a part; null where the console does not say. */
  readonly total: number | null;
}

/** Versions that this program knows the answers of, the best first. An older console has none of them. */
const VERSIONS = ["20.0", "19.0", "18.0", "17.0", "16.0", "15.0", "14.0", "13.0", "12.0"];
const TIMEOUT_MS = 60_000;
/** One page of ids or one list of log sources. */
const MAX_ANSWER_BYTES = 64 * 1_048_576;
/** A console that is busy, or whose Ariel server restarts: so many more tries. */
const MORE_TRIES = 5;
const FIRST_PAUSE_MS = 2_000;

/** Opens the API in the newest version that both sides know. Throws an `ApiError` that says what to do. */
export async function openConsole(
  way: ConsoleWay,
  effects: Pick<Effects, "sleep" | "log">,
  signal: AbortSignal,
): Promise<Console> {
  const first = consoleOf(way, null, effects, signal);
  const { value } = await first.call({ method: "GET", path: "/help/versions" });
  const offered = new Set(
    (Array.isArray(value) ? value : []).map((each) =>
      String((each as { version?: unknown }).version),
    ),
  );
  const version = VERSIONS.find((each) => offered.has(each));
  if (version === undefined) {
    throw refusal(`its API has the versions ${[...offered].join(", ") || "of none"}`, 404, {
      code: "qradar_version",
      hint: `One of ${VERSIONS.at(-1)} to ${VERSIONS[0]} is needed: QRadar 7.3.3 or later`,
    });
  }
  return consoleOf(way, version, effects, signal);
}

function consoleOf(
  { origin, token, fetch }: ConsoleWay,
  version: string | null,
  { sleep, log }: Pick<Effects, "sleep" | "log">,
  signal: AbortSignal,
): Console {
  async function once(request: ConsoleRequest): Promise<ConsoleAnswer> {
    const { method, path, query = {}, body, range } = request;
    const url = new URL(`/api${path}`, origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const isZip = body instanceof Uint8Array;
    const answer = await fetch({
      method,
      url: url.href,
      headers: {
        SEC: token,
        accept: "application/json",
        ...(version === null ? {} : { version }),
        ...(body === undefined
          ? {}
          : { "content-type": isZip ? "application/zip" : "application/json" }),
        ...(range === undefined ? {} : { range: `items=${range[0]}-${range[1]}` }),
      },
      ...(body === undefined ? {} : { body: isZip ? body : JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
      signal: request.signal ?? signal,
    });
    const isTaken = request.alsoTake?.includes(answer.status) ?? false;
    if (!isTaken && (answer.status < 200 || answer.status > 299)) {
      throw await answerError(request, answer);
    }
    return {
      status: answer.status,
      value: await answerValue(request, answer),
      total: totalOf(answer),
    };
  }
  return {
    version: version ?? "",
    async call(request) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await once(request);
        } catch (error) {
          const mayPass = error instanceof ApiError && error.retryable && attempt < MORE_TRIES;
          if (!mayPass) throw error;
          const delayMs = FIRST_PAUSE_MS * 2 ** attempt;
          log("warn", "QRadar is busy, trying again", { error: error.message, delayMs });
          await sleep(delayMs, signal);
        }
      }
    },
  };
}

async function answerValue({ path }: ConsoleRequest, answer: HttpResponse): Promise<unknown> {
  const text = await readText(answer.body, MAX_ANSWER_BYTES);
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(`${path} was answered with something that is no JSON`, answer.status, {
      code: "not_qradar",
      hint: "Is qradar.console the console itself, and not a login page or a proxy before it?",
    });
  }
}

/** `items 0-49/1234`. */
function totalOf({ headers }: HttpResponse): number | null {
  const total = /\/(\d+)$/.exec(headers["content-range"] ?? "")?.[1];
  return total === undefined ? null : Number(total);
}

/** One page of a list that may be long. */
const PAGE = 500;

/** Every item of a list, asked page by page. */
export async function allItems<Item>(
  console: Console,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let from = 0; ; from += PAGE) {
    const range = [from, from + PAGE - 1] as const;
    const { value, total } = await console.call({ method: "GET", path, query, range });
    const page = value as readonly Item[];
    items.push(...page);
    if (page.length < PAGE || (total !== null && from + PAGE >= total)) return items;
  }
}

/** Of the API: "the Ariel server might be temporarily unavailable". */
const ARIEL_AWAY = 1010;
const RIGHTS =
  "The authorized service needs a user role and a security profile that allow it: docs/qradar.md, docs/reconcile.md";
/** What to do about numbers of "extension management", which no other part of the API has. */
const OTHER_TASK = "The console works on an extension: run this again when it is done";
const NOT_TAKEN =
  "The console takes no such extension: Admin > Extensions Management says why; without one: mimecast-input qradar install --piecewise";
/** IBM asks the same right for looking at extensions as for bringing them. */
const NO_EXTENSIONS =
  "The authorized service needs the right to manage extensions (docs/qradar.md); without it: mimecast-input qradar install --piecewise";
const HINTS: Readonly<Record<number, string>> = {
  22607: NOT_TAKEN,
  22611: OTHER_TASK,
  22616: NOT_TAKEN,
  22617: OTHER_TASK,
  22618: OTHER_TASK,
  22619: NOT_TAKEN,
  22620: NOT_TAKEN,
};

async function answerError(
  { method, path }: ConsoleRequest,
  answer: HttpResponse,
): Promise<ApiError | AuthError> {
  const { status } = answer;
  const text = await readErrorText(answer.body);
  const { code, message } = errorOf(text);
  const said = message === "" ? "" : `: ${JSON.stringify(message.slice(0, 300))}`;
  const what = `${method} /api${path} was answered ${status}${code === null ? "" : ` (code ${code})`}${said}`;
  if (status === 401) {
    const hint = "Make a new authorized service on the console, and deploy: tokens expire";
    return new AuthError(`QRadar refuses: ${what}`, { code: "qradar_token", hint });
  }
  if (status === 403) {
    const hint = path.startsWith("/config/extension") ? NO_EXTENSIONS : RIGHTS;
    return new AuthError(`QRadar refuses: ${what}`, { code: "qradar_forbidden", hint });
  }
  const isBusy = status === 503 || status === 429 || code === ARIEL_AWAY;
  if (isBusy) return refusal(what, status, { code: "qradar_busy", retryable: true });
  const hint =
    status === 422 && path.startsWith("/ariel")
      ? "A property may be missing: mimecast-input qradar install"
      : HINTS[code ?? 0];
  return refusal(what, status, { code: "qradar_refused", ...(hint === undefined ? {} : { hint }) });
}

function errorOf(text: string): { readonly code: number | null; readonly message: string } {
  try {
    const { code, message, description } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return {
      code: typeof code === "number" ? code : null,
      message: String(message ?? description ?? ""),
    };
  } catch {
    return { code: null, message: "" };
  }
}

function refusal(
  what: string,
  status: number,
  { code, hint, retryable = false }: { code: string; hint?: string; retryable?: boolean },
): ApiError {
  return new ApiError(`QRadar refuses: ${what}`, {
    code,
    status,
    retryable,
    ...(hint === undefined ? {} : { hint }),
  });
}
