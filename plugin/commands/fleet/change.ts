import type { Config } from "../../config/config.ts";
import { ConfigError, EXIT } from "../../errors.ts";
import type { Etcd, Step } from "../../fleet/etcd.ts";
import { type FleetView, readAccounts, readFleet } from "../../fleet/fleet_view.ts";
import type { FleetKeys } from "../../fleet/keys.ts";
import type { Host } from "../../host/host.ts";
import { nearestName } from "../../text/nearest_name.ts";
import { openedFleet } from "./opened_fleet.ts";

/** So long `move` and `drain` watch what comes of them, ms. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 500;

/** `fleet move ACCOUNT WORKER`: the account goes there and stays while that worker is alive. `--undo` ends that. */
export async function move(
  config: Config,
  { account, worker, undo }: { account: string; worker: string | undefined; undo: boolean },
  host: Host,
): Promise<number> {
  const store = await openedFleet(config, "move an account", host);
  const { etcd, keys } = store;
  const view = await readFleet(etcd, keys);
  const known = [...new Set([...config.accounts.map(({ name }) => name), ...view.owners.keys()])];
  const isPinned = view.pins.has(account);
  if (!known.includes(account) && !isPinned) throw unknown("account", account, known);
  if (undo || worker === undefined) {
    await etcd.txn([], [{ remove: keys.move(account) }]);
    await host.screen.write(
      isPinned
        ? `${account} is no longer kept at ${view.pins.get(account)}\n`
        : `${account} was not moved by hand: nothing to undo\n`,
    );
    return EXIT.ok;
  }
  if (!view.workers.has(worker)) throw unknown("worker", worker, [...view.workers.keys()]);
  if (!(await readAccounts(etcd, keys, worker)).includes(account)) {
    throw new ConfigError(
      `Cannot move "${account}" to "${worker}": that worker does not have the account in its configuration`,
      { code: "unknown_account", hint: "Add it there and restart that worker's shipper input" },
    );
  }
  if (view.drains.has(worker)) throw isDraining(account, worker);
  const step = { put: keys.move(account), value: worker };
  return carryOut(store, step, host, {
    isDone: ({ owners }) => owners.get(account)?.note.worker === worker,
    done: () => `${account} is with ${worker}, and stays there while that worker is alive\n`,
    undone: () => `${account} goes to ${worker} when its worker has ended the page in hand`,
  });
}

/** `fleet drain WORKER`: it gives all accounts away and gets none. `--undo` ends that. */
export async function drain(
  config: Config,
  { worker, undo }: { worker: string; undo: boolean },
  host: Host,
): Promise<number> {
  const store = await openedFleet(config, "drain a worker", host);
  const { etcd, keys } = store;
  const view = await readFleet(etcd, keys);
  const isDrained = view.drains.has(worker);
  if (undo) {
    if (!isDrained && !view.workers.has(worker)) {
      throw unknown("worker", worker, [...view.workers.keys(), ...view.drains]);
    }
    await etcd.txn([], [{ remove: keys.drain(worker) }]);
    await host.screen.write(`${worker} gets accounts again\n`);
    return EXIT.ok;
  }
  if (!view.workers.has(worker)) throw unknown("worker", worker, [...view.workers.keys()]);
  const others = [...view.workers.keys()].filter(
    (name) => name !== worker && !view.drains.has(name),
  );
  if (others.length === 0) throw isLast(worker);
  const had = ({ owners }: FleetView): number =>
    [...owners.values()].filter(({ note }) => note.worker === worker).length;
  return carryOut(store, { put: keys.drain(worker), value: "1" }, host, {
    isDone: (now) => had(now) === 0,
    done: () =>
      `${worker} has no account any more, and gets none until: fleet drain ${worker} --undo\n`,
    undone: (now) => `${worker} still has ${had(now)} accounts`,
  });
}

/** Writes the wish, and watches until the workers have done it. Exit code 1 where they have not in time. */
async function carryOut(
  { etcd, keys }: { readonly etcd: Etcd; readonly keys: FleetKeys },
  wish: Step,
  host: Host,
  words: {
    isDone(view: FleetView): boolean;
    done(): string;
    undone(view: FleetView): string;
  },
): Promise<number> {
  const { sleep, now } = await host.effects(null);
  await etcd.txn([], [wish]);
  const endMs = now() + PATIENCE_MS;
  for (;;) {
    const view = await readFleet(etcd, keys);
    if (words.isDone(view)) {
      await host.screen.write(words.done());
      return EXIT.ok;
    }
    if (now() >= endMs) {
      const rest =
        "It is noted; workers of --once do it in their next run: mimecast-input fleet --watch";
      await host.screen.write(`${words.undone(view)}. ${rest}\n`);
      return EXIT.partial;
    }
    await sleep(LOOK_EVERY_MS, host.signal);
  }
}

function unknown(what: "account" | "worker", name: string, known: readonly string[]): ConfigError {
  const near = nearestName(name, known);
  const all = known.length === 0 ? "none" : [...known].sort().join(", ");
  const hint = near === undefined ? `Known ${what}s: ${all}` : `Did you mean "${near}"?`;
  const message = `Cannot change the fleet: it has no ${what} "${name}" now`;
  return new ConfigError(
    message,
    what === "worker" ? { code: "unknown_worker", hint } : { code: "unknown_account", hint },
  );
}

function isDraining(account: string, worker: string): ConfigError {
  return new ConfigError(`Cannot move "${account}" to "${worker}": that worker is draining`, {
    code: "worker_draining",
    hint: `mimecast-input fleet drain ${worker} --undo`,
  });
}

function isLast(worker: string): ConfigError {
  return new ConfigError(`Cannot drain "${worker}": no other worker would take its accounts`, {
    code: "last_worker",
    hint: "Start another one, or end the drain of another one, first; to stop collecting, stop the shipper",
  });
}
