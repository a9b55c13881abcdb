import { records } from "../../decode/records.ts";
import { spooledFile } from "../../decode/spooled_file.ts";
import { beginBy } from "../begin_by.ts";
import { shortHash } from "../short_hash.ts";
import type { Page, Source, SourceContext } from "../source.ts";
import {
  askStream,
  hasMoreRecords,
  iso,
  isStalled,
  STREAM_LIMIT_MS,
  STREAM_PATH,
  STREAM_REACH_MS,
  type StreamAnswer,
} from "../stream_answer.ts";
import {
  readStreamPosition,
  type StreamPosition,
  streamByDate,
  streamCursor,
  streamStart,
} from "../stream_position.ts";
import { keptRecords, whole } from "../window/log_page.ts";
import { siemV2 } from "./siem_v2.ts";

const STREAM = "siem:stream";
const LIST = ["value"];
const TYPES = siemV2.streams.map((stream) => stream.slice(siemV2.name.length + 1));
const RETENTION_MS = 24 * 3_600_000;

/**
 * `mode: stream`: API 2.0 SIEM records one by one instead of files (reference: GET /siem/v1/events/cg). All types in one
 * stream. Records are there within a minute instead of a quarter of an hour, but for 24 hours only, and cost more calls.
 */
export const siemStreamV2: Source = streamOf();

/** The same source for the wanted types only, whatever types its position has. */
export function siemStreamFor(isWanted: (type: string) => boolean): Source {
  const types = TYPES.filter(isWanted);
  return streamOf({ types: types.length === TYPES.length ? null : types.join(",") });
}

/** `wanted`: the types to ask for from now on, null for all. Absent: those of the position. */
function streamOf(wanted?: Pick<StreamPosition, "types">): Source {
  const types = wanted?.types ?? null;
  const begin = (fromMs: number, begunMs: number | null = null) =>
    streamCursor(streamStart(fromMs, types, begunMs));
  return {
    name: "siem",
    api: "2.0",
    endpoint: `GET ${STREAM_PATH}`,
    callKind: "stream",
    permission: siemV2.permission,
    ...(siemV2.product === undefined ? {} : { product: siemV2.product }),
    retentionMs: RETENTION_MS,
    streams: [STREAM],
    start: (_stream, startMs, nowMs) => begin(Math.max(startMs, nowMs - STREAM_REACH_MS), nowMs),
    page: async (_stream, cursor, context) => {
      const position = readStreamPosition(cursor, context.overlapMs);
      const isOther = wanted !== undefined && wanted.types !== position.types;
      return isOther ? withTypes(position, wanted.types) : nextPage(position, context);
    },
    replay: {
      range: (_stream, fromMs) => [begin(fromMs)],
      ended: (_next, what) => what === "gap",
      timeKey: "timestamp",
      again: (cursor) => cursor,
      // If Mimecast refuses the token there is no page, and no other page surely holds the same records.
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

/** A page token may belong to the types of its request, and so hold the new ones back. */
function withTypes(position: StreamPosition, types: string | null): Page {
  const next = streamCursor({ ...streamByDate(position), types });
  return { isUnasked: true, items: [], next, more: true, coveredUntilMs: null };
}

async function nextPage(position: StreamPosition, context: SourceContext): Promise<Page> {
  const sentMs = context.now();
  const answer = await askStream(position, context);
  const { asked, fromMs, isCaughtUp, mimecastMs } = answer;
  const beginMs = beginBy(position, sentMs, mimecastMs, STREAM_LIMIT_MS);
  if (beginMs !== position.fromMs) {
    const next = streamCursor({ ...position, fromMs: beginMs, begunMs: null });
    return { items: [], next, more: true, coveredUntilMs: null };
  }
  const isLate = fromMs !== null && fromMs > asked.fromMs;
  return {
    items: answer.keep.includes(true) ? [itemOf(answer)] : [],
    next: streamCursor(placeAfter(answer, context.overlapMs)),
    more: hasMoreRecords(answer),
    coveredUntilMs: isCaughtUp === true ? mimecastMs : null,
    ...(isLate ? { gap: { reason: tooOld(asked.fromMs, fromMs) } } : {}),
  };
}

function placeAfter(answer: StreamAnswer, overlapMs: number): StreamPosition {
  const { asked, next, keep, records: shown, mimecastMs } = answer;
  const token = next ?? asked.nextPage;
  const isAlive = keep.includes(true) || asked.nextPage === null || asked.aliveMs === 0;
  const isComplete = answer.isCaughtUp ?? shown.length === 0;
  // A token with an empty answer that is caught up may be dead, and settles nothing.
  const isProof = asked.nextPage === null || shown.length > 0 || answer.isCaughtUp === null;
  const from = answer.fromMs ?? asked.fromMs;
  const settled = isComplete && isProof ? Math.max(from, mimecastMs - overlapMs) : from;
  return {
    ...asked,
    nextPage: token,
    fromMs: Math.min(settled, mimecastMs),
    begunMs: null,
    stalls: isStalled(answer) && !isComplete ? asked.stalls + 1 : 0,
    ids: answer.ids,
    isRedoing: asked.isRedoing && !(isComplete && isProof),
    hasShown: token === asked.nextPage && (asked.hasShown || shown.length > 0),
    aliveMs: isAlive ? mimecastMs : asked.aliveMs,
  };
}

function itemOf({ asked, text, keep }: StreamAnswer): Page["items"][number] {
  const { nextPage, fromMs } = asked;
  return {
    key: nextPage === null ? `from-${iso(fromMs)}` : `page-${shortHash(nextPage)}`,
    kind: "siem",
    records: () => keptRecords(text, LIST, keep),
    raw: () => whole(text),
  };
}

function tooOld(fromMs: number, toMs: number): string {
  return `Records from ${iso(fromMs)} to ${iso(toMs)} are older than 24 hours`;
}
