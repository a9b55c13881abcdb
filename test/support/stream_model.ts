import { siemStreamV2 } from "../../plugin/sources/siem/siem_stream.ts";
import {
  createModelClient,
  type ModelClient,
  type ModelServer,
  type Query,
  refusal,
} from "./model_client.ts";
import { linesOf } from "./source_driver.ts";

/** A record of the model: its own time, and when it showed up (ms since 1970). */
export interface ModelRecord {
  readonly processingId?: string;
  readonly eventType: string;
  readonly timestamp: number;
  readonly shownMs: number;
}

/** How a model of streaming answers. Records come in the order in which they showed up. */
export interface StreamServer extends ModelServer {
  readonly records: ModelRecord[];
  pageSize: number;
  /** Tokens given before this epoch are no good: see `deadTokens`. */
  epoch: number;
  deadTokens: "refused" | "empty";
  status: number;
  /** Where false, the answer leaves `isCaughtUp` out. */
  hasCaughtUp: boolean;
  /** So many records of the page before are on the next one again. */
  repeats: number;
  padding: number;
}

/** A server without records. */
export function createStreamServer(nowMs: number): StreamServer {
  const server: StreamServer = {
    nowMs,
    records: [],
    pageSize: 100,
    epoch: 0,
    deadTokens: "refused",
    status: 400,
    hasCaughtUp: true,
    repeats: 0,
    padding: 0,
    asked: [],
    answer: (query) => page(server, query),
  };
  return server;
}

/** A program that collects all types of it. */
export function createStreamClient(server: StreamServer, startMs: number): ModelClient {
  return createModelClient(server, {
    source: siemStreamV2,
    stream: "siem:stream",
    startMs,
    take: async (item) =>
      (await linesOf(item)).map((line) => String((JSON.parse(line) as ModelRecord).processingId)),
  });
}

const DAY_MS = 86_400_000;

/** The answer to `GET /siem/v1/events/cg` with this query, or an error. */
function page(server: StreamServer, query: Query): object {
  const { nextPage } = query;
  if (nextPage !== undefined) {
    const [epoch = 0, startMs = 0, position = 0] = nextPage.split(":").map(Number);
    if (epoch === server.epoch) return answer(server, startMs, position, nextPage);
    if (server.deadTokens === "refused") throw refusal(server.status);
    return { value: [], "@nextPage": nextPage, isCaughtUp: true };
  }
  const startMs = Date.parse(query.dateRangeStartsAt ?? "");
  if (!(startMs >= server.nowMs - DAY_MS && startMs <= server.nowMs)) throw refusal(400);
  return answer(server, startMs, 0, null);
}

function answer(server: StreamServer, startMs: number, from: number, used: string | null): object {
  const shown = server.records.filter(
    ({ shownMs, timestamp }) => shownMs <= server.nowMs && timestamp >= startMs,
  );
  const fresh = shown.slice(from, from + server.pageSize);
  const again = fresh.length === 0 ? [] : shown.slice(Math.max(0, from - server.repeats), from);
  const end = from + fresh.length;
  const token = `${server.epoch}:${startMs}:${end}:${"x".repeat(server.padding)}`;
  return {
    value: [...again, ...fresh].map(({ shownMs: _, ...record }) => record),
    "@nextPage": fresh.length === 0 && used !== null ? used : token,
    ...(server.hasCaughtUp ? { isCaughtUp: end >= shown.length } : {}),
  };
}
