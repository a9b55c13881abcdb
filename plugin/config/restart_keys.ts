import type { AccountConfig, Config } from "./config.ts";

/** Keys that a running process can't change, because it holds something open for each of them. */
const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  state: ({ state }) => state,
  state_dir: ({ stateDir }) => stateDir,
  shipper: ({ shipper }) => shipper,
  handover: ({ handover }) => handover,
  "poll.lag_bytes": ({ poll }) => poll.lagBytes,
  "poll.settle_secs": ({ poll }) => poll.settleMs,
  "poll.max_concurrency": ({ poll }) => poll.maxConcurrency,
  "output.file": ({ target }) => (target?.kind === "file" ? target : null),
  "output.http": ({ target }) => (target?.kind === "http" ? target : null),
  "output.otlp": ({ target }) => (target?.kind === "otlp" ? target : null),
  // The format decides how a batch is posted.
  "output.format": ({ target, output }) =>
    target === null || target.kind === "file" ? null : output.format,
  "output.max_events_per_second": ({ maxEventsPerSecond }) => maxEventsPerSecond,
  http_server: ({ httpServer }) => httpServer,
  log: ({ log }) => log,
};

/** The changed keys that need a restart, the most general first. */
export function restartKeys(before: Config, after: Config): readonly string[] {
  const keys = Object.keys(FIXED).filter((key) => !isSame(FIXED[key]!(before), FIXED[key]!(after)));
  return [...keys, ...before.accounts.flatMap((account) => apiKey(account, after.accounts))];
}

/** A checkpoint is of one API; `migrate` moves it while nothing collects the account. */
function apiKey({ name, api }: AccountConfig, accounts: readonly AccountConfig[]): string[] {
  const index = accounts.findIndex((account) => account.name === name);
  const found = accounts[index];
  return found === undefined || found.api === api ? [] : [`accounts[${index}].api`];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
