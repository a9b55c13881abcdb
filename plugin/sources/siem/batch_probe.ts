import { AuthError } from "../../errors.ts";
import { mimecastTime } from "../mimecast_time.ts";
import { isRefused } from "../restarts.ts";
import type { SourceContext } from "../source.ts";
import { type AskBatch, dayOf, isFresh } from "./batch_answer.ts";
import type { Listing } from "./batch_listing.ts";
import type { BatchPosition } from "./batch_position.ts";

/** What one call for all types of a feed has said (docs/decisions/0010). Times in ms since 1970. */
export interface Probe {
  /** The token that was asked with; null: by date. */
  readonly asked: string | null;
  /** The token for what is written from now on; null where there is none to use. */
  readonly next: string | null;
  /** Nothing of any type has been written since the token was given. */
  readonly isNothingNew: boolean;
  /** Not to be asked again before. */
  readonly restUntilMs: number;
  /** This host's moment of the call. */
  readonly atMs: number;
  readonly mimecastMs: number;
}

/** The streams of a feed come one after the other, and share an answer that is not older. */
const SHARED_MS = 30_000;
/** Where Mimecast refuses the call, or a tenant writes more than a page of files a poll. */
const REST_MS = 86_400_000;

const latest = new WeakMap<object, Map<string, Probe>>();

/** The answer of this turn to the call for all types, or null where it is not worth a call at this position. */
export async function probe(
  feed: string,
  ask: AskBatch,
  position: BatchPosition,
  context: Pick<SourceContext, "client" | "now">,
): Promise<Probe | null> {
  const nowMs = context.now();
  if (!position.isCaughtUp || isResting(position, nowMs)) return null;
  const shared = latest.get(context.client) ?? new Map<string, Probe>();
  latest.set(context.client, shared);
  const known = shared.get(feed);
  if (known !== undefined && nowMs >= known.atMs && nowMs - known.atMs < SHARED_MS) return known;
  const fresh = await askAll(ask, position.probe, context);
  shared.set(feed, fresh);
  return fresh;
}

/**
 * True where the type has nothing new: all its files were listed after this very token was given, and nothing of any type
 * was written since. Once an hour it is asked by itself all the same, should either token be dead.
 */
export function hasNothingNew(found: Probe, position: BatchPosition): boolean {
  return (
    found.isNothingNew && found.asked === position.probe && isFresh(position, found.mimecastMs)
  );
}

/** A rest that a wrong clock has made longer is over. */
function isResting({ noProbeUntilMs }: BatchPosition, nowMs: number): boolean {
  return nowMs < noProbeUntilMs && noProbeUntilMs - nowMs <= REST_MS;
}

async function askAll(
  ask: AskBatch,
  asked: string | null,
  context: Pick<SourceContext, "now">,
): Promise<Probe> {
  const atMs = context.now();
  const rest = { asked, next: null, isNothingNew: false, restUntilMs: atMs + REST_MS, atMs };
  try {
    const at = asked === null ? { dateRangeStartsAt: dayOf(atMs) } : { nextPage: asked };
    const { listing, headers } = await ask(at);
    const mimecastMs = mimecastTime(headers, context.now());
    const next = tokenToGoOn(listing, asked);
    if (next === null) return { ...rest, mimecastMs };
    const isNothingNew = asked !== null && listing.files.length === 0;
    return { asked, next, isNothingNew, restUntilMs: 0, atMs, mimecastMs };
  } catch (error) {
    const isForbidden = error instanceof AuthError && error.code === "forbidden";
    if (!isRefused(error) && !isForbidden) throw error;
    return { ...rest, mimecastMs: atMs };
  }
}

/** Only behind everything that there is: a list that is cut off says nothing of what follows. */
function tokenToGoOn({ nextPage, isCaughtUp, isTokenTooLong }: Listing, asked: string | null) {
  return isCaughtUp === true && !isTokenTooLong ? (nextPage ?? asked) : null;
}
