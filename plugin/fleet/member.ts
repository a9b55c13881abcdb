import type { StateError } from "../errors.ts";
import { createSerial } from "../state/serial.ts";
import { isEtcdError } from "./etcd_error.ts";
import { type FleetView, type OwnerNote, readFleet, type WorkerNote } from "./fleet_view.ts";
import { inGroups } from "./in_groups.ts";
import type { Lease } from "./lease.ts";
import { digestOf, sharer } from "./shares.ts";
import { lost, nameTaken, type Tenure } from "./tenure.ts";
import { troubleLog } from "./trouble_log.ts";
import type { FleetWorld, Worker } from "./worker.ts";

/** How often a worker looks at its fleet. */
export const LOOK_EVERY_MS = 1_000;

interface Held extends Tenure {
  readonly leaving: AbortController;
  /** Why it has ended; null while it goes on. */
  over: StateError | null;
}

/**
 * A worker in its fleet: it renews its lease, looks who is there, takes what belongs to it, gives away what does not. Whatever it believes, etcd decides: a key is created if it is not there, and written if the fence holds.
 */
export class Member {
  readonly #world: FleetWorld;
  readonly #worker: Worker;
  readonly #lease: Lease;
  readonly #process: string;
  readonly #startedMs: number;
  readonly #held = new Map<string, Held>();
  readonly #waiting = new Map<string, (tenure: Tenure) => void>();
  readonly #shares: (view: FleetView) => Promise<ReadonlyMap<string, string>>;
  readonly #inTurn = createSerial();
  readonly #say: (trouble: StateError | null) => void;
  #next: Promise<StateError | null> | null = null;
  #isAnnounced = false;
  #isDrained = false;
  /** True while all that belongs to this worker is taken, not only what somebody waits for. */
  #takesAll = false;
  #mine: ReadonlySet<string> = new Set();

  constructor(world: FleetWorld, worker: Worker, lease: Lease) {
    this.#world = world;
    this.#worker = worker;
    this.#lease = lease;
    this.#process = world.effects.randomUUID();
    this.#say = troubleLog(world.effects, worker.name);
    this.#startedMs = world.effects.now();
    this.#shares = sharer(world, worker.accounts);
  }

  /** One look at a time; those who ask meanwhile share the next one. Gives what went wrong. */
  look(): Promise<StateError | null> {
    this.#next ??= this.#inTurn(async () => {
      this.#next = null;
      try {
        const trouble = await this.#lookOnce();
        this.#say(trouble);
        return trouble;
      } catch (error) {
        if (!isEtcdError(error)) throw error;
        this.#say(error);
        return error;
      }
    });
    return this.#next;
  }

  async share(patienceMs: number): Promise<readonly string[]> {
    const { effects, monoMs, signal } = this.#world;
    const endMs = monoMs() + patienceMs;
    this.#takesAll = true;
    for (;;) {
      const trouble = await this.look();
      if (trouble === null) break;
      if (monoMs() >= endMs) throw trouble;
      await effects.sleep(LOOK_EVERY_MS, signal);
    }
    this.#takesAll = false;
    return [...this.#held.keys()].sort();
  }

  take(account: string, signal: AbortSignal): Promise<Tenure> {
    const held = this.#held.get(account);
    if (held?.leave.aborted === false) return Promise.resolve(held);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.delete(account);
        reject(signal.reason);
      };
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.set(account, (tenure) => {
        this.#waiting.delete(account);
        signal.removeEventListener("abort", stop);
        resolve(tenure);
      });
    });
  }

  async drain(): Promise<void> {
    await this.#inTurn(() => this.#lease.revoke()).catch((error) => {
      if (!isEtcdError(error)) throw error;
      this.#say(error);
    });
  }

  async #lookOnce(): Promise<StateError | null> {
    if (this.#lease.isDue() && !(await this.#lease.renew())) {
      for (const held of this.#held.values()) this.#end(held, "this worker's lease has ended");
    }
    const { etcd, keys } = this.#world;
    let view = await readFleet(etcd, keys);
    const { name } = this.#worker;
    if (view.workers.get(name)?.note.process !== this.#process) {
      if (!(await this.#announce(view))) {
        for (const held of this.#held.values()) this.#end(held, "another process has the name");
        return nameTaken(name);
      }
      view = await readFleet(etcd, keys);
    }
    this.#isDrained = view.drains.has(name);
    const share = await this.#shares(view);
    this.#mine = new Set(
      [...share].flatMap(([account, owner]) => (owner === name ? [account] : [])),
    );
    for (const held of this.#held.values()) {
      const { createRevision } = view.owners.get(held.account) ?? {};
      if (createRevision !== held.fence.revision) this.#end(held, "another worker owns it");
      else if (!this.#mine.has(held.account)) held.leaving.abort();
    }
    await this.#giveBack(view);
    const wanted = this.#takesAll
      ? [...this.#mine]
      : [...this.#waiting.keys()].filter((account) => this.#mine.has(account));
    await inGroups(wanted, (account) => this.#takeOne(account, view));
    return null;
  }

  /** Puts this worker's name into the fleet. False where another one has it. */
  async #announce(view: FleetView): Promise<boolean> {
    const worker = this.#worker;
    const { name, kept, mode, weight, version, ttlSecs } = worker;
    const { etcd, keys } = this.#world;
    const seen = view.workers.get(name);
    // An earlier process of this state directory has ended: the folder's lock says so. A later one has a copy of it.
    const isOurs = seen === undefined || (seen.note.id === kept.id && !this.#isAnnounced);
    if (!isOurs) return false;
    const note: WorkerNote = {
      id: kept.id,
      process: this.#process,
      mode,
      weight,
      version,
      startedMs: this.#startedMs,
      leaseSecs: ttlSecs,
      accounts: digestOf(worker.accounts),
    };
    const lease = this.#lease.id();
    const { succeeded } = await etcd.txn(
      [{ key: keys.worker(name), target: "mod", revision: seen?.modRevision ?? "0" }],
      [
        { put: keys.list(name), value: JSON.stringify(worker.accounts), lease },
        { put: keys.worker(name), value: JSON.stringify(note), lease },
      ],
    );
    this.#isAnnounced ||= succeeded;
    return succeeded;
  }

  async #takeOne(account: string, view: FleetView): Promise<void> {
    const { etcd, keys, effects } = this.#world;
    const { name, kept } = this.#worker;
    if (this.#held.has(account)) return;
    const key = keys.owner(account);
    const lease = this.#lease.id();
    const seen = view.owners.get(account);
    if (seen !== undefined && seen.note.id !== kept.id) return;
    const sinceMs = seen?.note.sinceMs ?? effects.now();
    const note: OwnerNote = { worker: name, id: kept.id, sinceMs };
    let token = seen?.createRevision ?? "0";
    if (seen?.lease !== lease) {
      const { succeeded, revision } = await etcd.txn(
        [{ key, target: "create", revision: token }],
        [{ put: key, value: JSON.stringify(note), lease }],
      );
      // Somebody else was faster, or an answer was lost: the next look tells.
      if (!succeeded) return;
      if (seen === undefined) token = revision;
    }
    this.#hold(account, token);
  }

  #hold(account: string, token: string): void {
    const { etcd, keys, effects, signal } = this.#world;
    const leaving = new AbortController();
    const fence = { key: keys.owner(account), target: "create", revision: token } as const;
    const held: Held = {
      account,
      fence,
      leaving,
      leave: leaving.signal,
      isHurried: () => this.#isDrained,
      over: null,
      sure: async () => {
        for (let looks = 0; held.over === null && this.#lease.leftMs() <= 0; looks++) {
          const trouble = await this.look();
          if (trouble === null) continue;
          if (looks === 0) await this.#world.say?.(account, trouble);
          await effects.sleep(LOOK_EVERY_MS, signal);
        }
        if (held.over !== null) throw held.over;
      },
      release: async () => {
        if (this.#held.get(account) === held) this.#held.delete(account);
        if (held.over !== null || !leaving.signal.aborted) return;
        // Where this fails, a later look sees it (`#giveBack`).
        await etcd.txn([fence], [{ remove: fence.key }]).catch((error) => {
          if (!isEtcdError(error)) throw error;
        });
      },
    };
    this.#held.set(account, held);
    this.#waiting.get(account)?.(held);
  }

  #end(held: Held, why: string): void {
    held.over ??= lost(held.account, why);
    this.#held.delete(held.account);
    held.leaving.abort();
  }

  /** What an earlier run of this worker had, and does not belong to it any more. */
  async #giveBack({ owners }: FleetView): Promise<void> {
    const { etcd, keys } = this.#world;
    const { kept } = this.#worker;
    const left = [...owners].filter(
      ([account, { note }]) =>
        note.id === kept.id && !this.#held.has(account) && !this.#mine.has(account),
    );
    await inGroups(left, async ([account, { createRevision }]) => {
      const key = keys.owner(account);
      await etcd.txn([{ key, target: "create", revision: createRevision }], [{ remove: key }]);
    });
  }
}
