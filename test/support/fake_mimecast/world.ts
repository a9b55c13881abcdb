import { createHmac } from "node:crypto";
import type { Fault, FaultCount } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { type Amounts, amountsByType, RECORD_TYPES, type RecordType } from "./record_types.ts";
import { DEFAULT_SWITCHES, type Switches } from "./switches.ts";
import { Timeline } from "./timeline.ts";

/** Something that a correct client never does. */
export interface Violation {
  readonly path: string;
  /** Stable word: what rule was broken. */
  readonly rule: string;
  readonly detail: string;
}

/** A file of SIEM records: a run of indexes of one type. It never changes. */
export interface SiemFile {
  readonly type: RecordType;
  /** 0, 1, 2 … within its type. */
  readonly number: number;
  readonly first: number;
  readonly count: number;
  /** The time of its last record: the day and the name that it has. */
  readonly atMs: number;
}

/** What the fake accepts. Made from the seed: no secrets of anybody. */
export interface FakeCredentials {
  readonly appId: string;
  readonly appKey: string;
  readonly accessKey: string;
  /** Base64, as in the administration console. */
  readonly secretKey: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Everything that the handlers know and change. */
export interface World {
  readonly api: "1.0" | "2.0";
  readonly seed: number;
  readonly credentials: FakeCredentials;
  now(): number;
  switches: Switches;
  readonly faults: Fault[];
  readonly faultCounts: WeakMap<Fault, FaultCount>;
  readonly violations: Violation[];
  readonly timelines: Map<RecordType, Timeline>;
  /** All SIEM files of API 1.0 in the order in which they are handed out: types are mixed. */
  readonly files: SiemFile[];
  readonly filesByType: Map<RecordType, SiemFile[]>;
  readonly ledger: Ledger;
  /** Bearer token -> the moment it ends. */
  readonly tokens: Map<string, number>;
  readonly requestIds: Set<string>;
  /** Pre-signed links are numbered; those up to this number are dead, by path. */
  readonly deadLinks: Map<string, number>;
  linkNumber: number;
  downloadUrl: string;
  /** Requests by path, and what the rate limit has counted in its window. */
  readonly requestCounts: Map<string, number>;
  readonly rate: { used: number; windowStartMs: number };
}

/** What `startFake` may be told about the data. */
export interface WorldOptions {
  readonly api: "1.0" | "2.0";
  readonly seed: number;
  readonly now: () => number;
  readonly records: Amounts;
  /** The first records are spread over this time before now. */
  readonly spanMs: number;
  readonly switches: Partial<Switches>;
}

/** A world with its first records. */
export function createWorld(options: WorldOptions): World {
  const world: World = {
    api: options.api,
    seed: options.seed,
    credentials: credentialsOf(options.seed),
    now: () => options.now() + world.switches.clockAheadMs,
    switches: { ...DEFAULT_SWITCHES, ...options.switches },
    faults: [],
    faultCounts: new WeakMap(),
    violations: [],
    timelines: new Map(),
    files: [],
    filesByType: new Map(),
    ledger: new Ledger(options.seed),
    tokens: new Map(),
    requestIds: new Set(),
    deadLinks: new Map(),
    linkNumber: 0,
    downloadUrl: "",
    requestCounts: new Map(),
    rate: { used: 0, windowStartMs: Number.NEGATIVE_INFINITY },
  };
  const nowMs = world.now();
  addRecords(world, options.records, nowMs - options.spanMs, nowMs);
  return world;
}

/** Adds records whose times lie between two moments; SIEM records become new files. */
export function addRecords(world: World, amounts: Amounts, fromMs: number, toMs: number): void {
  const added: SiemFile[] = [];
  for (const [type, count] of amountsByType(amounts)) {
    const timeline = timelineOf(world, type);
    const first = timeline.count;
    timeline.add(count, fromMs, toMs, isFiled(type) ? 1 : world.switches.equalRecords);
    if (isFiled(type)) added.push(...cutIntoFiles(world, type, first, count));
  }
  added.sort((a, b) => a.atMs - b.atMs || a.number - b.number);
  for (const file of added) {
    world.files.push(file);
    filesOf(world, file.type).push(file);
  }
}

/** The times of a type's records. */
export function timelineOf(world: World, type: RecordType): Timeline {
  const timeline = world.timelines.get(type) ?? new Timeline();
  world.timelines.set(type, timeline);
  return timeline;
}

/** The files of a type, oldest first. */
export function filesOf(world: World, type: RecordType): SiemFile[] {
  const files = world.filesByType.get(type) ?? [];
  world.filesByType.set(type, files);
  return files;
}

function isFiled(type: RecordType): boolean {
  const { source } = RECORD_TYPES[type];
  return source === "siem" || source === "cloud_integrated";
}

function cutIntoFiles(world: World, type: RecordType, first: number, count: number): SiemFile[] {
  const size = world.switches.recordsPerFile;
  const timeline = timelineOf(world, type);
  const before = filesOf(world, type).length;
  const files: SiemFile[] = [];
  for (let start = first; start < first + count; start += size) {
    const part = Math.min(size, first + count - start);
    const atMs = timeline.timeOf(start + part - 1);
    files.push({ type, number: before + files.length, first: start, count: part, atMs });
  }
  return files;
}

function credentialsOf(seed: number): FakeCredentials {
  const made = (name: string) => createHmac("sha256", `fake ${seed}`).update(name).digest();
  const hex = (name: string) => made(name).toString("hex");
  const guid = hex("app id").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
  return {
    appId: guid,
    appKey: hex("app key").slice(0, 36),
    accessKey: made("access key").toString("base64url"),
    secretKey: made("secret key").toString("base64"),
    clientId: hex("client id").slice(0, 32),
    clientSecret: made("client secret").toString("base64url"),
  };
}
