import { parseJson, readText } from "../client/transport.ts";
import type { Effects, HttpResponse } from "../effects.ts";
import { ApiError } from "../errors.ts";
import type { ConsoleWay } from "../host/host.ts";
import { answerError, isRecord, notQradar, type Row, refusal } from "./qradar_refusal.ts";

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
  /** Fields that the object has to have: without them it is no answer of QRadar. */
  readonly needs?: readonly string[];
  /** Statuses that the caller reads itself, as it reads success. */
  readonly alsoTake?: readonly number[];
  /** Instead of the program's own: for what has to be said to the console at its end. */
  readonly signal?: AbortSignal;
}

/** What the console answered. */
export interface ConsoleAnswer {
  readonly status: number;
  /** An object, or a list of objects. Null where nothing was answered: never to a `GET` that succeeded, nor where `needs` names fields. */
  readonly value: unknown;
  /** Of how many items `range` was a part; null where the console does not say. */
  readonly total: number | null;
}

/** Versions that this program knows the answers of, the best first. An older console has none of them. */
const VERSIONS = ["20.0", "19.0", "18.0", "17.0", "16.0", "15.0", "14.0", "13.0", "12.0"];
const TIMEOUT_MS = 60_000;
/** For a whole answer, however slowly it trickles in. */
const TOTAL_MS = 600_000;
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
  const path = "/help/versions";
  const { value, status } = await first.call({ method: "GET", path });
  if (!Array.isArray(value)) throw notQradar(path, status, "no list");
  const offered = new Set(value.map(({ version }: Row) => String(version)));
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
      totalMs: TOTAL_MS,
      signal: request.signal ?? signal,
    });
    const isTaken = request.alsoTake?.includes(answer.status) ?? false;
    if (!isTaken && (answer.status < 200 || answer.status > 299)) {
      throw await answerError(request, answer, token);
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

async function answerValue(request: ConsoleRequest, answer: HttpResponse): Promise<unknown> {
  const { method, path, needs = [], alsoTake = [] } = request;
  const { status } = answer;
  const text = await readText(answer.body, MAX_ANSWER_BYTES);
  const value = text === "" ? null : parseJson(text);
  if (value === null && needs.length === 0 && (method !== "GET" || alsoTake.includes(status))) {
    return null;
  }
  if (!(Array.isArray(value) ? value.every(isRecord) : isRecord(value))) {
    throw notQradar(path, status, value === undefined ? "no JSON" : "no answer of its API");
  }
  const missing = needs.filter((field) => (value as Row)[field] == null);
  if (missing.length > 0)
    throw notQradar(path, status, `no ${missing.map((field) => JSON.stringify(field)).join(", ")}`);
  return value;
}

/** `items 0-49/1234`. */
function totalOf({ headers }: HttpResponse): number | null {
  const total = /\/(\d+)$/.exec(headers["content-range"] ?? "")?.[1];
  return total === undefined ? null : Number(total);
}

/** One page of a list that may be long. */
const PAGE = 500;

/** Every item of a list, asked page by page. Each has the first of the `fields` that the query asks for. */
export async function allItems<Item>(
  console: Console,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly Item[]> {
  const [needed] = (query.fields ?? "").split(",", 1);
  const pages: (readonly Row[])[] = [];
  for (let from = 0; ; from += PAGE) {
    const range = [from, from + PAGE - 1] as const;
    const { value, status, total } = await console.call({ method: "GET", path, query, range });
    if (!Array.isArray(value)) throw notQradar(path, status, "no list");
    const page: readonly Row[] = value;
    if (needed && page.some((row) => row[needed] == null)) {
      throw notQradar(path, status, `no list of items with "${needed}"`);
    }
    // A proxy that drops the range gets the whole list, each time.
    const isAgain = from > 0 && JSON.stringify(page[0]) === JSON.stringify(pages[0]?.[0]);
    if (!isAgain) pages.push(page);
    const isLast = page.length !== PAGE || (total !== null && from + PAGE >= total);
    if (isLast || isAgain) return pages.flat() as Item[];
  }
}
