import { answerDate } from "../../client/mimecast_clock.ts";
import { ApiError } from "../../errors.ts";
import { mimecastTime } from "../mimecast_time.ts";
import { askOr, isRefused, MAX_TOKEN_LENGTH, oneMoreRestart } from "../restarts.ts";
import type { SourceContext } from "../source.ts";
import { askFrom } from "./ask_from.ts";
import type { LinkedFile, Listing } from "./batch_listing.ts";
import { type BatchPosition, freshFiles, remembersAll } from "./batch_position.ts";

/** Sends the request for one page of links, with these parameters besides type and page size. */
export type AskBatch = (at: Readonly<Record<string, string>>) => Promise<{
  readonly listing: Listing;
  readonly headers: Readonly<Record<string, string>>;
}>;

/** What Mimecast answered at a position. */
export interface BatchAnswer {
  readonly listing: Listing;
  /** The position that was asked at: without its token where the list by date was asked for instead. */
  readonly asked: BatchPosition;
  /** The first day that was asked for: later than the position's where Mimecast has nothing older. */
  readonly startDay: string;
  /** Up to when the answer can be complete, ms since 1970. */
  readonly mimecastMs: number;
  /** Files that were not taken before, each once. */
  readonly files: readonly LinkedFile[];
  /** The position that remembers these files too. */
  readonly remembering: BatchPosition;
}

/** Mimecast keeps files for so long. */
export const BATCH_RETENTION_MS = 7 * 86_400_000;
/** A token that has brought nothing for this long is checked against the list by date. */
const CHECK_AFTER_MS = 3_600_000;
const CHECK_LATER_MS = 48 * 3_600_000;

/**
 * The page of links at a position: by its token, or by date where the position has none, where Mimecast refuses it, or where it
 * leads nowhere. Throws `ApiError` `token_too_long` where the list by date does not lead on either.
 */
export async function askBatch(
  ask: AskBatch,
  position: BatchPosition,
  context: Pick<SourceContext, "now">,
): Promise<BatchAnswer> {
  // Due for a check anyway: the call by token is spared.
  const isDue =
    position.nextPage !== null && position.isCaughtUp && isIdle(position, context.now());
  const byToken = () => askAt(ask, position, context);
  const answer = isDue
    ? await askOr(() => askByDate(ask, position, context), byToken)
    : await byToken();
  const byDate = placeByDate(answer, context.now());
  if (byDate === null) return usable(answer);
  try {
    return usable(await askByDate(ask, byDate, context));
  } catch (error) {
    if (!isRefused(error)) throw error;
    // The token is all that there is.
    return usable(answer);
  }
}

async function askAt(
  ask: AskBatch,
  position: BatchPosition,
  context: Pick<SourceContext, "now">,
): Promise<BatchAnswer> {
  const { nextPage } = position;
  if (nextPage === null) return askByDate(ask, position, context);
  const byToken = async () => read(await ask({ nextPage }), position, position.startDay, context);
  const restarts = oneMoreRestart(position.restarts, context.now());
  if (restarts === null) return byToken();
  const fresh = { ...position, nextPage: null, restarts };
  return askOr(byToken, () => askByDate(ask, fresh, context));
}

/** Without an end: the token that comes back must lead on to what is written later, whatever this host's clock says. */
async function askByDate(
  ask: AskBatch,
  position: BatchPosition,
  context: Pick<SourceContext, "now">,
): Promise<BatchAnswer> {
  const byDate = { ...position, nextPage: null };
  const from = (startFrom: (oldestMs: number) => string) =>
    askFrom(context, BATCH_RETENTION_MS, startFrom, (dateRangeStartsAt) =>
      ask({ dateRangeStartsAt }),
    );
  const wanted = from((oldestMs) => laterDay(position.startDay, dayOf(oldestMs)));
  const { start, answer } = await wanted.catch((refusal) => {
    if (!isRefused(refusal) || position.startDay <= dayOf(context.now())) throw refusal;
    // A wrong clock left a day that has not come yet: it does not show what is taken.
    return from(dayOf);
  });
  return read(answer, byDate, start, context);
}

function read(
  { listing, headers }: Awaited<ReturnType<AskBatch>>,
  asked: BatchPosition,
  startDay: string,
  context: Pick<SourceContext, "now">,
): BatchAnswer {
  const nowMs = context.now();
  const mimecastMs = mimecastTime(headers, nowMs);
  const takenMs = answerDate(headers) ?? nowMs;
  const { files, position } = freshFiles({ ...asked, startDay }, listing.files, takenMs);
  return { listing, asked, startDay, mimecastMs, files, remembering: position };
}

/**
 * Where the token has led nowhere: the position to ask by date at; else null. Another collector of these feeds met tokens that
 * were answered, empty, for good (demisto/content pull request 45802).
 */
function placeByDate(answer: BatchAnswer, nowMs: number): BatchPosition | null {
  const { asked, files, remembering, mimecastMs } = answer;
  if (asked.nextPage === null || files.length > 0) return null;
  if (isCutOff(answer)) {
    const restarts = oneMoreRestart(asked.restarts, nowMs);
    return restarts === null ? null : { ...remembering, restarts };
  }
  return isIdle(remembering, mimecastMs) && !hasMore(answer) ? remembering : null;
}

/** True where the token has brought nothing for so long that it has to be checked. */
function isIdle(position: BatchPosition, mimecastMs: number): boolean {
  const idleMs = mimecastMs - position.aliveMs;
  // Where the list by date would bring files a second time, not so soon.
  const afterMs = remembersAll(position) ? CHECK_AFTER_MS : CHECK_LATER_MS;
  return position.aliveMs > 0 && (idleMs < 0 || idleMs >= afterMs);
}

/** True where its own token or date has lately brought something: it need not be asked to be known to work. */
export function isFresh({ aliveMs }: BatchPosition, mimecastMs: number): boolean {
  return mimecastMs >= aliveMs && mimecastMs - aliveMs < CHECK_AFTER_MS;
}

/** There may be more, but the token to it is none. */
function isCutOff({ listing }: Pick<BatchAnswer, "listing">): boolean {
  return listing.isTokenTooLong && listing.isCaughtUp !== true;
}

function usable(answer: BatchAnswer): BatchAnswer {
  if (answer.files.length > 0 || !isCutOff(answer)) return answer;
  throw new ApiError(
    `Cannot go on to the next page of links: "@nextPage" must be at most ${MAX_TOKEN_LENGTH} characters`,
    {
      code: "token_too_long",
      status: 200,
      retryable: true,
      hint: "The feed begins again by date at the next poll; what was taken already does not come again",
    },
  );
}

/**
 * True where Mimecast is known to have more right now. Decided by what it says, not by how many files were new to us. A list
 * that neither moves nor brings a new file has no more, whatever `isCaughtUp` says.
 */
export function hasMore({ listing, asked, files }: BatchAnswer): boolean {
  if (listing.isCaughtUp === true) return false;
  if (!hasMoved(listing, asked)) return files.length > 0;
  return listing.files.length > 0 || listing.isCaughtUp === false;
}

/**
 * True where all that Mimecast has now was listed for certain. A token that is answered empty, and caught up, may be dead: it
 * settles nothing.
 */
export function isSettled(answer: BatchAnswer): boolean {
  const { listing, asked, files } = answer;
  if (isBare(listing) && asked.nextPage === null) return true;
  if (listing.isCaughtUp === true) return asked.nextPage === null || listing.files.length > 0;
  return listing.isCaughtUp === null && files.length === 0 && !isCutOff(answer) && !hasMore(answer);
}

/** Nothing, and no way on. */
function isBare({ files, nextPage, isTokenTooLong }: Listing): boolean {
  return files.length === 0 && nextPage === null && !isTokenTooLong;
}

function hasMoved({ nextPage }: Listing, asked: BatchPosition): boolean {
  return nextPage !== null && nextPage !== asked.nextPage;
}

/** The later one of two days, `YYYY-MM-DD`. */
export function laterDay(one: string, other: string): string {
  return one > other ? one : other;
}

/** The day of a moment (ms since 1970), UTC. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
