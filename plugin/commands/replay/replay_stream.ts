import type { Delivery } from "../../deliver/delivery.ts";
import type { Log } from "../../effects.ts";
import { type Engine, ResumeMismatchError } from "../../encode/engine.ts";
import { ApiError, DecodeError, LinkExpiredError } from "../../errors.ts";
import type { Cursor, Item, Replay, Source, SourceContext } from "../../sources/source.ts";
import type { Position } from "../../state/checkpoint.ts";
import { recordsBetween } from "./records_between.ts";

/**
 * Asks again for what a gap lacks, or for a stretch of time, and writes the lines as a poll does. It knows no ledger:
 * no position moves, and what was collected before comes a second time with the same `eventUid`.
 */

/** What is asked for again. Times in ms since 1970, both ends inclusive. "ahead": all behind a position, as a poll would bring it. */
export type Wanted =
  | { readonly kind: "ahead"; readonly position: Position }
  | { readonly kind: "range"; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: "gap"; readonly cursor: Cursor; readonly item: string }
  | { readonly kind: "file"; readonly path: string; readonly sizeBytes: number };

/** Everything that a replay of one stream works with. */
export interface ReplayWork {
  readonly source: Source & { readonly replay: Replay };
  readonly stream: string;
  readonly context: SourceContext;
  readonly log: Log;
  readonly engine: Engine;
  /** Null: a dry run. Lists are asked for, no file is downloaded and nothing is written. */
  readonly delivery: Delivery | null;
  /** Throws where the replay has to end. */
  checkStop(): void;
  /** The page before is done, or will be asked for again: its temporary files may go. */
  forgetPage(): Promise<void>;
}

/** What a replay of a stream came to. */
export interface Replayed {
  readonly pages: number;
  readonly items: number;
  /** Null in a dry run where the records lie in files that were not downloaded. */
  readonly records: number | null;
  readonly malformed: number;
}

/** How often a page is asked for again because an item of it could not be read. */
const FRESH_LINKS = 2;
/** Files are listed in the order in which they were written: a record may be in one of the next day. */
const LATE_MS = 86_400_000;

/** Re-does one stream. Throws `ApiError` code `replay_gone` where Mimecast has it no more. */
export async function replayStream(work: ReplayWork, wanted: Wanted): Promise<Replayed> {
  const { replay } = work.source;
  const sum: Sum = { pages: 0, items: 0, records: 0, malformed: 0 };
  if (wanted.kind === "file") {
    for (const item of await replay.stored(wanted.path, wanted.sizeBytes)) {
      await take(work, item, wanted, sum, newPage());
    }
    return sum;
  }
  if (wanted.kind === "gap") {
    await walk(work, replay.again(wanted.cursor), wanted, sum);
    if (sum.items === 0) throw gone(`the list names "${wanted.item}" no more`);
  } else if (wanted.kind === "ahead") {
    await walk(work, wanted.position.cursor, wanted, sum);
  } else {
    const nowMs = work.context.now();
    const begins = replay.range?.(work.stream, wanted.fromMs, wanted.toMs, nowMs) ?? [];
    for (const cursor of begins) await walk(work, cursor, wanted, sum);
  }
  return isCountless(work) ? { ...sum, records: null } : sum;
}

interface Sum {
  pages: number;
  items: number;
  records: number;
  malformed: number;
}

/** A page in progress. */
interface OpenPage {
  /** Items that were taken whole: a page that is asked for again does not repeat them. */
  readonly done: Set<string>;
  /** How far the item in progress was written. */
  taken: { readonly key?: string; readonly records: number; readonly digest: string } | undefined;
  /** Times of records, where they are looked at. */
  earliestMs: number;
}

function newPage({ done, taken }: Partial<Position> = {}): OpenPage {
  const earliestMs = Number.POSITIVE_INFINITY;
  return { done: new Set(done), taken: taken ?? undefined, earliestMs };
}

type Walked = Exclude<Wanted, { kind: "file" }>;

/** Page after page from a position on, until the stretch is over. */
async function walk(work: ReplayWork, begin: Cursor, wanted: Walked, sum: Sum): Promise<void> {
  const { source, stream, context } = work;
  const { replay } = source;
  let cursor = begin;
  let left = FRESH_LINKS;
  let open = newPage(wanted.kind === "ahead" ? wanted.position : {});
  for (;;) {
    work.checkStop();
    await work.forgetPage();
    const page = await source.page(stream, cursor, context);
    // What comes by itself goes on behind a gap.
    if (page.gap !== undefined && wanted.kind !== "ahead") throw gone(page.gap.reason);
    const items = wanted.kind === "gap" ? replay.missed(page.items, wanted.item) : page.items;
    try {
      for (const item of items) {
        if (!open.done.has(item.key)) await take(work, item, wanted, sum, open);
      }
    } catch (error) {
      const isUnread = error instanceof DecodeError || error instanceof LinkExpiredError;
      if (!isUnread || left-- === 0) throw error;
      work.log("info", "Cannot take an item, asking for it again", { error: error.message });
      continue;
    }
    sum.pages++;
    await work.delivery?.flush();
    const isBeyond = wanted.kind === "range" && isLate(open, wanted.toMs);
    const isEnded = wanted.kind !== "ahead" && replay.ended(page.next, wanted.kind);
    if (!page.more || isBeyond || isEnded) return;
    cursor = page.next;
    left = FRESH_LINKS;
    open = newPage();
  }
}

function isLate({ earliestMs }: OpenPage, toMs: number): boolean {
  return Number.isFinite(earliestMs) && earliestMs > toMs + LATE_MS;
}

/** In a dry run, the records of files that would have to be downloaded are not known. */
function isCountless({ delivery, source }: ReplayWork): boolean {
  return delivery === null && source.replay.timeKey !== null;
}

async function take(
  work: ReplayWork,
  item: Item,
  wanted: Wanted,
  sum: Sum,
  open: OpenPage,
): Promise<void> {
  const { timeKey } = work.source.replay;
  if (wanted.kind === "file" || !isCountless(work)) {
    const blocks =
      wanted.kind === "range" && timeKey !== null
        ? recordsBetween(item.records(), timeKey, wanted, (timeMs) => {
            open.earliestMs = Math.min(open.earliestMs, timeMs);
          })
        : item.records();
    await write(work, item, blocks, sum, open);
  }
  sum.items++;
  open.done.add(item.key);
  open.taken = undefined;
}

/** The lines of one item, behind those that an earlier attempt has written. */
async function write(
  work: ReplayWork,
  item: Item,
  blocks: AsyncIterable<Uint8Array>,
  sum: Sum,
  open: OpenPage,
): Promise<void> {
  const { engine, delivery } = work;
  const { key = item.key } = open.taken ?? {};
  if (key !== item.key) open.taken = undefined;
  let records = open.taken?.records ?? 0;
  engine.begin(item.kind, open.taken);
  try {
    for await (const block of blocks) {
      for (const chunk of engine.encode(block)) {
        work.checkStop();
        if (chunk.bytes.length === 0) continue;
        await delivery?.write(chunk.bytes);
        sum.records += chunk.records - records;
        sum.malformed += chunk.malformed;
        records = chunk.records;
        open.taken = { records, digest: chunk.digest };
      }
    }
    engine.end();
  } catch (error) {
    // Not what it was at the first attempt: all of it, by asking again.
    if (!(error instanceof ResumeMismatchError)) throw error;
    open.taken = undefined;
    throw new DecodeError(error.message, { code: error.code, cause: error });
  }
}

function gone(what: string): ApiError {
  return new ApiError(`Cannot replay: Mimecast does not have it any more: ${what}`, {
    code: "replay_gone",
    status: 404,
    retryable: false,
    hint: "If the gap has a file in the quarantine folder, repair it and replay it with --file; what Mimecast keeps longer than its logs (archive, message tracking) is for its console",
  });
}
