import { z } from "zod";
import { type Answer, apiFailure, type Call, type Handed, violate } from "./call.ts";
import { pageTokenRefused } from "./fault_answers.ts";
import { LOG_ENDPOINTS, type LogEndpoint } from "./log_endpoints.ts";
import { answerToken } from "./page_token.ts";
import { readBody } from "./read_body.ts";
import { recordText } from "./records/record.ts";
import {
  changesSearch,
  firstPosition,
  type Position,
  readToken,
  writeToken,
} from "./search_position.ts";
import type { Timeline } from "./timeline.ts";
import { timelineOf, type World } from "./world.ts";

const META = z.strictObject({
  pagination: z.strictObject({
    pageSize: z.union([z.number().int(), z.string().regex(/^\d+$/)]).optional(),
    pageToken: z.string().min(1).optional(),
  }),
});

/** The paged logs of `/api/*`: newest first unless asked otherwise, both ends of the range inclusive (reference 1.3, 1.7 to 1.9). */
export function logPage(world: World, call: Call): Answer {
  const endpoint = LOG_ENDPOINTS.get(call.path) as LogEndpoint;
  const schema = z.strictObject({
    meta: META.optional(),
    data: z.array(endpoint.item).optional(),
  });
  const read = readBody(world, call, schema);
  if ("refused" in read) return read.refused;
  const { meta, data = [] } = read.value;
  const token = meta?.pagination.pageToken;
  const size = Number(meta?.pagination.pageSize ?? 100);
  if (size < 1 || size > world.switches.maxPageSize) {
    return refuse(
      world,
      call,
      "pageSize",
      `must be 1 to ${world.switches.maxPageSize}: current value is ${size}`,
    );
  }
  if (data.length > 1 || (data.length === 0 && token === undefined)) {
    return refuse(world, call, "data", `must hold exactly 1 item: it holds ${data.length}`);
  }
  const asked = data[0] === undefined ? null : firstPosition(world, call.path, endpoint, data[0]);
  if (typeof asked === "string") return refuse(world, call, "data", asked);
  if (token === undefined) return page(world, call, endpoint, asked as Position, size);
  if (call.fault?.fault === "page_token_refused") return pageTokenRefused(call);
  const position = readToken(token);
  if (position === null || position.path !== call.path) {
    return refuse(world, call, "pageToken", "must be the value of next");
  }
  if (data[0] !== undefined && changesSearch(data[0], endpoint, position)) {
    return refuse(world, call, "data", "must not change while paging");
  }
  return page(world, call, endpoint, position, size);
}

function page(
  world: World,
  call: Call,
  endpoint: LogEndpoint,
  asked: Position,
  size: number,
): Answer {
  if (call.fault?.fault === "page_token_dead" && asked.after !== null) {
    return pageAnswer(world, endpoint, [], writeToken(asked));
  }
  const repeat = call.fault?.fault === "repeated_page" && asked.after !== null && asked.after >= 0;
  const position = repeat ? { ...asked, after: asked.before } : asked;
  const list: List = { timeline: timelineOf(world, endpoint.type), has: endpoint.has ?? all };
  const found = position.after === -1 ? [] : indexesAt(world, list, position, size);
  const overlap = repeat ? [] : overlapAt(world, call, list, position);
  const next = repeat ? asked : nextPosition(world, list, position, found);
  const handed = [...overlap, ...found].map((index) => ({ type: endpoint.type, index }));
  const token = next === null ? null : answerToken(call, writeToken(next));
  return pageAnswer(world, endpoint, handed, token);
}

function pageAnswer(
  world: World,
  endpoint: LogEndpoint,
  handed: readonly Handed[],
  next: string | null,
): Answer {
  const texts = handed.map(({ type, index }) => {
    const timeline = timelineOf(world, type);
    const atMs = timeline.timeOf(index);
    return recordText({ type, index: timeline.original(index), seed: world.seed, atMs }, "v1");
  });
  const pagination = {
    pageSize: handed.length,
    ...unreliableTotal(handed),
    ...(next === null ? {} : { next }),
  };
  const meta = JSON.stringify({ status: 200, pagination });
  const list = `[${texts.join(",")}]`;
  const bare = endpoint.array === null || (handed.length === 0 && (next?.length ?? 0) % 2 === 0);
  const counted = endpoint.array === "impersonationLogs" ? `,"resultCount":${handed.length}` : "";
  const data = bare ? list : `[{"${endpoint.array}":${list}${counted}}]`;
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      pragma: "no-cache",
    },
    body: `{"meta":${meta},"data":${data},"fail":[]}`,
    handed,
  };
}

/** totalCount is often absent and differs from page to page (reference 1.3). */
function unreliableTotal(handed: readonly Handed[]): object {
  const mark = handed[0]?.index ?? 0;
  return mark % 3 === 0 ? {} : { totalCount: handed.length + (mark % 5) };
}

/** The records of one endpoint. */
interface List {
  readonly timeline: Timeline;
  readonly has: (index: number) => boolean;
}

const all = (): boolean => true;

/** The next `size` records of a search, in the order of the search. */
function indexesAt(
  world: World,
  { timeline, has }: List,
  position: Position,
  size: number,
): number[] {
  let low = timeline.firstAtOrAfter(position.fromMs);
  let high = timeline.firstAtOrAfter(Math.min(position.toMs + 1_000, world.now() + 1));
  const isOldestFirst = oldestFirst(world, position);
  if (position.after !== null && isOldestFirst) {
    low = Math.max(low, timeline.positionOf(position.after) + 1);
  } else if (position.after !== null) {
    high = Math.min(high, timeline.positionOf(position.after));
  }
  const found: number[] = [];
  for (let step = 0; step < high - low && found.length < size; step++) {
    const index = timeline.indexAt(isOldestFirst ? low + step : high - 1 - step);
    if (has(timeline.original(index))) found.push(index);
  }
  return found;
}

function oldestFirst(world: World, position: Position): boolean {
  const { order } = world.switches;
  return order === "as_asked" ? position.oldestFirst : order === "oldest_first";
}

/** The records of the page before that stand again at the head of this one. */
function overlapAt(
  world: World,
  call: Call,
  { timeline, has }: List,
  position: Position,
): number[] {
  const wanted = call.fault?.fault === "duplicate_records" ? 2 : world.switches.overlapRecords;
  if (position.after === null || position.after === -1) return [];
  const step = oldestFirst(world, position) ? -1 : 1;
  const again: number[] = [];
  for (let at = timeline.positionOf(position.after); again.length < wanted; at += step) {
    if (at < 0 || at >= timeline.count) break;
    const index = timeline.indexAt(at);
    if (!isInside(timeline.timeOf(index), position)) break;
    if (has(timeline.original(index))) again.unshift(index);
  }
  return again;
}

function isInside(ms: number, position: Position): boolean {
  return ms >= position.fromMs && ms < position.toMs + 1_000;
}

/** Where the page after goes on: also on an empty page, which may carry `next` too (reference 0.8). */
function nextPosition(
  world: World,
  list: List,
  position: Position,
  found: readonly number[],
): Position | null {
  const last = found.at(-1);
  if (last === undefined)
    return world.switches.emptyPageWithNext ? { ...position, after: -1 } : null;
  const next = { ...position, after: last, before: position.after };
  const more = indexesAt(world, list, next, 1).length > 0;
  return more || world.switches.emptyPageWithNext ? next : null;
}

function refuse(world: World, call: Call, field: string, detail: string): Answer {
  violate(world, call.path, "search", `${field} ${detail}`);
  return apiFailure(400, "err_validation_null", `${field} ${detail}`, field);
}
