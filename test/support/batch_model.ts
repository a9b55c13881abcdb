import type { MimecastClient } from "../../plugin/client/client.ts";
import { createMimecastClock } from "../../plugin/client/mimecast_clock.ts";
import { ApiError, AuthError } from "../../plugin/errors.ts";
import type { Cursor, Source, SourceContext } from "../../plugin/sources/source.ts";

/** A file of the model: the day that it counts for, and when it showed up (ms since 1970). */
export interface ModelFile {
  readonly path: string;
  readonly day: string;
  readonly shownMs: number;
}

/** How a model server answers: everything that Mimecast leaves open, or that can go wrong with tokens. */
export interface BatchServer {
  /** Its clock, ms since 1970. */
  nowMs: number;
  readonly files: ModelFile[];
  pageSize: number;
  /** Tokens given before this epoch are no good: see `deadTokens`. */
  epoch: number;
  deadTokens: "refused" | "empty";
  /** How a token is refused. */
  status: number;
  /** Where false, the answer leaves the field out. */
  hasCaughtUp: boolean;
  hasNextPage: boolean;
  /** Characters that each token has more than it needs. */
  padding: number;
  /** What was asked so far: the queries. */
  readonly asked: Readonly<Record<string, string>>[];
}

/** A server without files. */
export function createBatchServer(nowMs: number): BatchServer {
  return {
    nowMs,
    files: [],
    pageSize: 100,
    epoch: 0,
    deadTokens: "refused",
    status: 400,
    hasCaughtUp: true,
    hasNextPage: true,
    padding: 0,
    asked: [],
  };
}

/** The refusal of a request. */
export function refusal(status: number): ApiError {
  const retryable = status >= 500;
  return new ApiError(`refused with ${status}`, { code: `http_${status}`, status, retryable });
}

const DAY_MS = 86_400_000;

/** The answer to `GET /siem/v1/batch/events/…` with this query, or an error. */
function listing(server: BatchServer, query: Readonly<Record<string, string>>): object {
  const shown = server.files.filter(({ shownMs }) => shownMs <= server.nowMs);
  const answer = (from: number, used: string | null): object => {
    const found = shown.slice(from, from + server.pageSize);
    const end = from + found.length;
    const token = `${server.epoch}:${end}:${"x".repeat(server.padding)}`;
    const next = found.length === 0 && used !== null ? used : token;
    return {
      value: found.map(({ path }) => ({ url: `https://s3.amazonaws.com${path}?sig=1`, size: 1 })),
      ...(server.hasNextPage ? { "@nextPage": next } : {}),
      ...(server.hasCaughtUp ? { isCaughtUp: end >= shown.length } : {}),
    };
  };
  const token = query.nextPage;
  if (token !== undefined) {
    const [epoch, place] = token.split(":").map(Number);
    if (epoch === server.epoch) return answer(place ?? 0, token);
    if (server.deadTokens === "refused") throw refusal(server.status);
    return { value: [], "@nextPage": token, isCaughtUp: true };
  }
  const start = query.dateRangeStartsAt ?? "";
  const today = Math.floor(server.nowMs / DAY_MS) * DAY_MS;
  const startMs = Date.parse(start);
  if (!(startMs >= today - 7 * DAY_MS && startMs <= today)) throw refusal(400);
  const first = shown.findIndex(({ day }) => day >= start);
  return answer(first === -1 ? shown.length : first, null);
}

/** What one program keeps: the cursor in its checkpoint, and what it has taken for good. */
export interface BatchClient {
  cursor: Cursor;
  /** Paths in the order in which they were taken. */
  readonly taken: string[];
  readonly gaps: string[];
  /** How far this host's clock is ahead of the server's. */
  aheadMs: number;
  /** Called after each page; true plays a kill before the place was saved: the page is dropped, the run ends. */
  kill: () => boolean;
  /** One run: pages until there are no more. Throws what the source throws. */
  poll(): Promise<void>;
}

const MAX_PAGES = 300;

/** A program that collects `stream` of `source` from the model. */
export function createBatchClient(
  source: Source,
  stream: string,
  server: BatchServer,
  startMs: number,
): BatchClient {
  const client: BatchClient = {
    cursor: source.start(stream, startMs, server.nowMs),
    taken: [],
    gaps: [],
    aheadMs: 0,
    kill: () => false,
    async poll() {
      const context = contextOf(server, () => server.nowMs + client.aheadMs);
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const page = await source.page(stream, client.cursor, context);
        if (client.kill()) return;
        client.cursor = JSON.parse(JSON.stringify(page.next)) as Cursor;
        client.taken.push(...page.items.map(({ key }) => key));
        if (page.gap !== undefined) client.gaps.push(page.gap.reason);
        if (!page.more) return;
      }
      throw new AuthError("A run has no end", { code: "endless" });
    },
  };
  return client;
}

function contextOf(server: BatchServer, localNow: () => number): SourceContext {
  const clock = createMimecastClock(localNow);
  const headers = () => ({ date: new Date(server.nowMs).toUTCString() });
  const client: Pick<MimecastClient, "json"> = {
    async json({ query = {} }) {
      server.asked.push(query);
      clock.answered(headers());
      const text = JSON.stringify(listing(server, query));
      return { headers: headers(), body: JSON.parse(text) as unknown, text };
    },
  };
  return {
    client: client as MimecastClient,
    now: () => clock.now(),
    overlapMs: 600_000,
    spool: () => Promise.reject(new Error("nothing is spooled here")),
  };
}
