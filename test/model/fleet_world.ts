import { StateError } from "../../plugin/errors.ts";
import { etcdStore } from "../../plugin/fleet/etcd_store.ts";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { type KeptWorker, openLease } from "../../plugin/fleet/lease.ts";
import { Member } from "../../plugin/fleet/member.ts";
import type { Tenure } from "../../plugin/fleet/tenure.ts";
import type { CheckpointStore } from "../../plugin/state/checkpoint_file.ts";
import { at, checkpointOf } from "../support/delivery_values.ts";
import { type Link, memoryEtcd } from "../support/memory_etcd.ts";

/** What happens next. `who`: a worker; `what`: an account. */
export type FleetAction =
  | { readonly do: "look"; readonly who: number }
  /** One of the workers that have the account open writes the line that comes next to its output. */
  | { readonly do: "deliver"; readonly who: number; readonly what: number }
  | { readonly do: "save"; readonly who: number; readonly what: number }
  | { readonly do: "time"; readonly ms: number }
  /** The wall clock of a worker is set. */
  | { readonly do: "clock"; readonly who: number; readonly ms: number }
  | { readonly do: "link"; readonly who: number; readonly link: Link }
  /** Its process ends without a word, and another one begins in the same state directory. */
  | { readonly do: "kill"; readonly who: number }
  | { readonly do: "drain"; readonly who: number }
  /** It loses its state directory too. */
  | { readonly do: "lose"; readonly who: number };

const LEASE_SECS = 15;
const ACCOUNTS = ["acme", "beta", "gamma", "delta"];
const WORKERS = 3;
/** Clocks of two machines differ by up to so much in a second. */
const RATES = [1, 0.95, 1.05];

interface Open {
  readonly tenure: Tenure;
  readonly store: CheckpointStore;
  sequence: number;
  /** The next line to deliver. */
  next: number;
}

interface Machine {
  readonly rate: number;
  monoMs: number;
  offsetMs: number;
  kept: KeptWorker;
  readonly etcd: ReturnType<ReturnType<typeof memoryEtcd>["client"]>;
  member: Member;
  stop: AbortController;
  readonly open: Map<string, Open>;
}

/** A fleet of workers that collect accounts, whose lines are numbers. */
export function fleetWorld() {
  const server = memoryEtcd();
  const keys = fleetKeys("/model");
  const delivered = new Map<string, Set<number>>(ACCOUNTS.map((name) => [name, new Set()]));
  /** Lines that went out, and positions that moved, although another worker could own the account already. */
  let unsure = 0;
  const happened = { saved: 0, moved: 0 };
  const lastOwner = new Map<string, Machine>();
  let ids = 0;

  function join(machine: Omit<Machine, "member" | "stop">): Pick<Machine, "member" | "stop"> {
    const stop = new AbortController();
    const effects = {
      now: () => machine.monoMs + machine.offsetMs,
      // Nobody waits in this world: what has to wait gives up.
      sleep: async () => {
        throw new StateError("no time", { code: "etcd_unavailable" });
      },
      log: () => {},
      randomUUID: () => `process-${++ids}`,
    };
    const keep = async (kept: KeptWorker): Promise<void> => {
      machine.kept = kept;
    };
    const monoMs = (): number => machine.monoMs;
    const lease = openLease(
      machine.etcd,
      { now: effects.now, monoMs },
      machine.kept,
      LEASE_SECS,
      keep,
    );
    const index = machines.indexOf(machine as Machine);
    const name = `worker-${index < 0 ? machines.length : index}`;
    const member = new Member(
      { effects, etcd: machine.etcd, keys, monoMs, keep, signal: stop.signal },
      {
        name,
        kept: machine.kept,
        mode: "follow",
        weight: 1,
        version: "",
        ttlSecs: LEASE_SECS,
        accounts: ACCOUNTS,
      },
      lease,
    );
    return { member, stop };
  }

  const machines: Machine[] = [];
  for (const rate of RATES.slice(0, WORKERS)) {
    const kept = { id: `folder-${++ids}`, lease: null, ttlSecs: 0 };
    const machine = { rate, monoMs: 0, offsetMs: 0, kept, etcd: server.client(), open: new Map() };
    machines.push(Object.assign(machine, join(machine)));
    want(machines.at(-1) as Machine);
  }

  /** Opens whatever falls to the machine, now or later. */
  function want(machine: Machine): void {
    for (const account of ACCOUNTS) if (!machine.open.has(account)) void openNext(machine, account);
  }
  async function openNext(machine: Machine, account: string): Promise<void> {
    const { member, stop, etcd } = machine;
    const tenure = await member.take(account, stop.signal).catch(() => null);
    if (tenure === null || machine.member !== member) return;
    const store = etcdStore(etcd, keys, account, {
      fence: tenure.fence,
      pause: async () => {
        throw new Error("gives up");
      },
    });
    try {
      const { sequence, committed } = await store.read(account, "2.0");
      machine.open.set(account, { tenure, store, sequence, next: lineOf(committed.audit) });
    } catch {
      await shut(machine, account, tenure);
    }
  }
  async function shut(machine: Machine, account: string, tenure: Tenure): Promise<void> {
    machine.open.delete(account);
    await tenure.release();
    void openNext(machine, account);
  }

  async function act(action: FleetAction): Promise<void> {
    if (action.do === "time") {
      server.advance(action.ms);
      for (const machine of machines) machine.monoMs += action.ms * machine.rate;
      return;
    }
    const machine = machines[action.who % WORKERS] as Machine;
    switch (action.do) {
      case "look":
        await machine.member.look();
        await settled();
        for (const [account, { tenure }] of machine.open) {
          if (tenure.leave.aborted) await shut(machine, account, tenure);
        }
        break;
      case "link":
        machine.etcd.set(action.link);
        break;
      case "clock":
        machine.offsetMs += action.ms;
        break;
      case "deliver":
        await withOpen(action, deliver);
        break;
      case "save":
        await withOpen(action, save);
        break;
      case "drain":
        await machine.member.drain();
        restart(machine);
        break;
      case "lose":
        machine.kept = { id: `folder-${++ids}`, lease: null, ttlSecs: 0 };
        restart(machine);
        break;
      case "kill":
        restart(machine);
        break;
    }
    await settled();
  }

  /** One of those who believe that the account is theirs. */
  async function withOpen(
    { who, what }: { readonly who: number; readonly what: number },
    task: (machine: Machine, account: string) => Promise<void>,
  ): Promise<void> {
    const account = ACCOUNTS[what % ACCOUNTS.length] as string;
    const holders = machines.filter(({ open }) => open.has(account));
    const machine = holders[who % Math.max(1, holders.length)];
    if (machine !== undefined) await task(machine, account);
  }

  function restart(machine: Machine): void {
    machine.stop.abort(new Error("killed"));
    machine.open.clear();
    Object.assign(machine, join(machine));
    want(machine);
  }

  async function deliver(machine: Machine, account: string): Promise<void> {
    const open = machine.open.get(account);
    if (open === undefined) return;
    try {
      await open.tenure.sure();
    } catch {
      return shut(machine, account, open.tenure);
    }
    check(open);
    delivered.get(account)?.add(open.next++);
  }

  function check({ tenure }: Open): void {
    const { key, revision } = tenure.fence;
    if (server.get(key)?.createRevision !== revision) unsure++;
  }

  async function save(machine: Machine, account: string): Promise<void> {
    const open = machine.open.get(account);
    if (open === undefined) return;
    try {
      const sequence = open.sequence + 1;
      await open.store.write(
        checkpointOf({ account, sequence, committed: { audit: at(open.next) } }),
      );
      open.sequence = sequence;
      check(open);
      happened.saved++;
      if ((lastOwner.get(account) ?? machine) !== machine) happened.moved++;
      lastOwner.set(account, machine);
    } catch {
      await shut(machine, account, open.tenure);
    }
  }

  /** The line behind the last one that is safe. */
  async function safe(account: string): Promise<number> {
    const store = etcdStore(server.client(), keys, account, null);
    return lineOf((await store.read(account, "2.0")).committed.audit);
  }

  /** Some quiet seconds. */
  async function quiet(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await act({ do: "time", ms: 1_000 });
      for (let who = 0; who < WORKERS; who++) await act({ do: "look", who });
    }
  }

  return {
    act,
    begin: () => quiet(3),
    unsure: () => unsure,
    /** Positions that were saved, and how often by another worker than before. */
    saved: () => happened.saved,
    moved: () => happened.moved,
    safe,
    /** Lines that are behind a position and were never delivered. */
    async lost(): Promise<string[]> {
      const all: string[] = [];
      for (const account of ACCOUNTS) {
        for (let line = 0; line < (await safe(account)); line++) {
          if (!delivered.get(account)?.has(line)) all.push(`${account} ${line}`);
        }
      }
      return all;
    },
    /** Everything works again; gives the accounts that nobody goes on with. */
    async recover(): Promise<string[]> {
      for (const machine of machines) machine.etcd.set("up");
      await quiet(40);
      const stuck: string[] = [];
      for (const [what, account] of ACCOUNTS.entries()) {
        const before = await safe(account);
        for (let who = 0; who < WORKERS; who++) {
          await act({ do: "deliver", who, what });
          await act({ do: "save", who, what });
        }
        if ((await safe(account)) <= before) stuck.push(account);
      }
      return stuck;
    },
    /** How many accounts each worker has open. */
    loads: () => machines.map(({ open }) => open.size),
  };
}

function lineOf(position: ReturnType<typeof at> | undefined): number {
  return Number(position?.cursor ?? 0);
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
