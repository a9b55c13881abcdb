import type { Effects } from "../../effects.ts";
import type { Credentials } from "../client.ts";
import {
  type Budget,
  book,
  budgetDelay,
  callsLeft,
  FULL_BUDGET,
  mergeBudgets,
  pause,
  spend,
} from "./budget.ts";
import { budgetName, parseBudget, serializeBudget } from "./budget_file.ts";
import { type CallKind, type RateLimits, tighterLimits } from "./rate_limit.ts";

/** The budget of one credential, shared by everything that calls with it. */
export interface SharedBudget {
  /** Books a call of this kind and gives 0, or gives the milliseconds until one may go. */
  take(kind: CallKind): number;
  /** The calls of this kind that may go now; null if neither a limit nor an answer says. */
  left(kind: CallKind): number | null;
  /** Reads the headers of an answer. Resolves once the file, if there is one, has them. */
  answered(headers: Readonly<Record<string, string>>): Promise<void>;
  /** After a 429: nothing of this credential goes before `untilMs`. */
  pause(untilMs: number): Promise<void>;
}

/** A budget in memory, for one client. */
export function memoryBudget(now: () => number, limits: RateLimits = {}): SharedBudget {
  return budgetOver({ now, limits: () => limits, sync: async (budget) => budget });
}

/** The budgets of a process: one for each credential, whichever account asks for it. */
export interface Budgets {
  of(credentials: Credentials, baseUrl: string, limits: RateLimits): Promise<SharedBudget>;
}

/** Where budgets are kept, each under its credential's hash. */
export interface BudgetKeep {
  /** As messages name it. */
  name(hash: string): string;
  read(hash: string): Promise<Budget>;
  /** Stores a budget with what other processes have noted meanwhile, and gives the whole. */
  merge(hash: string, budget: Budget, limits: RateLimits): Promise<Budget>;
}

/** One file for each credential in `folder`. */
export function budgetFiles(effects: Pick<Effects, "now" | "files">, folder: string): BudgetKeep {
  const { files } = effects;
  const name = (hash: string) => `${folder}/${hash}`;
  const read = async (hash: string) => parseBudget(await files.read(name(hash)), effects.now());
  return {
    name,
    read,
    async merge(hash, budget, limits) {
      const merged = mergeBudgets(budget, await read(hash), limits);
      await files.makeFolder(folder);
      await files.overwrite(name(hash), serializeBudget(merged));
      return merged;
    },
  };
}

/**
 * Budgets that last across runs. Processes that share a credential learn of each other's calls with each answer. If the
 * keep refuses, a warning says so once, and the budget goes on in memory.
 */
export function keptBudgets(effects: Pick<Effects, "now" | "log">, kept: BudgetKeep): Budgets {
  const open = new Map<
    string,
    { readonly budget: Promise<SharedBudget>; readonly shared: { limits: RateLimits } }
  >();
  let warned = false;
  const unlessRefused = (hash: string, otherwise: Budget) => (error: unknown) => {
    if (!warned) {
      const fields = { path: kept.name(hash), error: String(error) };
      effects.log("warn", "Cannot keep the rate budget for the next run", fields);
    }
    warned = true;
    return otherwise;
  };

  async function load(hash: string, limits: () => RateLimits): Promise<SharedBudget> {
    const start = await kept.read(hash).catch(unlessRefused(hash, FULL_BUDGET));
    const sync = (budget: Budget): Promise<Budget> =>
      kept.merge(hash, budget, limits()).catch(unlessRefused(hash, budget));
    return budgetOver({ now: () => effects.now(), limits, sync, start });
  }

  return {
    of(credentials, baseUrl, limits) {
      const name = budgetName(credentials, baseUrl);
      const known = open.get(name);
      if (known !== undefined) {
        known.shared.limits = tighterLimits(known.shared.limits, limits);
        return known.budget;
      }
      const shared = { limits };
      const budget = load(name, () => shared.limits);
      open.set(name, { budget, shared });
      return budget;
    },
  };
}

/** After a pause one call goes so much before the others, to meet a further 429 alone. */
const ALONE_MS = 1_000;

function budgetOver(parts: {
  readonly now: () => number;
  readonly limits: () => RateLimits;
  /** Keeps the budget and returns it with the calls of other processes. */
  readonly sync: (budget: Budget) => Promise<Budget>;
  readonly start?: Budget;
}): SharedBudget {
  const { now, limits } = parts;
  let budget = parts.start ?? FULL_BUDGET;
  let tail: Promise<void> = Promise.resolve();
  /** The last pause after which a call went first, and the moment until which it goes alone. */
  let ahead = { afterMs: budget.pausedUntilMs > now() ? 0 : budget.pausedUntilMs, untilMs: 0 };
  /** The one that has not begun yet: it has everything that is noted until then. */
  let next: Promise<void> | null = null;
  const keep = (): Promise<void> => {
    if (next !== null) return next;
    next = tail = tail.then(async () => {
      next = null;
      const synced = await parts.sync(budget);
      // Another task may have booked calls meanwhile.
      budget = mergeBudgets(budget, synced, limits());
    });
    return tail;
  };
  return {
    take(kind) {
      const nowMs = now();
      // A clock that was set back must not stretch it.
      const aloneMs = Math.min(Math.max(0, ahead.untilMs - nowMs), ALONE_MS);
      const delayMs = Math.max(budgetDelay(budget, nowMs, kind, limits()), aloneMs);
      if (delayMs > 0) return delayMs;
      const { pausedUntilMs } = budget;
      if (pausedUntilMs > ahead.afterMs) {
        ahead = { afterMs: pausedUntilMs, untilMs: nowMs + ALONE_MS };
      }
      budget = book(budget, kind, limits(), nowMs);
      return 0;
    },
    left: (kind) => callsLeft(budget, now(), kind, limits()),
    answered(headers) {
      budget = spend(budget, headers, now());
      return keep();
    },
    pause(untilMs) {
      budget = pause(budget, untilMs);
      return keep();
    },
  };
}
