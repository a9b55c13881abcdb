import { AuthError } from "../../errors.ts";
import { mimecastTime } from "../mimecast_time.ts";
import { isRefused } from "../restarts.ts";
import type { SourceContext } from "../source.ts";
import { type AskBatch, dayOf, isFresh } from "./batch_answer.ts";
import type { Listing } from "./batch_listing.ts";
import type { BatchPosition } from "./batch_position.ts";

/** The result of one call for all types of a feed (docs/decisions/0010). Times in ms since 1970. */
export interface Probe {
  /** The token of the request; null: by date. */
  readonly asked: string | null;
  /** The token for later files; null if there is none to use. */
  readonly next: string | null;
  /** Mimecast has written nothing of any type since it gave the token. */
  readonly isNothingNew: boolean;
  /** No further call before this moment. */
  readonly restUntilMs: number;
  /** The moment of the call by this host's clock. */
  readonly atMs: number;
  readonly mimecastMs: number;
}

/** The streams of a feed run one after the other, and share an answer up to this age. */
const SHARED_MS = 30_000;
/** The rest if Mimecast refuses the call, or a tenant writes more than a page of files between polls. */
const REST_MS = 86_400_000;

const latest = new WeakMap<object, Map<string, Probe>>();

/** The answer to the call for all types in this turn, or null if the call is not worth it at this position. */
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
 * True if the type has nothing new: the program listed all its files after Mimecast gave this very token, and Mimecast has
 * written nothing since. The type still gets its own call once an hour, in case a token is dead.
 */
export function hasNothingNew(found: Probe, position: BatchPosition): boolean {
  return (
    found.isNothingNew && found.asked === position.probe && isFresh(position, found.mimecastMs)
  );
}

/** A longer rest comes from a wrong clock, and is over. */
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

/** Only from a complete list: a list that is cut off says nothing about later files. */
function tokenToGoOn({ nextPage, isCaughtUp, isTokenTooLong }: Listing, asked: string | null) {
  return isCaughtUp === true && !isTokenTooLong ? (nextPage ?? asked) : null;
}
