import { type TokenKeep, tokenFile } from "../client/auth/token_source.ts";
import {
  type Budgets,
  budgetFiles,
  keptBudgets,
  type SharedBudget,
} from "../client/budget/shared_budget.ts";
import type { ClientOptions } from "../client/mimecast_client.ts";
import type { AccountConfig, Config } from "../config/config.ts";
import type { Effects } from "../effects.ts";
import { accountFolder, budgetFolder } from "../state/paths.ts";

/** The rate budgets of all accounts. */
export function openBudgets(effects: Effects, config: Pick<Config, "stateDir">): Budgets {
  return keptBudgets(effects, budgetFiles(effects, budgetFolder(config.stateDir)));
}

/** How every command asks Mimecast for an account. */
export function clientOptions(
  config: Pick<Config, "stateDir" | "network">,
  account: Pick<AccountConfig, "name">,
  budget: SharedBudget,
  world: {
    readonly effects: Pick<Effects, "files">;
    /** Default: a file in the account's folder. */
    readonly token?: TokenKeep | undefined;
    readonly version: string;
    readonly signal: AbortSignal;
    readonly secrets: readonly string[];
  },
): ClientOptions {
  return {
    token:
      world.token ?? tokenFile(world.effects.files, accountFolder(config.stateDir, account.name)),
    budget,
    timeoutMs: config.network.timeoutMs,
    userAgent: `mimecast-input/${world.version}`,
    signal: world.signal,
    secrets: world.secrets,
  };
}
