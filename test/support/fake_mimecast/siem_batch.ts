import { parseDay } from "./api_time.ts";
import { batchPath } from "./batch_file.ts";
import { type Answer, type Call, json } from "./call.ts";
import { sizeOf } from "./download.ts";
import { preSign } from "./pre_signed.ts";
import { type RecordType, TYPE_NAMES } from "./record_types.ts";
import { ACCOUNT_CODE } from "./records/names.ts";
import { familyOf, pageSizeOf, refuseParameters, refuseQuery, typeNamed } from "./siem_query.ts";
import { filesOf, type SiemFile, type World } from "./world.ts";

const DAY_MS = 86_400_000;
const PARAMETERS = ["type", "dateRangeStartsAt", "dateRangeEndsAt", "pageSize", "nextPage"];

/** GET /siem/v1/batch/events/cg and …/ci: links to files of one type (reference 2.3, 2.5). */
export function siemBatch(world: World, call: Call): Answer {
  const refused = refuseParameters(world, call, PARAMETERS);
  if (refused !== null) return refused;
  const type = typeNamed(familyOf(call.path), call.query.get("type") ?? "");
  if (type === null) {
    return refuseQuery(world, call, "type", `is not known: "${call.query.get("type")}"`);
  }
  const token = call.query.get("nextPage");
  if (token === null) return startPage(world, call, type);
  if (call.query.has("dateRangeStartsAt") || call.query.has("dateRangeEndsAt")) {
    return refuseQuery(world, call, "nextPage", "goes without the dates");
  }
  const place = readToken(token);
  if (place === null || place.type !== type) {
    return refuseQuery(world, call, "nextPage", `does not belong to "${call.query.get("type")}"`);
  }
  return page(world, call, type, place.number, token);
}

function startPage(world: World, call: Call, type: RecordType): Answer {
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
  const files = filesOf(world, type);
  const first = files.findIndex(({ atMs }) => atMs >= startMs);
  return page(world, call, type, first === -1 ? files.length : first, null);
}

/** A page of the files from `number` on. `used` is the token that asked for it. */
function page(
  world: World,
  call: Call,
  type: RecordType,
  number: number,
  used: string | null,
): Answer {
  const size = pageSizeOf(call);
  const fault = call.fault?.fault;
  const files = filesOf(world, type);
  if (fault === "empty_page") return answer(world, call, [], writeToken(type, number, "e"), false);
  const back = fault === "repeated_page" && used !== null;
  const start = back ? Math.max(0, number - size) : number;
  const found = files.slice(start, back ? number : start + size);
  const listed = fault === "duplicate_urls" ? withDuplicates(files, found, number) : found;
  const end = back ? number : start + found.length;
  const moved = back || found.length === 0 ? used : null;
  const next = moved ?? writeToken(type, end, "null");
  return answer(world, call, listed, next, end >= files.length);
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
  const token = call.fault?.fault === "missing_next_page" ? {} : { "@nextPage": next };
  return json(200, { value, ...token, isCaughtUp });
}

/** The last file of the page before, the page, and its first file once more, with links of their own. */
function withDuplicates(
  files: readonly SiemFile[],
  found: readonly SiemFile[],
  number: number,
): SiemFile[] {
  return [...files.slice(Math.max(0, number - 1), number), ...found, ...found.slice(0, 1)];
}

/** Opaque, in the form of the tokens that are known: `NDY6bnVsbA==` is "46:null" (reference 2.3). */
function writeToken(type: RecordType, number: number, tail: string): string {
  const place = number * TYPE_NAMES.length + TYPE_NAMES.indexOf(type);
  return Buffer.from(`${place}:${tail}`).toString("base64");
}

function readToken(token: string): { type: RecordType; number: number } | null {
  const match = /^(\d+):(null|e)$/.exec(Buffer.from(token, "base64").toString("latin1"));
  const type = TYPE_NAMES[Number(match?.[1]) % TYPE_NAMES.length];
  if (match === null || type === undefined) return null;
  return { type, number: Math.floor(Number(match[1]) / TYPE_NAMES.length) };
}
