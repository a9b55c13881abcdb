import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { KeyAndCertificate } from "../certificates.ts";
import { type Answer, refuse, say } from "./api_answer.ts";
import {
  type Classification,
  type ClassificationSwitches,
  classificationApi,
} from "./api_classification.ts";
import { type ExtensionSwitches, extensionApi } from "./api_extensions.ts";
import {
  type FullLogSource,
  type LogSourceSeed,
  type LogSourceSwitches,
  logSourceApi,
} from "./api_log_sources.ts";
import { type AqlExpression, type AqlQuery, parseAql } from "./aql.ts";
import { type SearchedEvent, selects, valueOfExpression } from "./aql_where.ts";
import { emptyConsole, type Holdings } from "./content_import.ts";

/** What the console does besides answering. */
export interface ApiSwitches extends ExtensionSwitches, LogSourceSwitches, ClassificationSwitches {
  /** HTTP status of every call to a path that begins so. */
  refuse?: {
    readonly path: string;
    readonly method?: string;
    readonly status: number;
    readonly code?: number;
    times?: number;
  };
  /** Searches never end. */
  endless?: boolean;
  /** What searches end with, besides their rows. */
  complaints?: readonly { readonly severity: string; readonly message: string }[];
  /** So many searches may be open at a time; more are refused as IBM documents it (503, 1010). */
  mostSearches?: number;
}

/** The REST API of a console on 127.0.0.1, as far as this program uses it (IBM: QRadar API 20.0, "Ariel", "Event sources"). */
export interface QradarApi {
  readonly port: number;
  readonly token: string;
  readonly switches: ApiSwitches;
  /** AQL of every search, in order. */
  readonly searches: readonly string[];
  /** "GET /path" of every call, in order. */
  readonly calls: string[];
  /** Log sources as they are now. */
  readonly logSources: FullLogSource[];
  /** What imports have brought. */
  readonly holdings: Holdings;
  /** What was made one by one. */
  readonly classification: Classification;
  /** Every uploaded extension: name, version, status. */
  extensions(): readonly { readonly id: number; readonly version: string; status: string }[];
  /** Somebody has installed this content before. */
  bring(file: Buffer): Promise<void>;
  /** True while a change waits for its deployment. */
  pendingDeploy(): boolean;
  /** Searches that are still there. */
  open(): number;
  close(): Promise<void>;
}

/** Properties that are not on this console make a search fail, as an AQL error does. */
export interface ApiOptions {
  readonly tls: KeyAndCertificate;
  readonly logSources: readonly LogSourceSeed[];
  /** Default: one. */
  readonly collectors?: readonly { readonly id: number; readonly name: string }[];
  /** What the console holds; default: nothing. */
  readonly holdings?: Holdings;
  /** What has arrived until now. */
  events(): readonly SearchedEvent[];
  readonly properties?: readonly string[];
}

type Row = Record<string, unknown>;
interface Search {
  readonly id: string;
  polls: number;
  readonly rows: readonly Row[];
}

/** Starts it. */
export async function startQradarApi(options: ApiOptions): Promise<QradarApi> {
  const { tls, logSources, events, properties = ["Mimecast Event UID"] } = options;
  const token = "6c3f0a1e-0000-4000-8000-1f2e3d4c5b6a";
  const switches: ApiSwitches = {};
  const searches: string[] = [];
  const open = new Map<string, Search>();
  const calls: string[] = [];
  const holdings = options.holdings ?? emptyConsole();
  const sources = logSourceApi(holdings, logSources, switches, options.collectors);
  const extensions = extensionApi(holdings, switches, () => sources.changed());
  const classification = classificationApi(holdings, switches, properties);

  async function answer(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const url = new URL(request.url ?? "", "https://console");
    const path = url.pathname.replace(/^\/api/, "");
    const method = request.method ?? "";
    calls.push(`${method} ${path}`);
    if (request.headers.sec !== token) return refuse(401, 18, "No SEC header present in request");
    const { refuse: wanted } = switches;
    if (wanted !== undefined && isRefused(wanted, method, path)) {
      if (wanted.times !== undefined) wanted.times--;
      return refuse(wanted.status, wanted.code ?? 0, "refused on purpose");
    }
    const range = /^items=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const part = <Item>(
      all: readonly Item[],
    ): { items: readonly Item[]; headers: Record<string, string> } => {
      if (range === null) return { items: all, headers: {} };
      const items = all.slice(Number(range[1]), Number(range[2]) + 1);
      return {
        items,
        headers: {
          "content-range": `items ${range[1]}-${Number(range[1]) + items.length - 1}/${all.length}`,
        },
      };
    };
    if (path === "/help/versions") {
      return say(200, [
        { id: 1, version: "19.0" },
        { id: 2, version: "20.0" },
        { id: 3, version: "26.0" },
      ]);
    }
    if (request.headers.version === undefined) return refuse(422, 38, "a version has to be named");
    if (path === "/system/about") {
      const build_version = holdings.release;
      return say(200, { build_version, external_version: "7.5.0", release_name: "7.5.0" });
    }
    const contentType = request.headers["content-type"] ?? "";
    const call = { method, path, query: url.searchParams, body, contentType };
    const managed =
      sources.answer(call) ?? classification.answer(call) ?? (await extensions.answer(call));
    if (managed !== null) {
      if (!Array.isArray(managed.value)) return managed;
      const { items, headers } = part(managed.value);
      return say(managed.status, items, headers);
    }
    if (path === "/ariel/searches" && request.method === "POST") {
      const aql = url.searchParams.get("query_expression") ?? "";
      searches.push(aql);
      let query: AqlQuery;
      try {
        query = parseAql(aql);
      } catch (error) {
        return refuse(422, 2000, String(error));
      }
      const known = new Set(classification.names());
      const absent = [...aql.matchAll(/"(Mimecast [^"]+)"/g)].find(
        ([, name = ""]) => !known.has(name),
      );
      if (absent !== undefined)
        return refuse(422, 2000, `Field ${absent[0]} does not exist in catalog events`);
      if (open.size >= (switches.mostSearches ?? Number.POSITIVE_INFINITY))
        return refuse(503, 1010, "The maximum number of concurrent searches is reached");
      const id = `s${searches.length}`;
      const search = { id, polls: 0, rows: run(query, events()) };
      open.set(id, search);
      return say(201, { search_id: id, status: "WAIT", record_count: 0 });
    }
    const [, id = "", results] = /^\/ariel\/searches\/([^/]+)(\/results)?$/.exec(path) ?? [];
    const search = open.get(id);
    if (search === undefined) return refuse(404, 1002, "search does not exist");
    if (request.method === "DELETE") {
      open.delete(id);
      return say(202, { search_id: id, status: "CANCELED" });
    }
    if (results !== undefined) return say(200, { events: part(search.rows).items });
    const done = switches.endless !== true && search.polls++ > 0;
    return say(200, {
      search_id: id,
      status: done ? "COMPLETED" : "EXECUTE",
      record_count: done ? search.rows.length : 0,
      error_messages: done ? (switches.complaints ?? null) : null,
    });
  }

  const server = createServer({ ...tls }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", async () => {
      const { status, value, headers } = await answer(request, Buffer.concat(pieces));
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(status === 204 ? undefined : JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    token,
    switches,
    searches,
    calls,
    logSources: sources.sources,
    holdings,
    classification: classification.state,
    extensions: extensions.list,
    bring: extensions.bring,
    pendingDeploy: sources.pending,
    open: () => open.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isRefused(
  { path: prefix, method, times }: NonNullable<ApiSwitches["refuse"]>,
  called: string,
  path: string,
): boolean {
  return path.startsWith(prefix) && (method ?? called) === called && times !== 0;
}

/** LAST reaches to now and counts arrival: everything that is there has arrived. */
function run(query: AqlQuery, events: readonly SearchedEvent[]): Row[] {
  const { where, select, groupBy } = query;
  const found = events.filter((event) => where === null || selects(where, event));
  if (groupBy.length === 0) return found.map((event) => rowOf(query, [event]));
  const groups = new Map<string, SearchedEvent[]>();
  for (const event of found) {
    const key = JSON.stringify(groupBy.map((each) => valueOfExpression(each, event)));
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups.values()].map((group) => rowOf({ select }, group));
}

function rowOf({ select }: Pick<AqlQuery, "select">, group: readonly SearchedEvent[]): Row {
  return Object.fromEntries(select.map(({ value, alias }) => [alias ?? "?", cell(value, group)]));
}

function cell(value: AqlExpression, group: readonly SearchedEvent[]): unknown {
  if (value.kind !== "call") return valueOfExpression(value, group[0]!);
  const all = (): unknown[] => group.map((event) => valueOfExpression(value.args[0]!, event));
  if (value.name === "SUM") return all().reduce<number>((sum, each) => sum + Number(each), 0);
  if (value.name === "UNIQUECOUNT") return new Set(all()).size;
  return valueOfExpression(value, group[0]!);
}
