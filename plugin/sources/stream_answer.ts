import { isObject } from "../client/failure.ts";
import { ApiError } from "../errors.ts";
import { mimecastTime } from "./mimecast_time.ts";
import { askOr, isRefused, MAX_TOKEN_LENGTH, oneMoreRestart } from "./restarts.ts";
import { askFrom } from "./siem/ask_from.ts";
import type { SourceContext } from "./source.ts";
import { newRecords } from "./stream_memory.ts";
import { type StreamPosition, streamByDate } from "./stream_position.ts";
import { unexpected } from "./unexpected.ts";

/** Mimecast's answer at a position of the stream. */
export interface StreamAnswer {
  /** The position of the request: without its token if the program asked by date instead. */
  readonly asked: StreamPosition;
  /** The beginning of the request, ms since 1970; null: by token. */
  readonly fromMs: number | null;
  readonly text: string;
  readonly records: readonly unknown[];
  /** For each record: true if it is new. */
  readonly keep: readonly boolean[];
  readonly ids: readonly string[];
  /** `@nextPage`; null if it is absent, or too long for a token. */
  readonly next: string | null;
  readonly isTokenTooLong: boolean;
  readonly isCaughtUp: boolean | null;
  /** Up to when the answer can be complete, ms since 1970. */
  readonly mimecastMs: number;
}

/** The endpoint (reference: API 2.0 streaming). */
export const STREAM_PATH = "/siem/v1/events/cg";
/** How long ago a new stream begins: this leaves time to begin again before the limit. */
export const STREAM_REACH_MS = 23 * 3_600_000;
/** A range may begin 24 h ago at most; the request has to arrive in time, and clocks may differ a little. */
export const STREAM_LIMIT_MS = 24 * 3_600_000 - 6 * 60_000;
const PAGE_SIZE = 100;
/** The program asks for a page that does not lead on this often, then leaves it to the next poll. */
const MAX_STALLS = 3;
/** The program checks a token that has brought nothing for this long against the records by date. */
const CHECK_AFTER_MS = 3_600_000;

/** The page at a position: by its token, or by date if there is no token, Mimecast refuses it, or it leads nowhere. */
export async function askStream(
  position: StreamPosition,
  context: SourceContext,
): Promise<StreamAnswer> {
  const answer = await askAt(position, context);
  const byDate = placeByDate(answer, context.now());
  if (byDate === null) return usable(answer);
  try {
    return usable(await askByDate(byDate, context));
  } catch (error) {
    if (!isRefused(error)) throw error;
    // There is nothing better than the token.
    return usable(answer);
  }
}

async function askAt(position: StreamPosition, context: SourceContext): Promise<StreamAnswer> {
  const { nextPage, types } = position;
  if (nextPage === null) return askByDate(position, context);
  const ask = async (query: Query) => read(await request(query, context), position, null, context);
  // No document says whether a token goes with types. Alone, it may bring all types; the filter drops the others.
  const byToken = () =>
    types === null
      ? ask({ nextPage })
      : askOr(
          () => ask({ types, nextPage }),
          () => ask({ nextPage }),
        );
  const restarts = oneMoreRestart(position.restarts, context.now());
  if (restarts === null) return byToken();
  return askOr(byToken, () => askByDate({ ...streamByDate(position), restarts }, context));
}

async function askByDate(position: StreamPosition, context: SourceContext): Promise<StreamAnswer> {
  const some = position.types === null ? {} : { types: position.types };
  const { start, answer } = await askFrom(
    context,
    STREAM_LIMIT_MS,
    // Not later than an overlap ago: Mimecast would always refuse a position that a wrong clock left in the future.
    (oldestMs) => {
      const newestMs = oldestMs + STREAM_LIMIT_MS - context.overlapMs;
      return iso(Math.max(oldestMs, Math.min(position.fromMs, newestMs)));
    },
    (dateRangeStartsAt) => request({ ...some, dateRangeStartsAt }, context),
  );
  return read(answer, position, Date.parse(start), context);
}

type Query = Readonly<Record<string, string>>;
type JsonAnswer = Awaited<ReturnType<SourceContext["client"]["json"]>>;

function request(query: Query, context: SourceContext): Promise<JsonAnswer> {
  return context.client.json({
    method: "GET",
    path: STREAM_PATH,
    query: { pageSize: String(PAGE_SIZE), ...query },
  });
}

function read(
  { body, text, headers }: JsonAnswer,
  asked: StreamPosition,
  fromMs: number | null,
  context: SourceContext,
): StreamAnswer {
  const { value, "@nextPage": next, isCaughtUp } = isObject(body) ? body : {};
  if (!Array.isArray(value)) throw unexpected(`GET ${STREAM_PATH}`, '"value" is no list');
  const token = typeof next === "string" && next !== "" ? next : null;
  const isTokenTooLong = token !== null && token.length > MAX_TOKEN_LENGTH;
  return {
    asked,
    fromMs,
    text,
    records: value,
    ...newRecords(value, asked),
    next: isTokenTooLong ? null : token,
    isTokenTooLong,
    isCaughtUp: typeof isCaughtUp === "boolean" ? isCaughtUp : null,
    mimecastMs: mimecastTime(headers, context.now()),
  };
}

/**
 * The position to ask by date if the token led nowhere, else null. Another collector of this feed met tokens whose answers
 * stayed empty for good (demisto/content pull request 45802).
 */
function placeByDate(answer: StreamAnswer, nowMs: number): StreamPosition | null {
  const { asked, keep, mimecastMs } = answer;
  if (asked.nextPage === null || keep.includes(true)) return null;
  if (isCutOff(answer)) {
    const restarts = oneMoreRestart(asked.restarts, nowMs);
    return restarts === null ? null : { ...streamByDate(asked), restarts };
  }
  const idleMs = mimecastMs - asked.aliveMs;
  const isDue = asked.aliveMs > 0 && (idleMs < 0 || idleMs >= CHECK_AFTER_MS);
  return isDue && !hasMoreRecords(answer) ? streamByDate(asked) : null;
}

/** True if there may be more, but its token cannot be used. */
function isCutOff({ isTokenTooLong, isCaughtUp }: StreamAnswer): boolean {
  return isTokenTooLong && isCaughtUp !== true;
}

function usable(answer: StreamAnswer): StreamAnswer {
  if (answer.keep.includes(true) || !isCutOff(answer)) return answer;
  throw new ApiError(
    `Cannot go on to the next page of records: "@nextPage" must be at most ${MAX_TOKEN_LENGTH} characters`,
    {
      code: "token_too_long",
      status: 200,
      retryable: true,
      hint: "The feed begins again by date at the next poll; what was taken already does not come again",
    },
  );
}

/** True if the page does not lead on: nothing new, and no other token. */
export function isStalled({ asked, next, keep }: StreamAnswer): boolean {
  return (next === null || next === asked.nextPage) && !keep.includes(true);
}

/** True if Mimecast surely has more right now. */
export function hasMoreRecords(answer: StreamAnswer): boolean {
  const { asked, records, isCaughtUp } = answer;
  const isOpen = isCaughtUp === null ? records.length > 0 : !isCaughtUp;
  return isOpen && (!isStalled(answer) || asked.stalls < MAX_STALLS);
}

/** A moment as the endpoint takes it: `2024-01-25T10:30:45.642Z`. */
export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
