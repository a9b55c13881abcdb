import { parseDay } from "./api_time.ts";
import { batchPath } from "./batch_file.ts";
import { type Answer, type Call, json, siemFailure } from "./call.ts";
import { sizeOf } from "./download.ts";
import { answerToken, tokenFault } from "./page_token.ts";
import { preSign } from "./pre_signed.ts";
import { type RecordType, TYPE_NAMES } from "./record_types.ts";
import { ACCOUNT_CODE } from "./records/names.ts";
import { familyOf, pageSizeOf, refuseParameters, refuseQuery, typeNamed } from "./siem_query.ts";
import { filesOf, type SiemFile, type World } from "./world.ts";

const DAY_MS = 86_400_000;
const PARAMETERS = ["type", "dateRangeStartsAt", "dateRangeEndsAt", "pageSize", "nextPage"];

/** Where the list goes on, type by type. */
type Position = ReadonlyMap<RecordType, number>;

/** GET /siem/v1/batch/events/cg and …/ci: links to files of one type, or of several (reference 2.3, 2.5). */
export function siemBatch(world: World, call: Call): Answer {
  const refused = refuseParameters(world, call, PARAMETERS);
  if (refused !== null) return refused;
  const asked = call.query.get("type") ?? "";
  if (!world.switches.joinedTypes && asked.includes(",")) {
    return siemFailure("invalid_parameter", `"type" must be one type: "${asked}"`);
  }
  const types = asked.split(",").map((name) => typeNamed(familyOf(call.path), name));
  if (!types.every((type) => type !== null) || new Set(types).size < types.length) {
    return refuseQuery(world, call, "type", `is not known: "${asked}"`);
  }
  const token = call.query.get("nextPage");
  if (token === null) return startPage(world, call, types);
  if (call.query.has("dateRangeStartsAt") || call.query.has("dateRangeEndsAt")) {
    return refuseQuery(world, call, "nextPage", "goes without the dates");
  }
  const fault = tokenFault(call, token);
  if (fault !== null) return fault;
  const position = readToken(token);
  const isSame = position?.size === types.length && types.every((type) => position.has(type));
  if (position === null || !isSame) {
    return refuseQuery(world, call, "nextPage", `does not belong to "${asked}"`);
  }
  return page(world, call, position, token);
}

function startPage(world: World, call: Call, types: readonly RecordType[]): Answer {
  const nowMs = world.now();
  const today = nowMs - (nowMs % DAY_MS);
  const days: number[] = [];
  for (const name of ["dateRangeStartsAt", "dateRangeEndsAt"]) {
    const text = call.query.get(name);
    const day = text === null ? null : parseDay(text);
    if (text !== null && (day === null || day < today - 7 * DAY_MS || day > today)) {
      return refuseQuery(
        world,
        call,
        name,
        `must be a day of the last 7, like 2024-01-25: "${text}"`,
      );
    }
    days.push(day ?? (days.length === 0 ? today - 7 * DAY_MS : today));
  }
  const [startMs = 0, endMs = 0] = days;
  if (startMs > endMs) return refuseQuery(world, call, "dateRangeStartsAt", "must not be later");
  const position = types.map((type) => {
    const files = filesOf(world, type);
    const first = files.findIndex(({ atMs }) => atMs >= startMs);
    return [type, first === -1 ? files.length : first] as const;
  });
  return page(world, call, new Map(position), null);
}

/** A page of the files from a position on, type after type. `used` is the token that asked for it. */
function page(world: World, call: Call, position: Position, used: string | null): Answer {
  const size = pageSizeOf(call);
  const fault = call.fault?.fault;
  if (fault === "empty_page") return answer(world, call, [], writeToken(position, "e"), false);
  const back = fault === "repeated_page" && used !== null;
  const end = new Map(position);
  const found: SiemFile[] = [];
  for (const [type, number] of position) {
    const left = size - found.length;
    const start = back ? Math.max(0, number - size) : number;
    const files = filesOf(world, type).slice(start, back ? number : start + left);
    found.push(...files.slice(0, left));
    if (!back) end.set(type, number + files.length);
  }
  const listed = fault === "duplicate_urls" ? withDuplicates(world, position, found) : found;
  const moved = back || found.length === 0 ? used : null;
  const next = moved ?? writeToken(end, "null");
  const isCaughtUp = [...end].every(([type, number]) => number >= filesOf(world, type).length);
  return answer(world, call, listed, next, isCaughtUp);
}

function answer(
  world: World,
  call: Call,
  files: readonly SiemFile[],
  next: string,
  isCaughtUp: boolean,
): Answer {
  const value = files.map((file) => {
    const link = preSign(world, batchPath(familyOf(call.path), ACCOUNT_CODE, file));
    const expiry = new Date(link.expiryMs).toISOString();
    return { url: link.url, expiry, size: sizeOf(world, file) };
  });
  const token =
    call.fault?.fault === "missing_next_page" ? {} : { "@nextPage": answerToken(call, next) };
  return json(200, { value, ...token, isCaughtUp });
}

/** The last file of the page before, the page, and its first file once more, with links of their own. */
function withDuplicates(world: World, position: Position, found: readonly SiemFile[]): SiemFile[] {
  const before = [...position].flatMap(([type, number]) =>
    filesOf(world, type).slice(Math.max(0, number - 1), number),
  );
  return [...before.slice(0, 1), ...found, ...found.slice(0, 1)];
}

/** Opaque, in the form of the tokens that are known: `NDY6bnVsbA==` is "46:null" (reference 2.3). */
function writeToken(position: Position, tail: string): string {
  const parts = [...position].map(
    ([type, number]) => number * TYPE_NAMES.length + TYPE_NAMES.indexOf(type),
  );
  return Buffer.from(`${parts.join(".")}:${tail}`).toString("base64");
}

function readToken(token: string): Position | null {
  const match = /^(\d+(?:\.\d+)*):(null|e)$/.exec(Buffer.from(token, "base64").toString("latin1"));
  if (match === null) return null;
  const parts = (match[1] ?? "").split(".").map(Number);
  const position = parts.map((part) => {
    const type = TYPE_NAMES[part % TYPE_NAMES.length];
    return [type as RecordType, Math.floor(part / TYPE_NAMES.length)] as const;
  });
  return new Map(position);
}
