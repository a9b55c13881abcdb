import { isObject } from "../client/failure.ts";
import { records } from "../decode/records.ts";
import { spooledFile } from "../decode/spooled_file.ts";
import { ApiError } from "../errors.ts";
import { cursorFields } from "./cursor_fields.ts";
import { keptRecords, whole } from "./log_page.ts";
import { recordIdentities } from "./record_identity.ts";
import { SeenIds } from "./seen_ids.ts";
import { shortHash } from "./short_hash.ts";
import { siemV2 } from "./siem_v2.ts";
import type { Cursor, Page, Source, SourceContext } from "./source.ts";

/** Where the stream stands. */
interface Place {
  /** `@nextPage` of the last answer; null: by date. */
  readonly nextPage: string | null;
  /** The newest record's time, ms since 1970: where to begin without a page token. */
  readonly fromMs: number;
  /** How often this page has come back without leading on. */
  readonly stalls: number;
  /** The record types that were asked for; null: all. */
  readonly types: string | null;
  /** Records of the last pages, as `SeenIds` writes them: they may stand again on the next one. */
  readonly ids: readonly string[];
}

const PATH = "/siem/v1/events/cg";
const STREAM = "siem:stream";
const LIST = ["value"];
const TYPES = siemV2.streams.map((stream) => stream.slice(siemV2.name.length + 1));
const PAGE_SIZE = 100;
const MAX_IDS = 3_000;
const MAX_STALLS = 3;
const HOUR_MS = 3_600_000;
/** A range may begin 24 h ago at most; the request has to arrive in time. */
const REACH_MS = 23 * HOUR_MS;

/**
 * `mode: stream`: API 2.0 SIEM records one by one instead of files (reference: GET /siem/v1/events/cg). All types in one
 * stream. Records are there within a minute instead of a quarter of an hour, but for 24 hours only, and cost more calls.
 */
export const siemStreamV2: Source = {
  ...streamOf("as the place says"),
  narrowed: {
    types: TYPES,
    to: (types) => streamOf({ types: types.length === TYPES.length ? null : types.join(",") }),
  },
};

/** `wanted`: the types to ask for from now on, whatever was asked for before. */
function streamOf(wanted: Pick<Place, "types"> | "as the place says"): Source {
  const types = wanted === "as the place says" ? null : wanted.types;
  const begin = (fromMs: number) => toCursor({ nextPage: null, fromMs, stalls: 0, types, ids: [] });
  return {
    name: "siem",
    api: "2.0",
    endpoint: `GET ${PATH}`,
    permission: siemV2.permission,
    ...(siemV2.product === undefined ? {} : { product: siemV2.product }),
    retentionMs: 24 * HOUR_MS,
    streams: [STREAM],
    start: (_stream, startMs, nowMs) => begin(Math.max(startMs, nowMs - REACH_MS)),
    page: async (_stream, cursor, context) => {
      const place = readPlace(cursor);
      // A page token may know the types that it was given for: it could keep the new ones back.
      const isOther = wanted !== "as the place says" && wanted.types !== place.types;
      if (isOther) return beginAgain({ ...place, ...wanted }, context);
      return nextPage(place, context);
    },
    replay: {
      range: (_stream, fromMs) => [begin(fromMs)],
      ended: (_next, what) => what === "gap",
      timeKey: "timestamp",
      again: (cursor) => cursor,
      // With the token refused there is no page, and no other one is known to hold the same records.
      missed: (items, key) => items.filter((item) => item.key === key),
      stored: async (path) => [
        {
          key: "file",
          kind: "siem",
          records: () => records(spooledFile(path), LIST),
          raw: () => spooledFile(path),
        },
      ],
    },
  };
}

async function nextPage(place: Place, context: SourceContext): Promise<Page> {
  const nowMs = context.now();
  const oldestMs = nowMs - REACH_MS;
  const isLate = place.nextPage === null && place.fromMs < oldestMs;
  const answer = await ask(place, Math.max(place.fromMs, oldestMs), context);
  if (answer === "token_refused") return beginAgain(place, context);
  const { events, next, isCaughtUp } = readEvents(answer.body);
  const seen = new SeenIds(place.ids);
  const identities = recordIdentities(events, []);
  const keep = events.map((record, index) =>
    seen.add(identities[index] as string, timeOf(record) ?? place.fromMs),
  );
  const nextToken = next ?? place.nextPage;
  const hasMoved = nextToken !== place.nextPage;
  const isStalled = !hasMoved && !keep.includes(true);
  const times = events.map((record) => timeOf(record) ?? 0);
  const after: Place = {
    ...place,
    nextPage: nextToken,
    fromMs: Math.min(Math.max(place.fromMs, isLate ? oldestMs : 0, ...times), nowMs),
    stalls: isStalled ? place.stalls + 1 : 0,
    ids: seen.entries(0, MAX_IDS),
  };
  const more = isStalled ? place.stalls < MAX_STALLS : events.length > 0 || isCaughtUp === false;
  return {
    items: keep.includes(true) ? [itemOf(place, answer.text, keep)] : [],
    next: toCursor(after),
    more: isCaughtUp !== true && more,
    coveredUntilMs: isCaughtUp === true ? nowMs : null,
    ...(isLate
      ? {
          gap: {
            reason: `Records from ${iso(place.fromMs)} to ${iso(oldestMs)} are older than 24 hours`,
          },
        }
      : {}),
  };
}

type Answer = { readonly body: unknown; readonly text: string };

async function ask(
  { nextPage: token, types }: Place,
  fromMs: number,
  context: SourceContext,
): Promise<Answer | "token_refused"> {
  const some: Readonly<Record<string, string>> = types === null ? {} : { types };
  if (token === null) return request({ ...some, dateRangeStartsAt: iso(fromMs) }, context);
  try {
    return await request({ ...some, nextPage: token }, context);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  if (types === null) return "token_refused";
  try {
    // Whether a token goes with types is not documented: alone, it may bring all of them, and the filter leaves those out.
    return await request({ nextPage: token }, context);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return "token_refused";
  }
}

function request(query: Readonly<Record<string, string>>, context: SourceContext): Promise<Answer> {
  return context.client.json({
    method: "GET",
    path: PATH,
    query: { pageSize: String(PAGE_SIZE), ...query },
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof ApiError && !error.retryable && error.code !== "not_mimecast";
}

/** By date, far enough back for records that came late; what is known already is left out by its ids. */
function beginAgain(place: Place, context: SourceContext): Page {
  const fromMs = place.fromMs - context.overlapMs;
  return {
    items: [],
    next: toCursor({ ...place, nextPage: null, fromMs, stalls: 0 }),
    more: true,
    coveredUntilMs: null,
  };
}

function itemOf(place: Place, text: string, keep: readonly boolean[]): Page["items"][number] {
  return {
    key:
      place.nextPage === null ? `from-${iso(place.fromMs)}` : `page-${shortHash(place.nextPage)}`,
    kind: "siem",
    records: () => keptRecords(text, LIST, keep),
    raw: () => whole(text),
  };
}

function readEvents(body: unknown): {
  readonly events: readonly unknown[];
  readonly next: string | null;
  readonly isCaughtUp: boolean | null;
} {
  const { value, "@nextPage": next, isCaughtUp } = isObject(body) ? body : {};
  if (!Array.isArray(value)) {
    throw new ApiError(`Cannot read the answer to GET ${PATH}: "value" is no list`, {
      code: "unexpected_answer",
      status: 200,
      retryable: true,
    });
  }
  return {
    events: value,
    next: typeof next === "string" && next !== "" ? next : null,
    isCaughtUp: typeof isCaughtUp === "boolean" ? isCaughtUp : null,
  };
}

/** `timestamp`, ms since 1970; streaming has it as a number. */
function timeOf(record: unknown): number | null {
  const { timestamp } = isObject(record) ? record : {};
  const timeMs = typeof timestamp === "string" ? Number(timestamp) : timestamp;
  return typeof timeMs === "number" && Number.isFinite(timeMs) && timeMs > 0 ? timeMs : null;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function readPlace(cursor: Cursor): Place {
  const fields = cursorFields(cursor, "siem");
  return {
    nextPage: fields.textOrNull("nextPage"),
    fromMs: fields.number("from"),
    stalls: fields.number("stalls"),
    types: fields.textOrNull("types"),
    ids: fields.texts("ids"),
  };
}

function toCursor(place: Place): Cursor {
  return {
    nextPage: place.nextPage,
    from: place.fromMs,
    stalls: place.stalls,
    types: place.types,
    ids: [...place.ids],
  };
}
