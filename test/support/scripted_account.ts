import type { MimecastClient } from "../../plugin/client/client.ts";
import type { AccountPlan } from "../../plugin/collect/account_plan.ts";
import type { AccountJob } from "../../plugin/collect/job.ts";
import type { Effects } from "../../plugin/effects.ts";
import { createEnginePool } from "../../plugin/encode/engine.ts";
import type { Source } from "../../plugin/sources/source.ts";
import type { Ledger, LedgerOptions } from "../../plugin/state/ledger.ts";
import { openLedger } from "../../plugin/state/ledger.ts";
import { shipper } from "./delivery_values.ts";
import { scriptedEngine } from "./scripted.ts";

/** An account whose sources are scripted. */
export interface ScriptedAccount {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly options?: Partial<LedgerOptions>;
  readonly values?: Partial<Omit<AccountJob, "name" | "ledger" | "sources">>;
  readonly intervalMs?: number;
}

/** Opens the account's ledger on the files of `effects`. */
export async function openScripted(
  effects: Effects,
  account: ScriptedAccount,
  kept?: Ledger,
): Promise<AccountJob> {
  const folder = `/state/${account.name}`;
  const ledger =
    kept ??
    (await openLedger(effects, {
      folder,
      account: account.name,
      api: "2.0",
      shipper: shipper(812),
      trustDrained: false,
      safety: "next_start",
      lagBytes: 1000,
      settleMs: 30_000,
      ...account.options,
    }));
  return {
    name: account.name,
    folder,
    client: {} as MimecastClient,
    engines: createEnginePool(() => scriptedEngine()),
    ledger,
    quarantineAfter: 3,
    healthIntervalMs: 3_600_000,
    sources: account.sources.map((source) => ({
      source,
      intervalMs: account.intervalMs ?? 900_000,
      overlapMs: 0,
      startMs: 0,
    })),
    ...account.values,
  };
}

/** A plan for `run`, and whether its lock was released. */
export function scriptedPlan(
  effects: Effects,
  account: ScriptedAccount,
): AccountPlan & { readonly released: { count: number } } {
  const released = { count: 0 };
  return {
    name: account.name,
    released,
    open: async (_place, _signal, kept) => ({
      job: await openScripted(effects, account, kept),
      release: () => {
        released.count++;
      },
    }),
  };
}
