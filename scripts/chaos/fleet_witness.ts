import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";

/** Sees every change that etcd makes, and judges it by what etcd itself says: nothing of the program's fencing is used. */
export interface Witness {
  /** Account to worker, as of the last event. */
  readonly owners: ReadonlyMap<string, string>;
  /** Changes of owner, with the moment they were seen, ms. */
  readonly changes: readonly {
    readonly account: string;
    readonly worker: string;
    readonly atMs: number;
  }[];
  /** Writes of checkpoints so far. */
  readonly writes: number;
  /** Writes by a worker that did not own the account at that revision, and checkpoints that do not follow the one before. */
  readonly wrong: readonly string[];
  /** Newest revision that it has seen. */
  readonly seen: number;
  stop(): void;
}

interface Event {
  readonly type?: number | string;
  readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: number };
}

/** `shipperOf`: the worker whose shipper has this pid, as a checkpoint names it. */
export function watchFleet(
  endpoints: string,
  prefix: string,
  shipperOf: (pid: number) => string | undefined,
): Witness {
  const keys = fleetKeys(prefix);
  const owners = new Map<string, string>();
  const sequences = new Map<string, number>();
  const changes: { account: string; worker: string; atMs: number }[] = [];
  const wrong: string[] = [];
  let writes = 0;
  let seen = 0;
  const watching = watchOn(
    endpoints,
    prefix,
    () => seen + 1,
    (event) => {
      seen = Math.max(seen, event.kv.mod_revision);
      take(event);
    },
    () => wrong.push(`history behind revision ${seen} was not seen`),
  );

  function take({ type, kv }: Event): void {
    const key = Buffer.from(kv.key, "base64").toString("utf8");
    const isDelete = type === 1 || type === "DELETE";
    if (key.startsWith(keys.owners)) {
      const account = key.slice(keys.owners.length);
      if (isDelete) return void owners.delete(account);
      const { worker } = JSON.parse(Buffer.from(kv.value ?? "", "base64").toString("utf8"));
      if (owners.get(account) !== worker) changes.push({ account, worker, atMs: Date.now() });
      owners.set(account, worker);
      return;
    }
    const account = /\/accounts\/([^/]+)\/checkpoint$/.exec(key)?.[1];
    if (account === undefined || isDelete) return;
    writes++;
    const bytes = gunzipSync(Buffer.from(kv.value ?? "", "base64"));
    const { sequence, runs } = parseCheckpoint(bytes, key);
    const before = sequences.get(account);
    const at = `revision ${kv.mod_revision}, ${account}`;
    if (before !== undefined && sequence <= before) {
      wrong.push(`${at}: sequence ${sequence} after ${before}`);
    }
    sequences.set(account, sequence);
    const pid = runs.at(-1)?.shipper.pid;
    const writer = pid === undefined ? undefined : shipperOf(pid);
    const owner = owners.get(account);
    if (writer !== undefined && writer !== owner) {
      wrong.push(`${at}: written by ${writer}, owned by ${owner ?? "nobody"}`);
    }
  }

  return {
    owners,
    changes,
    get writes() {
      return writes;
    },
    wrong,
    get seen() {
      return seen;
    },
    stop: watching,
  };
}

/** Runs `etcdctl watch`, which ends where its member does: the next one goes on. Gives what ends it. */
function watchOn(
  endpoints: string,
  prefix: string,
  next: () => number,
  take: (event: Event) => void,
  onMissed: () => void,
): () => void {
  let child: ChildProcess;
  let isOver = false;
  function follow(): void {
    child = spawn(
      "etcdctl",
      [
        ...["--endpoints", endpoints, "watch", "--prefix", `${prefix}/`],
        ...["--rev", `${next()}`, "-w", "json"],
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ETCDCTL_API: "3" } },
    );
    let said = "";
    child.stderr?.on("data", (piece) => {
      said = (said + piece).slice(-10_000);
    });
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      for (const event of (JSON.parse(line) as { Events?: Event[] }).Events ?? []) take(event);
    });
    child.once("close", () => {
      if (/compacted/.test(said)) onMissed();
      if (!isOver) setTimeout(follow, 300);
    });
  }
  follow();
  return () => {
    isOver = true;
    child.kill("SIGKILL");
  };
}
