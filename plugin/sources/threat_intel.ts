import { isObject } from "../client/failure.ts";
import type { Api } from "../client/regions.ts";
import { records } from "../decode/records.ts";
import { spooledFile } from "../decode/spooled_file.ts";
import { ApiError } from "../errors.ts";
import { beginBy } from "./begin_by.ts";
import { jsonText } from "./json_text.ts";
import { mimecastTime } from "./mimecast_time.ts";
import { askOr, isRefused, oneMoreRestart } from "./restarts.ts";
import { SeenIds } from "./seen_ids.ts";
import { shortHash } from "./short_hash.ts";
import type { Page, Source, SourceContext } from "./source.ts";
import { type Join, joinedRecords, joinsOf } from "./stix_join.ts";
import {
  readThreatPosition,
  type ThreatPosition,
  threatCursor,
  threatStart,
} from "./threat_intel_position.ts";
import { unexpected } from "./unexpected.ts";
import { apiTime, wholeSecond } from "./window/api_time.ts";
import { whole } from "./window/log_page.ts";

const PATH = "/api/ttp/threat-intel/get-feed";
const TOKEN_HEADER = "x-mc-threat-feed-next-token";
const DAY_MS = 86_400_000;
/** Mimecast's default reach; how far back it could go is not stated. */
const FIRST_REACH_MS = 7 * DAY_MS;
const MAX_IDS = 3_000;
/** "Nothing found" is a failure by its form, and the end of the feed by its meaning (elastic/integrations, mimecast mock). */
const NO_RESULT = "err_threat_intel_feed_no_result_found";
/** The program checks a token that has brought nothing for this long by date; not sooner, since each request makes an audit event. */
const CHECK_AFTER_MS = DAY_MS;
/** An indicator may appear this long after its time. */
const LATE_MS = DAY_MS;

/**
 * Indicators that Mimecast has gathered, as STIX 2.0 objects (reference: POST /api/ttp/threat-intel/get-feed).
 * Each request also makes an audit event at Mimecast.
 */
function threatIntel(api: Api): Source {
  return {
    name: "threat_intel",
    api,
    endpoint: `POST ${PATH}`,
    callKind: "other",
    permission: "Services | Gateway | Tracking | Read",
    ...(api === "2.0" ? { product: "Threat Management" } : {}),
    retentionMs: null,
    streams: ["threat_intel:malware_customer", "threat_intel:malware_grid"],
    start: (_stream, startMs, nowMs) => {
      const fromMs = wholeSecond(Math.max(startMs, nowMs - FIRST_REACH_MS));
      return threatCursor(threatStart(fromMs, nowMs));
    },
    // The token belongs to the host that gave it; the ids tell the objects that it has passed.
    adopt: (_stream, cursor) => threatCursor({ ...readThreatPosition(cursor), token: null }),
    page: (stream, cursor, context) => {
      const feedType = stream.slice("threat_intel:".length);
      return nextPage(feedType, readThreatPosition(cursor), context);
    },
    replay: {
      // The feed takes a beginning only: it goes on to now.
      range: (_stream, fromMs) => [threatCursor(threatStart(wholeSecond(fromMs)))],
      ended: (_next, what) => what === "gap",
      timeKey: null,
      again: (cursor) => threatCursor({ ...readThreatPosition(cursor), ids: [] }),
      missed: (items) => items,
      stored: async (path) => [
        {
          key: "file",
          kind: "threat_intel" as const,
          records: () => records(spooledFile(path), ["objects"]),
          raw: () => spooledFile(path),
        },
      ],
    },
  };
}

/** Threat intelligence under API 1.0. */
export const threatIntelV1 = threatIntel("1.0");
/** Threat intelligence under API 2.0. */
export const threatIntelV2 = threatIntel("2.0");

async function nextPage(
  feedType: string,
  position: ThreatPosition,
  context: SourceContext,
): Promise<Page> {
  const sentMs = context.now();
  const answer = await askFeed(feedType, position, context);
  const { asked, text, keep, token, startMs, mimecastMs } = answer;
  const beginMs = wholeSecond(beginBy(position, sentMs, mimecastMs, FIRST_REACH_MS));
  if (beginMs !== position.fromMs) {
    const next = threatCursor({ ...position, fromMs: beginMs, begunMs: null });
    return { items: [], next, more: true, coveredUntilMs: null };
  }
  const hasMoved = token !== asked.token;
  const more = hasMoved && keep.length > 0;
  // A token with an empty answer may be dead, and settles nothing.
  const isProof = asked.token === null || keep.length > 0;
  // Without any token each poll asks by date, with the overlap of all feeds.
  const settledMs = wholeSecond(mimecastMs) - (token === null ? context.overlapMs : LATE_MS);
  const isAlive = asked.token === null || keep.includes(true) || asked.aliveMs === 0;
  const item = {
    key: `${feedType}-${asked.token === null ? "first" : shortHash(asked.token)}`,
    kind: "threat_intel" as const,
    records: () => joinedRecords(records(whole(text), ["objects"]), answer.joins, keep),
    raw: () => whole(text),
  };
  const next: ThreatPosition = {
    ...asked,
    begunMs: null,
    fromMs: !more && isProof ? Math.max(asked.fromMs, settledMs) : asked.fromMs,
    token,
    ids: answer.ids,
    aliveMs: isAlive ? mimecastMs : asked.aliveMs,
  };
  const reason = `Indicators from ${apiTime(asked.fromMs)} to ${apiTime(startMs)} are older than Mimecast gives`;
  return {
    items: keep.includes(true) ? [item] : [],
    next: threatCursor(next),
    more,
    coveredUntilMs: hasMoved ? null : mimecastMs,
    ...(startMs > asked.fromMs ? { gap: { reason } } : {}),
  };
}

/** Mimecast's answer. */
interface Answer {
  /** The position of the request: without its token if the program asked by date instead. */
  readonly asked: ThreatPosition;
  /** The beginning of the request; by token, the position's own. */
  readonly startMs: number;
  readonly text: string;
  /** For each object: true if it is new. */
  readonly keep: readonly boolean[];
  readonly joins: readonly Join[];
  readonly ids: readonly string[];
  readonly token: string | null;
  readonly mimecastMs: number;
}

/** Asks by token, or by date if there is none, Mimecast refuses it, or it has long brought nothing. */
async function askFeed(
  feedType: string,
  position: ThreatPosition,
  context: SourceContext,
): Promise<Answer> {
  const { token } = position;
  const ask = async (
    at: Readonly<Record<string, string>>,
    asked: ThreatPosition,
    startMs: number,
  ) => read(await request(feedType, at, context), asked, startMs, context);
  const byDate = async (asked: ThreatPosition): Promise<Answer> => {
    try {
      return await ask({ start: apiTime(asked.fromMs) }, asked, asked.fromMs);
    } catch (error) {
      const nowMs = wholeSecond(context.now());
      const reachMs = nowMs - FIRST_REACH_MS;
      // A wrong clock may have left a time in the future, which does not show what was taken.
      const isPossible = asked.fromMs >= reachMs && asked.fromMs <= nowMs;
      if (!isRefused(error) || isPossible) throw error;
      return ask({ start: apiTime(reachMs) }, asked, reachMs);
    }
  };
  if (token === null) return byDate(position);
  const again = { ...position, token: null };
  const restarts = oneMoreRestart(position.restarts, context.now());
  const byToken = () => ask({ token }, position, position.fromMs);
  if (restarts === null) return byToken();
  const answer = await askOr(byToken, () => byDate({ ...again, restarts }));
  const idleMs = answer.mimecastMs - position.aliveMs;
  const isDue = position.aliveMs > 0 && (idleMs < 0 || idleMs >= CHECK_AFTER_MS);
  if (answer.asked.token === null || answer.keep.includes(true) || !isDue) return answer;
  try {
    return await byDate(again);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return answer;
  }
}

type JsonAnswer = Awaited<ReturnType<SourceContext["client"]["json"]>>;

async function request(
  feedType: string,
  at: Readonly<Record<string, string>>,
  context: SourceContext,
): Promise<JsonAnswer> {
  try {
    return await context.client.json({
      method: "POST",
      path: PATH,
      body: { data: [{ feedType, fileType: "stix", compress: false, ...at }] },
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== NO_RESULT) throw error;
    const body = { type: "bundle", objects: [] };
    return { headers: {}, body, text: JSON.stringify(body) };
  }
}

function read(
  { body, text, headers }: JsonAnswer,
  asked: ThreatPosition,
  startMs: number,
  context: SourceContext,
): Answer {
  const mimecastMs = mimecastTime(headers, context.now());
  const seen = new SeenIds(asked.ids);
  const keep = objectsOf(body).map((object) => seen.add(identityOf(object), mimecastMs));
  const token = headers[TOKEN_HEADER] || asked.token;
  const joins = joinsOf(objectsOf(body), keep);
  return { asked, startMs, text, keep, joins, ids: seen.entries(0, MAX_IDS), token, mimecastMs };
}

function objectsOf(body: unknown): readonly unknown[] {
  const { type, objects } = isObject(body) ? body : {};
  // An empty bundle may leave the list out (STIX 2.0 part 1, §5).
  if (type === "bundle" && (Array.isArray(objects) || objects === undefined)) return objects ?? [];
  throw unexpected(`POST ${PATH}`, "no STIX bundle");
}

/** Id and version identify an object (STIX 2.0 part 1, §3.2). */
function identityOf(object: unknown): string {
  const { id, modified } = isObject(object) ? object : {};
  return jsonText(typeof id === "string" ? [id, modified] : object, false);
}
