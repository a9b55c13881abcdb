import { siemV2 } from "../../plugin/sources/siem/siem_v2.ts";
import {
  createModelClient,
  type ModelClient,
  type ModelServer,
  type ModelSession,
  type Query,
  refusal,
} from "./model_client.ts";

/** A file of the model: the day that it counts for, and when it showed up (ms since 1970). */
export interface ModelFile {
  readonly path: string;
  readonly day: string;
  readonly shownMs: number;
  readonly type?: string;
}

/** How a model server answers: everything that Mimecast leaves open, or that can go wrong with tokens. */
export interface BatchServer extends ModelServer {
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
  /** Whether it takes several types in one call. */
  takesJoined: boolean;
}

/** A server without files. */
export function createBatchServer(nowMs: number): BatchServer {
  const server: BatchServer = {
    nowMs,
    files: [],
    pageSize: 100,
    epoch: 0,
    deadTokens: "refused",
    status: 400,
    hasCaughtUp: true,
    hasNextPage: true,
    padding: 0,
    takesJoined: false,
    asked: [],
    answer: (query) => listing(server, query),
  };
  return server;
}

/** A program that collects one type of it. Programs that share `session` are streams of one process. */
export function createBatchClient(
  server: BatchServer,
  startMs: number,
  type = "journal",
  session?: ModelSession,
): ModelClient {
  const take = ({ key }: { readonly key: string }) => [key];
  const feed = { source: siemV2, stream: `siem:${type}`, startMs, take };
  return createModelClient(server, feed, session);
}

const DAY_MS = 86_400_000;

/** The answer to `GET /siem/v1/batch/events/…` with this query, or an error. */
function listing(server: BatchServer, query: Query): object {
  const types = (query.type ?? "").split(",");
  if (types.length > 1 && !server.takesJoined) throw refusal(400);
  const shown = server.files.filter(
    ({ shownMs, type = "journal" }) => shownMs <= server.nowMs && types.includes(type),
  );
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
    const [epoch, position] = token.split(":").map(Number);
    if (epoch === server.epoch) return answer(position ?? 0, token);
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
