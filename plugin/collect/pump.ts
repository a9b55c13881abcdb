import type { Delivery } from "../deliver/delivery.ts";
import type { Log } from "../effects.ts";
import type { Engine } from "../encode/engine.ts";
import { ResumeMismatchError } from "../encode/engine.ts";
import { DecodeError, LinkExpiredError } from "../errors.ts";
import type { Item, Page, Source, SourceContext } from "../sources/source.ts";
import type { Gap, Position } from "../state/checkpoint.ts";
import type { Ledger } from "../state/ledger.ts";
import { leaving, type Stop } from "./leaving.ts";
import { aheadOf, skipAhead } from "./output_ahead.ts";
import type { FeedProgress } from "./progress.ts";
import { createReadAhead, type ReadAhead } from "./read_ahead.ts";
import { type Patience, patiently } from "./slots.ts";

/** Everything that one stream is pumped with. */
export interface Pump {
  readonly source: Source;
  readonly context: SourceContext;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly delivery: Delivery;
  readonly log: Log;
  readonly quarantineAfter: number;
  /** How to wait for Mimecast: other streams may go on meanwhile, but not between two chunks of a block. */
  readonly patience?: Patience | undefined;
  /** Told of each chunk and page. */
  readonly progress: FeedProgress;
  stop(): Stop;
  /** The previous page is done, or the program will ask for it again: its temporary files may go. */
  forgetPage(): Promise<void>;
  /**
   * Keeps the bytes of an item that can't be read, tells QRadar, and returns the gap to record. Throws where that was
   * cut short: the item is then tried again.
   */
  giveUp(stream: string, item: Item, cause: Error): Promise<Gap>;
  /** Data that the source had to give up. */
  gap(stream: string, reason: string): Promise<void>;
}

/** What came of a stream. `finished` is false where the pump was asked to stop with more to fetch. */
export interface Pumped {
  readonly pages: number;
  readonly finished: boolean;
  readonly coveredUntilMs: number | null;
}

/** How often the pump asks for one item again, with a fresh link, before it counts the failure and leaves it to the next run. */
const FRESH_LINKS = 2;
/** How often the pump asks for a page again in one run, whichever of its items fail. */
const MAX_PAGE_TRIES = 50;

/**
 * The straight line of one stream: page after page, item after item, chunk after chunk, until Mimecast has no
 * more or `stop()` says so. The position moves only after the output has accepted the lines.
 */
export async function pumpStream(pump: Pump, stream: string): Promise<Pumped> {
  const { source, context, ledger, patience = waiting } = pump;
  const sum = { pages: 0, coveredUntilMs: null as number | null };
  let tries = { item: "", left: FRESH_LINKS };
  let pageTries = 0;
  for (;;) {
    await pump.forgetPage();
    const page = await patience(source.page(stream, positionOf(ledger, stream).cursor, context));
    if (page.gap !== undefined) await pump.gap(stream, page.gap.reason);
    try {
      if (!(await takePage(pump, stream, page))) return { ...sum, finished: false };
    } catch (error) {
      if (!(error instanceof ItemFailure)) throw error;
      if (++pageTries > MAX_PAGE_TRIES) throw error.reason;
      if (tries.item !== error.item.key) tries = { item: error.item.key, left: FRESH_LINKS };
      await retryItem(pump, stream, error, tries.left--);
      continue;
    }
    pageTries = 0;
    sum.pages++;
    sum.coveredUntilMs = page.coveredUntilMs ?? sum.coveredUntilMs;
    await moveOn(pump, stream, page);
    if (page.isUnasked !== true) pump.progress.page(page.coveredUntilMs);
    if (!page.more) return { ...sum, finished: true };
    if (pump.stop() !== "no") return { ...sum, finished: false };
  }
}

/** Behind a page that was taken. In quick succession the pages wait for one flush, the last one never. */
async function moveOn(pump: Pump, stream: string, page: Page): Promise<void> {
  const { delivery, ledger } = pump;
  const position = { cursor: page.next, done: [], taken: null };
  const outBytes = delivery.accepted();
  const goesOn = page.more && pump.stop() === "no";
  if (goesOn && delivery.isFlushDue?.() === false) {
    return ledger.accepted(stream, position, outBytes);
  }
  await delivery.flush();
  await ledger.advance(stream, position, outBytes);
}

/** An item that could not be fetched or read to its end, although Mimecast answered. */
class ItemFailure extends Error {
  readonly item: Item;
  readonly reason: DecodeError | LinkExpiredError;
  constructor(item: Item, reason: DecodeError | LinkExpiredError) {
    super(reason.message);
    this.item = item;
    this.reason = reason;
  }
}

/** Asks again while tries are left; then counts the failure, and accepts the gap only after enough failures. */
async function retryItem(
  pump: Pump,
  stream: string,
  failure: ItemFailure,
  left: number,
): Promise<void> {
  const { item, reason } = failure;
  if (left > 0) {
    const fields = { stream, item: item.key, error: reason.message };
    pump.log("info", "Cannot take an item, asking for it again", fields);
    return;
  }
  const failures = await pump.ledger.itemFailed(stream, item.key);
  if (failures < pump.quarantineAfter) throw reason;
  const gap = await pump.giveUp(stream, item, reason);
  await pump.ledger.stepOver(gap, behind(pump, stream, item), pump.delivery.accepted());
}

/**
 * Takes what is left of a page. False where it was asked to stop before the end. The last item is not marked as done,
 * for the page is done with it: should the page be asked for again, that item's records are compared, and a record
 * that has come late is not taken for one that was sent.
 */
async function takePage(pump: Pump, stream: string, page: Page): Promise<boolean> {
  const { items } = page;
  const reader = createReadAhead((item) => {
    const { done } = positionOf(pump.ledger, stream);
    const following = items.slice(items.indexOf(item) + 1).find(({ key }) => !done.includes(key));
    return following === undefined || pump.stop() !== "no" ? null : following;
  });
  try {
    for (const [index, item] of items.entries()) {
      const at = positionOf(pump.ledger, stream);
      if (at.done.includes(item.key)) continue;
      if (pump.stop() !== "no") return false;
      if (!(await takeItem(pump, stream, at, item, reader))) return false;
      if (index < items.length - 1) await markDone(pump, stream, item);
    }
    return true;
  } finally {
    reader.close();
  }
}

async function takeItem(
  pump: Pump,
  stream: string,
  at: Position,
  item: Item,
  reader: ReadAhead,
): Promise<boolean> {
  try {
    return await takeRecords(pump, stream, at, item, reader);
  } catch (error) {
    if (error instanceof ResumeMismatchError) {
      const fields = { stream, item: item.key };
      pump.log("warn", "An item is not what it was when it was begun, sending all of it", fields);
      return takeItem(pump, stream, { ...at, taken: null }, item, reader);
    }
    if (error instanceof DecodeError || error instanceof LinkExpiredError) {
      throw new ItemFailure(item, error);
    }
    throw error;
  }
}

/** Records of one item, from where it was left. False where it was asked to stop inside it. */
async function takeRecords(
  pump: Pump,
  stream: string,
  at: Position,
  item: Item,
  reader: ReadAhead,
): Promise<boolean> {
  const { engine, ledger, delivery, patience = waiting } = pump;
  const before = at.taken?.key === item.key ? at.taken : null;
  let records = before?.records ?? 0;
  let digest = before?.digest ?? "";
  const isLeft = leaving(pump.stop, pump.context.now);
  const ahead = skipAhead(before?.ahead, records);
  engine.begin(item.kind, before ?? undefined);
  for await (const block of patiently(reader.records(item), patience)) {
    for (const chunk of engine.encode(block)) {
      const fresh = Math.max(0, chunk.records - records);
      const skippedBytes = ahead.skipped(chunk.bytes);
      const behind = { key: item.key, records, digest };
      records = Math.max(records, chunk.records);
      digest = chunk.digest;
      if (chunk.bytes.length === 0 || skippedBytes === null) {
        pump.progress.took(fresh, chunk.filtered);
        if (isLeft(0)) return false;
        continue;
      }
      await delivery.write(chunk.bytes.subarray(skippedBytes), async (bytes) => {
        const accepted = aheadOf(chunk.bytes.subarray(0, skippedBytes + bytes));
        const taken = { ...behind, ahead: accepted };
        await ledger.accepted(stream, { ...at, taken }, delivery.accepted());
      });
      const taken = { key: item.key, records, digest };
      await ledger.accepted(stream, { ...at, taken }, delivery.accepted());
      pump.progress.took(fresh, chunk.filtered);
      if (isLeft(fresh)) return false;
    }
  }
  engine.end();
  ahead.end();
  return true;
}

async function markDone(pump: Pump, stream: string, item: Item): Promise<void> {
  const { ledger, delivery } = pump;
  await ledger.accepted(stream, behind(pump, stream, item), delivery.accepted());
}

/** The position behind an item of the page in progress. */
function behind({ ledger }: Pump, stream: string, item: Item): Position {
  const at = positionOf(ledger, stream);
  return { cursor: at.cursor, done: [...at.done, item.key], taken: null };
}

/** Just waits. */
const waiting: Patience = (wait) => wait;

function positionOf(ledger: Ledger, stream: string): Position {
  const at = ledger.position(stream);
  if (at === undefined) throw new Error(`Stream "${stream}" was not begun`);
  return at;
}
