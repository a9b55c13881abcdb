import { isObject } from "../client/failure.ts";
import { gunzip } from "../decode/gunzip.ts";
import { peeked } from "../decode/peeked.ts";
import { siemFile } from "../decode/siem_file.ts";
import { spooledFile, withHead } from "../decode/spooled_file.ts";
import { openZip, type ZipEntry } from "../decode/unzip.ts";
import { ApiError, DecodeError } from "../errors.ts";
import { cursorFields } from "./cursor_fields.ts";
import { shortHash } from "./short_hash.ts";
import type { Cursor, Item, Page, Source, SourceContext } from "./source.ts";

/** Where the stream of SIEM files stands. */
interface Place {
  /** `mc-siem-token` of the last answer; null: from the oldest file that Mimecast still has. */
  readonly token: string | null;
  /** Files already taken at this token, hashed: only where an answer came without a new token. */
  readonly taken: readonly string[];
}

const PATH = "/api/audit/get-siem-logs";
const TOKEN_HEADER = "mc-siem-token";
/** Keys of items that are all that an answer held. */
const WHOLE_ANSWER = /^(?:archive|file)-/;
/** Files show up about every 30 minutes, so nothing is known of the last half hour. */
const AVAILABLE_AFTER_MS = 30 * 60_000;

/**
 * API 1.0 SIEM (MTA) logs: a sequence of files of mixed types behind one token, kept for 7 days (reference:
 * POST /api/audit/get-siem-logs). The start can't be chosen: without a token the oldest file comes first.
 */
export const siemV1: Source = {
  name: "siem",
  api: "1.0",
  endpoint: `POST ${PATH}`,
  permission: "Gateway | Tracking | Read",
  retentionMs: 7 * 86_400_000,
  streams: ["siem"],
  start: () => toCursor({ token: null, taken: [] }),
  page: (_stream, cursor, context) => nextPage(readPlace(cursor), context),
  replay: {
    range: null,
    ended: () => true,
    timeKey: null,
    again: (cursor) => cursor,
    // An archive that could not be opened may open now: then all of it was missed.
    missed: (items, key) =>
      WHOLE_ANSWER.test(key) ? items : items.filter((item) => item.key === key),
    async stored(path, sizeBytes) {
      const { head, whole } = await peeked(spooledFile(path), (bytes) => bytes.length >= 4);
      await whole.return(undefined);
      return itemsOf(path, sizeBytes, head, "stored");
    },
  },
};

async function nextPage(place: Place, context: SourceContext): Promise<Page> {
  const answer = await ask(place, context);
  if (answer === "token_lost") return afterLostToken();
  const token = tokenOf(answer.headers) ?? place.token;
  if (!("body" in answer)) return afterJson(answer.json, place, token, context.now());

  const { chunks, head } = withHead(answer.body, 4);
  const { path, size } = await context.spool(chunks);
  // Named after the token that was sent: the one that comes back may be another one at every asking.
  const all = await itemsOf(path, size, head(), shortHash(place.token ?? ""));
  const hasMoved = token !== place.token;
  const fresh = all.filter((item) => !place.taken.includes(shortHash(item.key)));
  const taken = hasMoved ? [] : all.map((item) => shortHash(item.key));
  return {
    items: fresh,
    next: toCursor({ token, taken }),
    more: hasMoved,
    coveredUntilMs: null,
  };
}

type Answer = Awaited<ReturnType<SourceContext["client"]["file"]>>;

async function ask(place: Place, context: SourceContext): Promise<Answer | "token_lost"> {
  const item = {
    type: "MTA",
    compress: true,
    fileFormat: "json",
    ...(place.token === null ? {} : { token: place.token }),
  };
  try {
    return await context.client.file({ method: "POST", path: PATH, body: { data: [item] } });
  } catch (error) {
    const isLost = error instanceof ApiError && error.code === "err_audit_siem_invalid_token";
    if (isLost && place.token !== null) return "token_lost";
    throw error;
  }
}

/** The token lives as long as its file, 7 days. Without it everything that is left comes again. */
function afterLostToken(): Page {
  return {
    items: [],
    next: toCursor({ token: null, taken: [] }),
    more: true,
    coveredUntilMs: null,
    gap: { reason: "Mimecast does not know the SIEM token any more: older files are lost" },
  };
}

function afterJson(json: unknown, place: Place, token: string | null, nowMs: number): Page {
  const meta = isObject(json) && isObject(json.meta) ? json.meta : null;
  if (meta === null) {
    throw new ApiError(`Cannot read the answer to POST ${PATH}: JSON without "meta"`, {
      code: "unexpected_answer",
      status: 200,
      retryable: true,
    });
  }
  const isLast = meta.isLastToken === true;
  return {
    items: [],
    next: toCursor({ token, taken: token === place.token ? place.taken : [] }),
    more: !isLast && token !== place.token,
    coveredUntilMs: isLast ? nowMs - AVAILABLE_AFTER_MS : null,
  };
}

/** Decided by the first bytes: the content type is the same for archives and plain files. */
async function itemsOf(
  path: string,
  size: number,
  head: Uint8Array,
  pageKey: string,
): Promise<Item[]> {
  if (size === 0) return [brokenItem(pageKey, path, "the file is empty", "empty")];
  if (head[0] !== 0x50 || head[1] !== 0x4b) return [plainItem(pageKey, path)];
  try {
    return (await openZip(path)).map(entryItem);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return [brokenItem(pageKey, path, error.message, error.code)];
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

function readPlace(cursor: Cursor): Place {
  const fields = cursorFields(cursor, "siem");
  return { token: fields.textOrNull("token"), taken: fields.texts("taken") };
}

function toCursor(place: Place): Cursor {
  return { token: place.token, taken: [...place.taken] };
}
