import { z } from "zod";
import { type Answer, apiFailure, type Call, type Handed, violate } from "./call.ts";
import { pageTokenRefused } from "./fault_answers.ts";
import { LOG_ENDPOINTS, type LogEndpoint } from "./log_endpoints.ts";
import { answerToken } from "./page_token.ts";
import { readBody } from "./read_body.ts";
import { recordText } from "./records/record.ts";
import { changesSearch, firstPlace, type Place, readToken, writeToken } from "./search_place.ts";
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
  const asked = data[0] === undefined ? null : firstPlace(world, call.path, endpoint, data[0]);
  if (typeof asked === "string") return refuse(world, call, "data", asked);
  if (token === undefined) return page(world, call, endpoint, asked as Place, size);
  if (call.fault?.fault === "page_token_refused") return pageTokenRefused(call);
  const place = readToken(token);
  if (place === null || place.path !== call.path) {
    return refuse(world, call, "pageToken", "must be the value of next");
  }
  if (data[0] !== undefined && changesSearch(data[0], endpoint, place)) {
    return refuse(world, call, "data", "must not change while paging");
  }
  return page(world, call, endpoint, place, size);
}

function page(world: World, call: Call, endpoint: LogEndpoint, asked: Place, size: number): Answer {
  if (call.fault?.fault === "page_token_dead" && asked.after !== null) {
    return pageAnswer(world, endpoint, [], writeToken(asked));
  }
  const repeat = call.fault?.fault === "repeated_page" && asked.after !== null && asked.after >= 0;
  const place = repeat ? { ...asked, after: asked.before } : asked;
  const list: List = { timeline: timelineOf(world, endpoint.type), has: endpoint.has ?? all };
  const found = place.after === -1 ? [] : indexesAt(world, list, place, size);
  const overlap = repeat ? [] : overlapAt(world, call, list, place);
  const next = repeat ? asked : nextPlace(world, list, place, found);
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
function indexesAt(world: World, { timeline, has }: List, place: Place, size: number): number[] {
  let low = timeline.firstAtOrAfter(place.fromMs);
  let high = timeline.firstAtOrAfter(Math.min(place.toMs + 1_000, world.now() + 1));
  const isOldestFirst = oldestFirst(world, place);
  if (place.after !== null && isOldestFirst) {
    low = Math.max(low, timeline.positionOf(place.after) + 1);
  } else if (place.after !== null) {
    high = Math.min(high, timeline.positionOf(place.after));
  }
  const found: number[] = [];
  for (let step = 0; step < high - low && found.length < size; step++) {
    const index = timeline.indexAt(isOldestFirst ? low + step : high - 1 - step);
    if (has(timeline.original(index))) found.push(index);
  }
  return found;
}

function oldestFirst(world: World, place: Place): boolean {
  const { order } = world.switches;
  return order === "as_asked" ? place.oldestFirst : order === "oldest_first";
}

/** The records of the page before that stand again at the head of this one. */
function overlapAt(world: World, call: Call, { timeline, has }: List, place: Place): number[] {
  const wanted = call.fault?.fault === "duplicate_records" ? 2 : world.switches.overlapRecords;
  if (place.after === null || place.after === -1) return [];
  const step = oldestFirst(world, place) ? -1 : 1;
  const again: number[] = [];
  for (let at = timeline.positionOf(place.after); again.length < wanted; at += step) {
    if (at < 0 || at >= timeline.count) break;
    const index = timeline.indexAt(at);
    if (!isInside(timeline.timeOf(index), place)) break;
    if (has(timeline.original(index))) again.unshift(index);
  }
  return again;
}

function isInside(ms: number, place: Place): boolean {
  return ms >= place.fromMs && ms < place.toMs + 1_000;
}

/** Where the page after goes on: also on an empty page, which may carry `next` too (reference 0.8). */
function nextPlace(world: World, list: List, place: Place, found: readonly number[]): Place | null {
  const last = found.at(-1);
  if (last === undefined) return world.switches.emptyPageWithNext ? { ...place, after: -1 } : null;
  const next = { ...place, after: last, before: place.after };
  const more = indexesAt(world, list, next, 1).length > 0;
  return more || world.switches.emptyPageWithNext ? next : null;
}

function refuse(world: World, call: Call, field: string, detail: string): Answer {
  violate(world, call.path, "search", `${field} ${detail}`);
  return apiFailure(400, "err_validation_null", `${field} ${detail}`, field);
}
