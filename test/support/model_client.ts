import type { MimecastClient } from "../../plugin/client/client.ts";
import { createMimecastClock, type MimecastClock } from "../../plugin/client/mimecast_clock.ts";
import { ApiError } from "../../plugin/errors.ts";
import type { Cursor, Item, Source, SourceContext } from "../../plugin/sources/source.ts";

/** A query of a GET. */
export type Query = Readonly<Record<string, string>>;

/** A server as a function of the query: a JSON body, or an error that is thrown. */
export interface ModelServer {
  /** Its clock, ms since 1970. */
  nowMs: number;
  /** What was asked so far: the queries. */
  readonly asked: Query[];
  answer(query: Query): object;
}

/** What one program keeps: the cursor in its checkpoint, and what it has taken for good. */
export interface ModelClient {
  cursor: Cursor;
  /** What `take` made of each item, in the order in which it was taken. */
  readonly taken: string[];
  readonly gaps: string[];
  /** How far this host's clock is ahead of the server's. */
  aheadMs: number;
  /** Called after each page; true plays a kill before the position was saved: the page is dropped, the run ends. */
  kill: () => boolean;
  /** One run: pages until there are no more. Throws what the source throws. */
  poll(): Promise<void>;
}

/** What a program of the model collects. */
export interface ModelFeed {
  readonly source: Source;
  readonly stream: string;
  readonly startMs: number;
  take(item: Item): Promise<readonly string[]> | readonly string[];
}

const MAX_PAGES = 300;

/** A program that collects from the model. */
export function createModelClient(
  server: ModelServer,
  feed: ModelFeed,
  session: ModelSession = createModelSession(server),
): ModelClient {
  const { source, stream, startMs } = feed;
  const client: ModelClient = {
    cursor: source.start(stream, startMs, server.nowMs),
    taken: [],
    gaps: [],
    aheadMs: 0,
    kill: () => false,
    async poll() {
      const context = contextOf(server, session, () => server.nowMs + client.aheadMs);
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const page = await source.page(stream, client.cursor, context);
        const taken = (await Promise.all(page.items.map((item) => feed.take(item)))).flat();
        if (client.kill()) return;
        client.cursor = JSON.parse(JSON.stringify(page.next)) as Cursor;
        client.taken.push(...taken);
        if (page.gap !== undefined) client.gaps.push(page.gap.reason);
        if (!page.more) return;
      }
      throw new RangeError("The run has no end");
    },
  };
  return client;
}

/** The refusal of a request. */
export function refusal(status: number): ApiError {
  const retryable = status >= 500;
  return new ApiError(`refused with ${status}`, { code: `http_${status}`, status, retryable });
}

/** What the streams of one process share. */
export interface ModelSession {
  readonly client: MimecastClient;
  /** Told of each answer. */
  clock: MimecastClock | null;
}

/** A process that has just been started. */
export function createModelSession(server: ModelServer): ModelSession {
  const headers = () => ({ date: new Date(server.nowMs).toUTCString() });
  const client: Pick<MimecastClient, "json"> = {
    async json({ query = {} }) {
      server.asked.push(query);
      session.clock?.answered(headers());
      const text = JSON.stringify(server.answer(query));
      return { headers: headers(), body: JSON.parse(text) as unknown, text };
    },
  };
  const session: ModelSession = { client: client as MimecastClient, clock: null };
  return session;
}

function contextOf(
  server: ModelServer,
  session: ModelSession,
  localNow: () => number,
): SourceContext {
  const clock = createMimecastClock(localNow);
  session.clock = clock;
  return {
    client: session.client,
    now: () => clock.now(),
    overlapMs: 600_000,
    spool: () => Promise.reject(new Error(`nothing is spooled at ${server.nowMs}`)),
  };
}
