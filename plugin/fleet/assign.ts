import { hash } from "node:crypto";

/** A live worker, as the sharing out sees it. */
export interface Candidate {
  readonly name: string;
  readonly weight: number;
  /** It is to have no account. */
  readonly draining: boolean;
  /** The accounts that it can collect; null: all. */
  readonly accounts: ReadonlySet<string> | null;
}

/** What the sharing out goes by. */
export interface Sharing {
  readonly accounts: readonly string[];
  readonly workers: readonly Candidate[];
  /** Account to worker, as it is now. Names of dead workers are ignored. */
  readonly owners: ReadonlyMap<string, string>;
  /** Account to worker: heeded while that worker is alive. */
  readonly pins: ReadonlyMap<string, string>;
}

/**
 * Which worker each account belongs to; an account that nobody can collect is left out. Pure, and the same for every
 * worker that sees the same.
 *
 * - A pin comes first.
 * - A worker's quota is its part by weight of the accounts, rounded down; those with the most accounts get what is left
 *   over, one each. So shares differ by one account, whatever came and went.
 * - An account stays with its owner while that one is within its quota. So a worker that goes moves only its own share, and one that
 *   comes takes only what the others have too much.
 * - Every other account goes to the worker with room whose score for it is the highest: weighted rendezvous hashing
 *   (`score`).
 */
export function assign({ accounts, workers, owners, pins }: Sharing): Map<string, string> {
  const live = new Map(workers.map((worker) => [worker.name, worker]));
  const able = (name: string | undefined, account: string): name is string => {
    const worker = live.get(name ?? "");
    return worker !== undefined && !worker.draining && (worker.accounts?.has(account) ?? true);
  };
  const result = new Map<string, string>();
  const load = new Map(workers.map(({ name }) => [name, 0]));
  const give = (account: string, name: string, by = 1): void => {
    load.set(name, (load.get(name) ?? 0) + by);
    if (by > 0) result.set(account, name);
  };

  const sorted = [...new Set(accounts)].sort();
  const free: string[] = [];
  const movable: string[] = [];
  const pinned = new Map<string, number>();
  for (const account of sorted) {
    const [pin, owner] = [pins.get(account), owners.get(account)];
    if (able(pin, account)) {
      give(account, pin);
      pinned.set(pin, (pinned.get(pin) ?? 0) + 1);
    } else if (able(owner, account)) {
      give(account, owner);
      movable.push(account);
    } else free.push(account);
  }

  const active = workers.filter(({ draining }) => !draining);
  const quota = quotas(sorted.length, active, load, pinned);
  const room = (name: string): number => (quota.get(name) ?? 0) - (load.get(name) ?? 0);
  const best = (account: string, among: readonly Candidate[]): string | undefined =>
    highest(
      account,
      among.filter(({ name }) => able(name, account)),
    );

  for (const account of free) {
    const open = active.filter(({ name }) => room(name) > 0);
    const name = best(account, open) ?? best(account, active);
    if (name === undefined) continue;
    give(account, name);
    movable.push(account);
  }
  // Those who have too much give what fits best to those who have too little.
  for (const { name: poor } of [...active].sort(byName)) {
    if (room(poor) <= 0) continue;
    const rich = movable
      .filter((account) => room(result.get(account) as string) < 0 && able(poor, account))
      .map((account) => ({ account, ...fitness(account, live.get(poor) as Candidate, active) }))
      .sort((a, b) => a.better - b.better || b.own - a.own || (a.account < b.account ? -1 : 1));
    for (const { account } of rich) {
      if (room(poor) <= 0) break;
      const owner = result.get(account) as string;
      if (room(owner) >= 0) continue;
      give(account, owner, -1);
      give(account, poor);
    }
  }
  return result;
}

/** How many accounts each worker may have. The sum is `count`. Who has more pinned ones than its part has no others. */
function quotas(
  count: number,
  workers: readonly Candidate[],
  load: ReadonlyMap<string, number>,
  pinned: ReadonlyMap<string, number>,
): Map<string, number> {
  const total = workers.reduce((sum, { weight }) => sum + weight, 0);
  const full = workers.filter(
    ({ name, weight }) => (pinned.get(name) ?? 0) > Math.ceil((count * weight) / total),
  );
  if (full.length > 0) {
    const fixed = full.map(({ name }) => [name, pinned.get(name) ?? 0] as const);
    const left = count - fixed.reduce((sum, [, each]) => sum + each, 0);
    const others = workers.filter((worker) => !full.includes(worker));
    return new Map([...fixed, ...quotas(left, others, load, pinned)]);
  }
  const parts = workers.map(({ name, weight }) => {
    const exact = (count * weight) / total;
    return { name, least: Math.floor(exact), rest: exact % 1, load: load.get(name) ?? 0 };
  });
  let left = count - parts.reduce((sum, { least }) => sum + least, 0);
  const order = [...parts].sort(
    (a, b) =>
      Math.sign(b.load - b.least) - Math.sign(a.load - a.least) || b.rest - a.rest || byName(a, b),
  );
  return new Map(order.map(({ name, least }) => [name, least + (left-- > 0 ? 1 : 0)]));
}

/** How well an account fits a worker: by how many others whose score is higher, and by its own. */
function fitness(
  account: string,
  worker: Candidate,
  all: readonly Candidate[],
): { readonly better: number; readonly own: number } {
  const own = score(account, worker);
  return { better: all.filter((other) => score(account, other) > own).length, own };
}

function highest(account: string, workers: readonly Candidate[]): string | undefined {
  let [found, most] = [undefined as string | undefined, Number.NEGATIVE_INFINITY];
  for (const worker of workers) {
    const each = score(account, worker);
    if (each > most || (each === most && worker.name < (found ?? ""))) {
      [found, most] = [worker.name, each];
    }
  }
  return found;
}

/**
 * Weighted rendezvous hashing (Schindelhauer, Schomaker 2005): weight / -ln(h), h the first 48 bits of the SHA-256 of
 * "WORKER ACCOUNT" as a number between 0 and 1. The worker with the highest score wins with a chance in
 * proportion to its weight.
 */
export function score(
  account: string,
  { name, weight }: Pick<Candidate, "name" | "weight">,
): number {
  const bits = Number.parseInt(hash("sha256", `${name} ${account}`).slice(0, 12), 16);
  return weight / -Math.log((bits + 0.5) / 2 ** 48);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
