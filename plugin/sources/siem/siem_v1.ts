import { isObject } from "../../client/failure.ts";
import { gunzip } from "../../decode/gunzip.ts";
import { peeked } from "../../decode/peeked.ts";
import { siemFile } from "../../decode/siem_file.ts";
import { spooledFile, withHead } from "../../decode/spooled_file.ts";
import { openZip, type ZipEntry } from "../../decode/unzip.ts";
import { DecodeError } from "../../errors.ts";
import { mimecastTime } from "../mimecast_time.ts";
import { askOr, oneMoreRestart } from "../restarts.ts";
import { SeenIds } from "../seen_ids.ts";
import { shortHash } from "../short_hash.ts";
import type { Item, Page, Source, SourceContext } from "../source.ts";
import { unexpected } from "../unexpected.ts";
import {
  readSiemV1Position,
  SIEM_V1_START,
  type SiemV1Position,
  siemV1Cursor,
} from "./siem_v1_position.ts";

const PATH = "/api/audit/get-siem-logs";
/** Files, and the tokens to them, live for 7 days. */
const RETENTION_MS = 7 * 86_400_000;
/** How many files the cursor remembers. */
const MAX_FILES = 3_000;
const TOKEN_HEADER = "mc-siem-token";
/** Keys of items that hold a whole answer. */
const WHOLE_ANSWER = /^(?:archive|file)-/;
/** Files appear about every 30 minutes, so the last half hour is open. */
const AVAILABLE_AFTER_MS = 30 * 60_000;

/**
 * API 1.0 SIEM (MTA) logs: a sequence of files of mixed types behind one token, kept for 7 days (reference:
 * POST /api/audit/get-siem-logs). The program cannot choose the start: without a token the oldest file comes first.
 */
export const siemV1: Source = {
  name: "siem",
  api: "1.0",
  endpoint: `POST ${PATH}`,
  callKind: "other",
  permission: "Gateway | Tracking | Read",
  retentionMs: RETENTION_MS,
  streams: ["siem"],
  start: () => siemV1Cursor(SIEM_V1_START),
  page: (_stream, cursor, context) => nextPage(readSiemV1Position(cursor), context),
  replay: {
    range: null,
    ended: () => true,
    timeKey: null,
    again: (cursor) => cursor,
    // An archive that did not open before may open now: then all of it was missed.
    missed: (items, key) =>
      WHOLE_ANSWER.test(key) ? items : items.filter((item) => item.key === key),
    async stored(path, sizeBytes) {
      const { head, whole } = await peeked(spooledFile(path), (bytes) => bytes.length >= 4);
      await whole.return(undefined);
      return (await filesOf(path, sizeBytes, head, "stored")).map(({ item }) => item);
    },
  },
};

async function nextPage(position: SiemV1Position, context: SourceContext): Promise<Page> {
  const { answer, asked } = await ask(position, context);
  const mimecastMs = mimecastTime(answer.headers, context.now());
  const isLost = asked.token === null && position.token !== null;
  const gap = isLost && !isAllLeft(position, mimecastMs) ? { gap: { reason: LOST } } : {};
  const token = tokenOf(answer.headers) ?? asked.token;
  if (!("body" in answer)) return { ...afterJson(answer.json, asked, token, mimecastMs), ...gap };

  const { chunks, head } = withHead(answer.body, 4);
  const { path, size } = await context.spool(chunks);
  // Named after the sent token: Mimecast may return another one for each request.
  const files = await filesOf(path, size, head(), shortHash(asked.token ?? ""));
  const hasMoved = token !== asked.token;
  const seen = new SeenIds(asked.files);
  const isTaken = ({ item, identity }: File): boolean =>
    [item.key, identity].some((name) => asked.taken.includes(shortHash(name))) ||
    (asked.isRedoing && seen.has(identity));
  const fresh = files.filter((file) => !isTaken(file));
  const remembered = new SeenIds(asked.files);
  for (const { identity } of files) remembered.add(identity, mimecastMs);
  return {
    items: fresh.map(({ item }) => item),
    next: siemV1Cursor({
      ...asked,
      token,
      taken: hasMoved ? [] : files.map(({ identity }) => shortHash(identity)),
      files: remembered.entries(mimecastMs - RETENTION_MS, MAX_FILES),
    }),
    more: hasMoved,
    coveredUntilMs: null,
    ...gap,
  };
}

const LOST = "Mimecast does not know the SIEM token any more: older files are lost";

/** Files live for 7 days: if nothing was left within that time, all later files still exist. */
function isAllLeft({ settledMs }: SiemV1Position, mimecastMs: number): boolean {
  return settledMs !== null && mimecastMs - settledMs < RETENTION_MS;
}

interface Asked {
  readonly answer: Awaited<ReturnType<SourceContext["client"]["file"]>>;
  /** The position of the request: without its token if Mimecast refused it. */
  readonly asked: SiemV1Position;
}

/** Without its token the sequence begins again with the oldest file; the program leaves out the files that it knows. */
async function ask(position: SiemV1Position, context: SourceContext): Promise<Asked> {
  const request = async (asked: SiemV1Position): Promise<Asked> => {
    const token = asked.token === null ? {} : { token: asked.token };
    const item = { type: "MTA", compress: true, fileFormat: "json", ...token };
    const body = { data: [item] };
    return { answer: await context.client.file({ method: "POST", path: PATH, body }), asked };
  };
  const restarts = oneMoreRestart(position.restarts, context.now());
  if (position.token === null || restarts === null) return request(position);
  const anew = { ...position, token: null, taken: [], isRedoing: true, restarts };
  return askOr(
    () => request(position),
    () => request(anew),
  );
}

function afterJson(
  json: unknown,
  position: SiemV1Position,
  token: string | null,
  mimecastMs: number,
): Page {
  const meta = isObject(json) && isObject(json.meta) ? json.meta : null;
  if (meta === null) {
    throw unexpected(`POST ${PATH}`, 'JSON without "meta"');
  }
  const isLast = meta.isLastToken === true;
  const settled = isLast ? { settledMs: mimecastMs, isRedoing: false } : {};
  const taken = token === position.token ? position.taken : [];
  return {
    items: [],
    next: siemV1Cursor({ ...position, token, taken, ...settled }),
    more: !isLast && token !== position.token,
    coveredUntilMs: isLast ? mimecastMs - AVAILABLE_AFTER_MS : null,
  };
}

/** A file of an answer. */
interface File {
  readonly item: Item;
  /** Key and content, because another file may have the same name. */
  readonly identity: string;
}

/** The first bytes decide, because archives and plain files have the same content type. */
async function filesOf(
  path: string,
  size: number,
  head: Uint8Array,
  pageKey: string,
): Promise<File[]> {
  const whole = (item: Item): File[] => [{ item, identity: `${item.key}|${size}` }];
  if (size === 0) return whole(brokenItem(pageKey, path, "the file is empty", "empty"));
  if (head[0] !== 0x50 || head[1] !== 0x4b) return whole(plainItem(pageKey, path));
  try {
    const entries = await openZip(path);
    return entries.map((entry) => ({ item: entryItem(entry), identity: entry.identity }));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return whole(brokenItem(pageKey, path, error.message, error.code));
  }
}

function entryItem(entry: ZipEntry): Item {
  return {
    key: entry.name,
    kind: "siem",
    records: () => siemFile(gunzip(entry.read())),
    raw: () => entry.salvage(),
  };
}

function plainItem(pageKey: string, path: string): Item {
  return {
    key: `file-${pageKey}`,
    kind: "siem",
    records: () => siemFile(gunzip(spooledFile(path))),
    raw: () => spooledFile(path),
  };
}

/** An archive that can't be opened is one item, so that it can be tried again and go to the quarantine. */
function brokenItem(pageKey: string, path: string, message: string, code: string): Item {
  return {
    key: `archive-${pageKey}`,
    kind: "siem",
    // biome-ignore lint/correctness/useYield: it fails before there is anything to give
    records: async function* () {
      throw new DecodeError(message, { code });
    },
    raw: () => spooledFile(path),
  };
}

function tokenOf(headers: Readonly<Record<string, string>>): string | null {
  const token = headers[TOKEN_HEADER];
  return token === undefined || token === "" ? null : token;
}
