import { expireTokens } from "./auth_v2.ts";
import type { Call } from "./call.ts";
import { control } from "./control.ts";
import { download } from "./download.ts";
import { faultAnswer } from "./fault_answers.ts";
import type { Fault } from "./faults.ts";
import { rateHeaders } from "./gate.ts";
import { belongs } from "./ledger.ts";
import { recordId } from "./record_id.ts";
import type { Amounts, RecordType, SourceName } from "./record_types.ts";
import { route } from "./routes.ts";
import { serve } from "./serve.ts";
import type { Switches } from "./switches.ts";
import {
  addRecords,
  createWorld,
  type FakeCredentials,
  type Violation,
  type World,
} from "./world.ts";

/** How the fake begins. */
export interface FakeOptions {
  /** Default "2.0". */
  readonly api?: "1.0" | "2.0";
  /** By source or by record type; nothing by default. */
  readonly records?: Amounts;
  /** Default 1. The same seed makes the same records. */
  readonly seed?: number;
  /** The fake's own clock, ms since 1970; default the real one. */
  readonly now?: () => number;
  /** The first records are spread over this time before now; default 20 hours. */
  readonly spanMs?: number;
  readonly switches?: Partial<Switches>;
  /** Port of the API host, and of the download host; default 0, any free one. */
  readonly port?: number;
  readonly downloadPort?: number;
}

/** A running fake of the Mimecast API. */
export interface Fake {
  /** The API host. */
  readonly url: string;
  /** The host of the pre-signed links. */
  readonly downloadUrl: string;
  readonly credentials: FakeCredentials;
  /** What the client did that a correct one never does: tests assert that it is empty. */
  readonly violations: readonly Violation[];
  /** Push here what shall go wrong. */
  readonly faults: Fault[];
  set(switches: Partial<Switches>): void;
  /** Adds records with the time `atMs` (default: now); an earlier time makes late arrivals. */
  add(amounts: Amounts, atMs?: number): void;
  /** The ids of all records that went out at least once. */
  handedOut(source?: SourceName | RecordType): Set<string>;
  /** How many different records went out. */
  handedOutCount(source?: SourceName | RecordType): number;
  /** How many records there are. */
  total(source?: SourceName | RecordType): number;
  /** The ids of all records that there are. */
  ids(source?: SourceName | RecordType): IterableIterator<string>;
  /** Requests to a path of the API host so far. */
  requests(path: string): number;
  /** Ends all bearer tokens at once. */
  expireTokens(): void;
  close(): Promise<void>;
}

/** Starts the API host and the download host on 127.0.0.1, plain http. */
export async function startFake(options: FakeOptions = {}): Promise<Fake> {
  const world = createWorld({
    api: options.api ?? "2.0",
    seed: options.seed ?? 1,
    now: options.now ?? Date.now,
    records: options.records ?? {},
    spanMs: options.spanMs ?? 20 * 3_600_000,
    switches: options.switches ?? {},
  });
  const storage = await serve(world, options.downloadPort ?? 0, (call) => {
    return faultAnswer(world, call) ?? download(world, call);
  });
  world.downloadUrl = storage.url;
  const api = await serve(world, options.port ?? 0, (call) => answerApi(world, call));
  return {
    url: api.url,
    downloadUrl: storage.url,
    credentials: world.credentials,
    violations: world.violations,
    faults: world.faults,
    set: (switches) => {
      world.switches = { ...world.switches, ...switches };
    },
    add: (amounts, atMs = world.now()) => addRecords(world, amounts, atMs, atMs),
    handedOut: (source) => new Set(world.ledger.ids(source)),
    handedOutCount: (source) => world.ledger.count(source),
    total: (source) => countOf(world, source),
    ids: (source) => idsOf(world, source),
    requests: (path) => world.requestCounts.get(path) ?? 0,
    expireTokens: () => expireTokens(world),
    close: async () => {
      await Promise.all([api.close(), storage.close()]);
    },
  };
}

async function answerApi(world: World, call: Call) {
  if (call.path.startsWith("/__fake/")) return control(world, call);
  const answer = await route(world, call);
  if (world.api === "2.0") return answer;
  return { ...answer, headers: { ...rateHeaders(world), ...answer.headers } };
}

function countOf(world: World, source?: SourceName | RecordType): number {
  let sum = 0;
  for (const [type, { count }] of world.timelines) if (belongs(type, source)) sum += count;
  return sum;
}

function* idsOf(world: World, source?: SourceName | RecordType): Generator<string> {
  for (const [type, { count }] of world.timelines) {
    if (!belongs(type, source)) continue;
    for (let index = 0; index < count; index += 1) yield recordId(world.seed, type, index);
  }
}
