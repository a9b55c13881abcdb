import type { MimecastClient } from "../../plugin/client/client.ts";
import { createMimecastClock } from "../../plugin/client/mimecast_clock.ts";
import { ApiError } from "../../plugin/errors.ts";
import type { Cursor, Page, Source, SourceContext } from "../../plugin/sources/source.ts";
import { apiTime, parseApiTime } from "../../plugin/sources/window/api_time.ts";
import { linesOf } from "./source_driver.ts";

/** A record of the model: it happened, and showed up later. Times in ms since 1970, by Mimecast's clock. */
export interface ModelRecord {
  readonly name: string;
  readonly atMs: number;
  readonly shownMs: number;
}

/** One log endpoint of Mimecast in memory, as strict about time as the real one may be. */
export interface WindowModel {
  /** Mimecast's time. */
  trueMs: number;
  /** By how much this host's clock is ahead. */
  aheadMs: number;
  readonly records: ModelRecord[];
  readonly pageSize: number;
  /** Null: in the order in which `records` has them. */
  readonly isOldestFirst: boolean | null;
  /** How many records the next page has; asked for each request. */
  pageLength: () => number;
  /** The last page of a walk names itself as the next one. */
  readonly isStuck: boolean;
  /** Asked for each request; true: its page token, if it has one, is refused. */
  refuses: () => boolean;
  /** Asked for each request; true: the page of a page token is empty. */
  forgets: () => boolean;
  /** Passes with each request. */
  requestMs: number;
  readonly lookBackMs: number;
  /** False: answers without a `Date`. */
  readonly isDated: boolean;
  /** Requests so far: first and last second, and whether it had a page token. */
  readonly asked: { readonly fromMs: number; readonly toMs: number; readonly hasToken: boolean }[];
}

/** A model without records at `trueMs`. */
export function createModel(trueMs: number, values: Partial<WindowModel> = {}): WindowModel {
  const model: WindowModel = {
    trueMs,
    aheadMs: 0,
    records: [],
    pageSize: 500,
    isOldestFirst: false,
    refuses: () => false,
    forgets: () => false,
    requestMs: 0,
    lookBackMs: Number.POSITIVE_INFINITY,
    isDated: true,
    asked: [],
    pageLength: () => model.pageSize,
    isStuck: false,
    ...values,
  };
  return model;
}

/** Collects a feed from the model as a process after the other does; `kill` begins a new one. */
export interface Collector {
  cursor: Cursor;
  readonly names: string[];
  readonly gaps: string[];
  kill(): void;
  /** One page. False where Mimecast has no more. */
  page(): Promise<boolean>;
  /** Page after page until Mimecast has no more. */
  poll(): Promise<void>;
}

const MAX_PAGES = 5_000;

/** A collector of one source that begins `agoMs` before what its host takes for now. */
export function collect(
  model: WindowModel,
  source: Source,
  agoMs: number,
  overlapMs = 600_000,
): Collector {
  const localNow = () => model.trueMs + model.aheadMs;
  let clock = createMimecastClock(localNow);
  const client = {
    json: async (request: { body?: unknown }) => {
      const headers: Record<string, string> = model.isDated
        ? { date: new Date(model.trueMs).toUTCString() }
        : {};
      try {
        const body = answer(model, request.body as RequestBody, source.name);
        const text = JSON.stringify(body);
        return { headers, body: JSON.parse(text) as unknown, text };
      } finally {
        clock.answered(headers);
        model.trueMs += model.requestMs;
      }
    },
  } as unknown as MimecastClient;
  const context: SourceContext = {
    client,
    now: () => clock.now(),
    overlapMs,
    spool: async () => ({ path: "", size: 0 }),
  };
  const collector: Collector = {
    cursor: source.start(source.streams[0] as string, localNow() - agoMs, localNow()),
    names: [],
    gaps: [],
    kill() {
      clock = createMimecastClock(localNow);
    },
    async page() {
      const page: Page = await source.page(
        source.streams[0] as string,
        JSON.parse(JSON.stringify(collector.cursor)),
        context,
      );
      for (const item of page.items) {
        for (const line of await linesOf(item)) {
          collector.names.push((JSON.parse(line) as { name: string }).name);
        }
      }
      if (page.gap !== undefined) collector.gaps.push(page.gap.reason);
      collector.cursor = page.next;
      return page.more;
    },
    async poll() {
      for (let pages = 0; await collector.page(); pages++) {
        if (pages > MAX_PAGES) throw new Error("The feed does not come to an end");
      }
    },
  };
  return collector;
}

interface RequestBody {
  readonly meta: { readonly pagination: { readonly pageToken?: string } };
  readonly data: readonly [Readonly<Record<string, string>>];
}

function answer(model: WindowModel, body: RequestBody, feed: string): unknown {
  const [item] = body.data;
  const fromMs = parseApiTime(item.startDateTime ?? item.from ?? item.start) as number;
  const toMs = parseApiTime(item.endDateTime ?? item.to ?? item.end) as number;
  const { pageToken } = body.meta.pagination;
  model.asked.push({ fromMs, toMs, hasToken: pageToken !== undefined });
  const isRefused = model.refuses() && pageToken !== undefined;
  if (isRefused || fromMs < model.trueMs - model.lookBackMs || fromMs > toMs) {
    throw new ApiError("refused", { code: "err_validation_null", status: 400, retryable: false });
  }
  const sign = model.isOldestFirst === null ? 0 : model.isOldestFirst ? 1 : -1;
  const found = model.records
    .map((record, index) => ({ ...record, index }))
    .filter(({ atMs, shownMs }) => shownMs <= model.trueMs && atMs >= fromMs && atMs < toMs + 1_000)
    .sort((a, b) => sign * (a.atMs - b.atMs || a.index - b.index));
  // A page token marks the record behind which it goes on.
  const behind = pageToken === undefined ? -1 : Number(pageToken);
  const begin = found.findIndex(({ index }) => index === behind) + 1;
  const isForgotten = model.forgets() && pageToken !== undefined;
  const length = model.pageLength();
  const page = isForgotten ? [] : found.slice(begin, begin + length);
  const last = page.at(-1)?.index;
  const hasMore = !isForgotten && begin + length < found.length;
  const key = feed === "audit" ? "eventTime" : "date";
  const rows = page.map(({ name, atMs }) => ({
    ...(feed === "audit" ? { id: name } : {}),
    name,
    [key]: apiTime(atMs),
  }));
  const ownNext = model.isStuck && pageToken !== undefined ? { next: pageToken } : {};
  const pagination = hasMore ? { next: String(last) } : ownNext;
  const data = feed === "audit" ? rows : [{ clickLogs: rows }];
  return { meta: { status: 200, pagination }, data, fail: [] };
}
