import type { Etcd, KeyValue } from "./etcd.ts";
import type { FleetKeys } from "./keys.ts";

/** What a worker says of itself. */
export interface WorkerNote {
  /** Of its state directory. */
  readonly id: string;
  /** Of its process: another one has taken over where it changes. */
  readonly process: string;
  readonly mode: "once" | "follow";
  readonly weight: number;
  readonly version: string;
  readonly startedMs: number;
  readonly leaseSecs: number;
  /** Digest of the names of the accounts that it can collect; the names are under `list`. */
  readonly accounts: string;
}

/** What the owner of an account says. */
export interface OwnerNote {
  readonly worker: string;
  readonly id: string;
  readonly sinceMs: number;
}

/** A note as it is stored. */
export interface Stored<Note> {
  readonly note: Note;
  readonly createRevision: string;
  readonly modRevision: string;
  readonly lease: string;
}

/** A fleet at one moment. */
export interface FleetView {
  /** By name. */
  readonly workers: ReadonlyMap<string, Stored<WorkerNote>>;
  /** By account. */
  readonly owners: ReadonlyMap<string, Stored<OwnerNote>>;
  /** Account to worker. */
  readonly pins: ReadonlyMap<string, string>;
  /** Workers that are to have no account. */
  readonly drains: ReadonlySet<string>;
}

/** Reads all of it at once. Throws the errors of `etcd`. */
export async function readFleet(etcd: Pick<Etcd, "txn">, keys: FleetKeys): Promise<FleetView> {
  const folders = [keys.workers, keys.owners, keys.moves, keys.drains];
  const { found } = await etcd.txn(
    [],
    folders.map((list) => ({ list })),
  );
  const [workers = [], owners = [], moves = [], drains = []] = found;
  return {
    workers: notes(workers, keys.workers, isWorkerNote),
    owners: notes(owners, keys.owners, isOwnerNote),
    pins: new Map(
      moves.map(({ key, value }) => [
        key.slice(keys.moves.length),
        Buffer.from(value).toString("utf8"),
      ]),
    ),
    drains: new Set(drains.map(({ key }) => key.slice(keys.drains.length))),
  };
}

/** The accounts that a worker can collect, as it has said. */
export async function readAccounts(
  etcd: Pick<Etcd, "txn">,
  keys: FleetKeys,
  worker: string,
): Promise<readonly string[]> {
  const { found } = await etcd.txn([], [{ get: keys.list(worker) }]);
  const value = readJson(found[0]?.[0]?.value);
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

/** What somebody else wrote there has no note: it is left as it is, and counts for nobody. */
function notes<Note>(
  found: readonly KeyValue[],
  folder: string,
  isNote: (value: unknown) => value is Note,
): Map<string, Stored<Note>> {
  return new Map(
    found.flatMap(({ key, value, createRevision, modRevision, lease }) => {
      const note = readJson(value);
      if (!isNote(note)) return [];
      return [[key.slice(folder.length), { note, createRevision, modRevision, lease }]];
    }),
  );
}

function isOwnerNote(value: unknown): value is OwnerNote {
  const { worker, id } = (value ?? {}) as Partial<OwnerNote>;
  return typeof worker === "string" && typeof id === "string";
}

/** Far more than a configuration can have: sums of it stay numbers. */
const MOST_WEIGHT = 1e6;

function isWorkerNote(value: unknown): value is WorkerNote {
  const { id, weight, accounts } = (value ?? {}) as Partial<WorkerNote>;
  const isWeight = typeof weight === "number" && weight > 0 && weight <= MOST_WEIGHT;
  return typeof id === "string" && typeof accounts === "string" && isWeight;
}

function readJson(value: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(value ?? []).toString("utf8"));
  } catch {
    return undefined;
  }
}
