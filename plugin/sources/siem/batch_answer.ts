import { answerDate } from "../../client/mimecast_clock.ts";
import { ApiError } from "../../errors.ts";
import { mimecastTime } from "../mimecast_time.ts";
import { askOr, isRefused, MAX_TOKEN_LENGTH, oneMoreRestart } from "../restarts.ts";
import type { SourceContext } from "../source.ts";
import { askFrom } from "./ask_from.ts";
import type { LinkedFile, Listing } from "./batch_listing.ts";
import { type BatchPosition, freshFiles, remembersAll } from "./batch_position.ts";

/** Sends the request for one page of links, with these parameters and the type and page size. */
export type AskBatch = (at: Readonly<Record<string, string>>) => Promise<{
  readonly listing: Listing;
  readonly headers: Readonly<Record<string, string>>;
}>;

/** Mimecast's answer at a position. */
export interface BatchAnswer {
  readonly listing: Listing;
  /** The position of the request: without its token if the program asked by date instead. */
  readonly asked: BatchPosition;
  /** The first day of the request: later than the position's if Mimecast keeps nothing older. */
  readonly startDay: string;
  /** Up to when the answer can be complete, ms since 1970. */
  readonly mimecastMs: number;
  /** The files that were not taken before, each once. */
  readonly files: readonly LinkedFile[];
  /** The position that remembers these files too. */
  readonly remembering: BatchPosition;
}

/** How long Mimecast keeps files. */
export const BATCH_RETENTION_MS = 7 * 86_400_000;
/** The program checks a token that has brought nothing for this long against the list by date. */
const CHECK_AFTER_MS = 3_600_000;
const CHECK_LATER_MS = 48 * 3_600_000;

/**
 * The page of links at a position: by its token, or by date if there is no token, Mimecast refuses it, or it leads nowhere.
 * Throws `ApiError` `token_too_long` if the list by date does not lead on either.
 */
export async function askBatch(
  ask: AskBatch,
  position: BatchPosition,
  context: Pick<SourceContext, "now">,
): Promise<BatchAnswer> {
  // The check is due anyway, so the call by token is not needed.
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
    // There is nothing better than the token.
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

/** Asks without an end: the returned token must lead on to later files, whatever this host's clock says. */
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
    // A wrong clock left a day in the future, which does not show what was taken.
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
 * The position to ask by date if the token led nowhere, else null. Another collector of these feeds met tokens whose
 * answers stayed empty for good (demisto/content pull request 45802).
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

/** True if the token has brought nothing for so long that it needs a check. */
function isIdle(position: BatchPosition, mimecastMs: number): boolean {
  const idleMs = mimecastMs - position.aliveMs;
  // Less often if the list by date would bring files a second time.
  const afterMs = remembersAll(position) ? CHECK_AFTER_MS : CHECK_LATER_MS;
  return position.aliveMs > 0 && (idleMs < 0 || idleMs >= afterMs);
}

/** True if the own token or date has lately brought something, and so surely works. */
export function isFresh({ aliveMs }: BatchPosition, mimecastMs: number): boolean {
  return mimecastMs >= aliveMs && mimecastMs - aliveMs < CHECK_AFTER_MS;
}

/** True if there may be more, but its token cannot be used. */
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
 * True if Mimecast surely has more right now. Its answer decides, not the number of files that are new to us. A list that
 * neither moves nor brings a new file has no more, whatever `isCaughtUp` says.
 */
export function hasMore({ listing, asked, files }: BatchAnswer): boolean {
  if (listing.isCaughtUp === true) return false;
  if (!hasMoved(listing, asked)) return files.length > 0;
  return listing.files.length > 0 || listing.isCaughtUp === false;
}

/**
 * True if Mimecast has surely listed everything that it has now. A token with an empty answer that is caught up may be
 * dead, and settles nothing.
 */
export function isSettled(answer: BatchAnswer): boolean {
  const { listing, asked, files } = answer;
  if (isBare(listing) && asked.nextPage === null) return true;
  if (listing.isCaughtUp === true) return asked.nextPage === null || listing.files.length > 0;
  return listing.isCaughtUp === null && files.length === 0 && !isCutOff(answer) && !hasMore(answer);
}

/** True for a list without files and without a way on. */
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
