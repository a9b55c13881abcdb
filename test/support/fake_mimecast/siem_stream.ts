import { parseMillisecondTime } from "./api_time.ts";
import { type Answer, type Call, type Handed, siemFailure } from "./call.ts";
import { answerToken, tokenFault } from "./page_token.ts";
import { RECORD_TYPES, type RecordType, TYPE_NAMES } from "./record_types.ts";
import { recordText } from "./records/record.ts";
import {
  familyOf,
  pageSizeOf,
  refuseParameters,
  refuseQuery,
  typeNamed,
  typesIn,
} from "./siem_query.ts";
import { timelineOf, type World } from "./world.ts";

const DAY_MS = 86_400_000;
const PARAMETERS = ["types", "dateRangeStartsAt", "dateRangeEndsAt", "pageSize", "nextPage"];

/** Where each type goes on; the end of the range, where one was asked for. */
interface Position {
  readonly next: ReadonlyMap<RecordType, number>;
  readonly endMs: number | null;
  /** Records of the page before: they may stand again on the next one. */
  readonly before: readonly Handed[];
}

/** GET /siem/v1/events/cg and …/ci: records themselves, oldest first (reference 2.4, 2.5). */
export function siemStream(world: World, call: Call): Answer {
  const refused = refuseParameters(world, call, PARAMETERS);
  if (refused !== null) return refused;
  const types = wantedTypes(call);
  if (types === null) return refuseQuery(world, call, "types", "holds a type that is not known");
  const token = call.query.get("nextPage");
  const fault = tokenFault(call, token);
  if (fault !== null) return fault;
  const position = token === null ? startPosition(world, call, types) : readToken(token, types);
  if (position === null)
    return refuseQuery(world, call, "nextPage", "must be the value of @nextPage");
  if ("status" in position) return position;
  const { found, next } = take(world, position, pageSizeOf(call));
  const repeated = call.fault?.fault === "repeated_page";
  const again = repeated || call.fault?.fault === "duplicate_records" ? position.before : [];
  const handed = repeated ? again : [...again, ...found];
  const after = repeated ? position : { ...position, next, before: found.slice(-3) };
  const caughtUp = !repeated && take(world, { ...position, next }, 1).found.length === 0;
  return pageAnswer(world, call, handed, writeToken(after), caughtUp);
}

function pageAnswer(
  world: World,
  call: Call,
  handed: readonly Handed[],
  next: string,
  isCaughtUp: boolean,
): Answer {
  const fault = call.fault?.fault;
  const shown = fault === "empty_page" ? [] : handed;
  const texts = shown.map(({ type, index }) => {
    const atMs = timelineOf(world, type).timeOf(index);
    return recordText({ type, index, seed: world.seed, atMs }, "stream");
  });
  const asked = call.query.get("nextPage");
  const token = fault === "empty_page" && asked !== null ? asked : next;
  const link = `${call.path}?nextPage=${encodeURIComponent(token)}`;
  const tail = {
    "@nextLink": link,
    ...(fault === "missing_next_page" ? {} : { "@nextPage": answerToken(call, token) }),
    pageSize: pageSizeOf(call),
    isCaughtUp: fault === "empty_page" ? false : isCaughtUp,
  };
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: `{"value":[${texts.join(",")}],${JSON.stringify(tail).slice(1)}`,
    handed: shown,
  };
}

/** The next `size` records of all types together, in the order of time. */
function take(
  world: World,
  position: Position,
  size: number,
): { found: Handed[]; next: Map<RecordType, number> } {
  const next = new Map(position.next);
  const found: Handed[] = [];
  while (found.length < size) {
    let oldest: RecordType | null = null;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [type, position] of next) {
      const timeline = timelineOf(world, type);
      if (position >= timeline.count) continue;
      const atMs = timeline.timeOf(timeline.indexAt(position));
      if (atMs < oldestMs) [oldest, oldestMs] = [type, atMs];
    }
    if (oldest === null || oldestMs > (position.endMs ?? world.now())) break;
    const index = next.get(oldest) ?? 0;
    found.push({ type: oldest, index: timelineOf(world, oldest).indexAt(index) });
    next.set(oldest, index + 1);
  }
  return { found, next };
}

function startPosition(world: World, call: Call, types: readonly RecordType[]): Position | Answer {
  const nowMs = world.now();
  const start = timeIn(call, "dateRangeStartsAt") ?? nowMs - DAY_MS;
  const end = timeIn(call, "dateRangeEndsAt");
  if (start === "wrong" || end === "wrong") {
    return refuseQuery(world, call, "dateRange", "must look like 2024-01-25T10:30:45.642Z");
  }
  if (start < nowMs - DAY_MS || start === end || (end !== null && start > end)) {
    return siemFailure("invalid_date_range", "The date range must lie within the last 24 hours");
  }
  const next = new Map(types.map((type) => [type, timelineOf(world, type).firstAtOrAfter(start)]));
  return { next, endMs: end, before: [] };
}

function timeIn(call: Call, name: string): number | null | "wrong" {
  const text = call.query.get(name);
  return text === null ? null : (parseMillisecondTime(text) ?? "wrong");
}

/** A comma list, or all types where the parameter is absent. */
function wantedTypes(call: Call): RecordType[] | null {
  const family = familyOf(call.path);
  const text = call.query.get("types");
  if (text === null) return typesIn(family);
  const types = text.split(",").map((name) => typeNamed(family, name));
  return types.every((type) => type !== null) ? types : null;
}

function writeToken(position: Position): string {
  const next = [...position.next].map(([type, position]) => [TYPE_NAMES.indexOf(type), position]);
  const before = position.before.map(({ type, index }) => [TYPE_NAMES.indexOf(type), index]);
  return Buffer.from(JSON.stringify([next, position.endMs, before])).toString("base64");
}

function readToken(token: string, types: readonly RecordType[]): Position | null {
  try {
    const [next, endMs, before] = JSON.parse(Buffer.from(token, "base64").toString("latin1"));
    const position = new Map<RecordType, number>(next.map(named));
    const same = types.length === position.size && types.every((type) => position.has(type));
    if (!same) return null;
    const handed = before
      .map(named)
      .map(([type, index]: [RecordType, number]) => ({ type, index }));
    return { next: position, endMs, before: handed };
  } catch {
    return null;
  }
}

function named([number, value]: [number, number]): [RecordType, number] {
  const type = TYPE_NAMES[number];
  if (type === undefined || !(type in RECORD_TYPES)) throw new RangeError("unknown type");
  return [type, value];
}
