import type { AccountPlan } from "./account_plan.ts";

/** What an account's feeds came to, one entry each; null for one that a new configuration has let go. */
export type Outcome = readonly (Error | null)[] | null;

/** An account of a run. A new configuration may replace its plan. */
export interface Seat {
  readonly name: string;
  /** The plan of this moment, null where the account is to go; and a signal that is aborted once there is another one. */
  now(): { readonly plan: AccountPlan | null; readonly replaced: AbortSignal };
}

/** The accounts that a run collects. */
export interface Crew {
  /**
   * Takes the plans of a configuration: starts those that are new, replaces those whose `key` is another one, and lets
   * those go that are missing. The others go on undisturbed. Returns the names.
   */
  take(plans: readonly AccountPlan[]): Taken;
  /** Resolves once no account works. */
  ended(): Promise<readonly Exclude<Outcome, null>[]>;
}

/** What a configuration has changed, by the names of accounts. */
export interface Taken {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
}

/** Nobody yet. `collect` works on one account to its end. */
export function createCrew(collect: (seat: Seat) => Promise<Outcome>): Crew {
  const members = new Map<string, ReturnType<typeof newMember>>();
  const outcomes = new Map<string, Exclude<Outcome, null>>();
  const working = new Set<Promise<void>>();

  async function work(member: ReturnType<typeof newMember>): Promise<void> {
    const { seat } = member;
    let outcome = await collect(seat);
    // It may have come back while it was going.
    while (outcome === null && seat.now().plan !== null) outcome = await collect(seat);
    members.delete(seat.name);
    if (outcome === null) outcomes.delete(seat.name);
    else outcomes.set(seat.name, outcome);
  }

  function start(plan: AccountPlan): void {
    const member = newMember(plan);
    members.set(plan.name, member);
    const task = work(member).finally(() => working.delete(task));
    working.add(task);
  }

  return {
    take(plans) {
      const names = new Set(plans.map(({ name }) => name));
      const added = plans.filter(({ name }) => members.get(name)?.seat.now().plan == null);
      const replaced = plans.filter(({ name, key }) => {
        const plan = members.get(name)?.seat.now().plan ?? null;
        return plan !== null && plan.key !== key;
      });
      const removed = [...members.values()].filter(
        ({ seat }) => !names.has(seat.name) && seat.now().plan !== null,
      );
      for (const { replace } of removed) replace(null);
      for (const plan of [...replaced, ...added]) {
        const member = members.get(plan.name);
        if (member === undefined) start(plan);
        else member.replace(plan);
      }
      const namesOf = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);
      return {
        added: namesOf(added),
        replaced: namesOf(replaced),
        removed: namesOf(removed.map(({ seat }) => seat)),
      };
    },
    async ended() {
      while (working.size > 0) await Promise.race(working);
      return [...outcomes.values()];
    },
  };
}

function newMember(first: AccountPlan) {
  let plan: AccountPlan | null = first;
  let replaced = new AbortController();
  const seat: Seat = { name: first.name, now: () => ({ plan, replaced: replaced.signal }) };
  return {
    seat,
    replace(next: AccountPlan | null): void {
      const before = replaced;
      plan = next;
      replaced = new AbortController();
      before.abort();
    },
  };
}
