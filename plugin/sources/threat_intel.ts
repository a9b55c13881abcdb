import { isObject } from "../client/failure.ts";
import { records } from "../decode/records.ts";
import { spooledFile } from "../decode/spooled_file.ts";
import { ApiError } from "../errors.ts";
import type { Api } from "../regions.ts";
import { apiTime, wholeSecond } from "./api_time.ts";
import { cursorFields } from "./cursor_fields.ts";
import { keptRecords, whole } from "./log_page.ts";
import { SeenIds } from "./seen_ids.ts";
import { shortHash } from "./short_hash.ts";
import type { Cursor, Page, Source, SourceContext } from "./source.ts";

/** Where one feed stands. */
interface Place {
  /** Start of a request without a token. */
  readonly fromMs: number;
  /** `x-mc-threat-feed-next-token` of the last answer that had one. */
  readonly token: string | null;
  /** Objects taken lately: the last token is asked again until a new one comes. */
  readonly ids: readonly string[];
}

const PATH = "/api/ttp/threat-intel/get-feed";
const TOKEN_HEADER = "x-mc-threat-feed-next-token";
/** Mimecast's default reach; how far back it could go is not stated. */
const FIRST_REACH_MS = 7 * 86_400_000;
const MAX_IDS = 3_000;

/**
 * Indicators that Mimecast has gathered, as STIX 2.0 objects (reference: POST /api/ttp/threat-intel/get-feed).
 * Each request also makes an audit event at Mimecast.
 */
function threatIntel(api: Api): Source {
  return {
    name: "threat_intel",
    api,
    endpoint: `POST ${PATH}`,
    permission: "Services | Gateway | Tracking | Read",
    ...(api === "2.0" ? { product: "Threat Management" } : {}),
    retentionMs: null,
    streams: ["threat_intel:malware_customer", "threat_intel:malware_grid"],
    start: (_stream, startMs, nowMs) => {
      const fromMs = wholeSecond(Math.max(startMs, nowMs - FIRST_REACH_MS));
      return toCursor({ fromMs, token: null, ids: [] });
    },
    // The token belongs to the host that gave it; what it has passed is known by its ids.
    adopt: (_stream, cursor) => toCursor({ ...readPlace(cursor), token: null }),
    page: (stream, cursor, context) => {
      const feedType = stream.slice("threat_intel:".length);
      return nextPage(feedType, readPlace(cursor), context);
    },
    replay: {
      // The feed knows a beginning only: it goes on to now.
      range: (_stream, fromMs) => [toCursor({ fromMs: wholeSecond(fromMs), token: null, ids: [] })],
      ended: (_next, what) => what === "gap",
      timeKey: null,
      again: (cursor) => toCursor({ ...readPlace(cursor), ids: [] }),
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

async function nextPage(feedType: string, place: Place, context: SourceContext): Promise<Page> {
  const nowMs = context.now();
  const at = place.token === null ? { start: apiTime(place.fromMs) } : { token: place.token };
  const { body, text, headers } = await context.client.json({
    method: "POST",
    path: PATH,
    body: { data: [{ feedType, fileType: "stix", compress: false, ...at }] },
  });
  const objects = objectsOf(body);
  const seen = new SeenIds(place.ids);
  const keep = objects.map((object) => seen.add(identityOf(object), nowMs));
  const token = headers[TOKEN_HEADER] || place.token;
  const hasMoved = token !== place.token;
  const fromMs = token === null ? wholeSecond(nowMs) - context.overlapMs : place.fromMs;
  const item = {
    key: `${feedType}-${place.token === null ? "first" : shortHash(place.token)}`,
    kind: "threat_intel" as const,
    records: () => keptRecords(text, ["objects"], keep),
    raw: () => whole(text),
  };
  return {
    items: keep.includes(true) ? [item] : [],
    next: toCursor({ fromMs, token, ids: seen.entries(0, MAX_IDS) }),
    more: hasMoved && objects.length > 0,
    coveredUntilMs: hasMoved ? null : nowMs,
  };
}

function objectsOf(body: unknown): readonly unknown[] {
  const { type, objects } = isObject(body) ? body : {};
  // An empty bundle may leave the list out (STIX 2.0 part 1, §5).
  if (type === "bundle" && (Array.isArray(objects) || objects === undefined)) return objects ?? [];
  throw new ApiError(`Cannot read the answer to POST ${PATH}: no STIX bundle`, {
    code: "unexpected_answer",
    status: 200,
    retryable: true,
  });
}

/** An object is known by its id and its version (STIX 2.0 part 1, §3.2). */
function identityOf(object: unknown): string {
  const { id, modified } = isObject(object) ? object : {};
  return JSON.stringify(typeof id === "string" ? [id, modified] : object);
}

function readPlace(cursor: Cursor): Place {
  const fields = cursorFields(cursor, "threat_intel");
  return {
    fromMs: fields.number("from"),
    token: fields.textOrNull("token"),
    ids: fields.texts("ids"),
  };
}

function toCursor(place: Place): Cursor {
  return { from: place.fromMs, token: place.token, ids: [...place.ids] };
}
