import type { AccountConfig, Config } from "../../config/config.ts";
import { parseStart, START_FORMS, startMs } from "../../config/start.ts";
import { openDelivery } from "../../deliver/open_delivery.ts";
import { ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { onlyAccount } from "../account_named.ts";
import { someAccounts } from "../chosen_accounts.ts";
import { openConsole } from "../qradar_console.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { reconcileAccount } from "./reconcile_account.ts";
import { EXITS, isReconcileDue, reconcileScheduled, type ScheduledWorld } from "./scheduled.ts";
import { SETTLED_MS, type Stretch } from "./stretch.ts";
import { type Reconciled, reconciledText, verdict } from "./text.ts";
import { uidsIn } from "./uid_file.ts";
import { eventsAtQradar } from "./uids_at_qradar.ts";

/** The command line of `reconcile`, read. */
export interface ReconcileOptions {
  readonly account?: string;
  readonly source?: string;
  readonly since: string;
  readonly until?: string;
  readonly uids?: string;
  readonly heal: boolean;
  readonly json: boolean;
  /** Part of Mimecast's rate limit, percent. */
  readonly budget: number;
  /** For one search of QRadar. */
  readonly searchSecs: number;
  /** For what may be on its way, before and after the missing records are sent. */
  readonly waitSecs: number;
}

/** What `reconcile` needs of the process. */
export type ReconcileWorld = ScheduledWorld & Pick<Host, "screen" | "openInput" | "parentPid">;

/** Holds what QRadar has against what Mimecast has. Returns the exit code. */
export async function reconcile(
  config: Config,
  options: ReconcileOptions,
  world: ReconcileWorld,
): Promise<number> {
  const account = onlyAccount(config, options.account, "reconcile");
  const stretch = stretchOf(options, world.effects.now());
  const feeds = feedsOf(account, options.source);
  const elsewhere = await elsewhereOf(config, account, options, world);
  const healing = options.heal ? await openOutput(config, world) : null;
  const share = options.budget / 100;
  const waitMs = options.waitSecs * 1_000;
  const job = { stretch, feeds, elsewhere, healing, share, waitMs };
  const result = await reconcileAccount(config, account, job, world).finally(() =>
    healing?.close?.(),
  );
  await tell(result, options, config, world);
  return EXITS[verdict(result)];
}

/** Reconciles every account that is due by `qradar.reconcile`. Returns the worst exit code. */
export async function reconcileDue(
  config: Config,
  { account }: Pick<ReconcileOptions, "account">,
  world: ReconcileWorld,
): Promise<number> {
  const codes: number[] = [];
  const due: AccountConfig[] = [];
  for (const each of someAccounts(config, account === undefined ? [] : [account], "reconcile")) {
    if (await isReconcileDue(config, each, world)) due.push(each);
  }
  if (due.length === 0) return 0;
  const delivery = await openOutput(config, world);
  try {
    for (const each of due) codes.push(await reconcileScheduled(config, each, delivery, world));
  } finally {
    await delivery.close?.();
  }
  return [EXITS.incomplete, EXITS.undecided].find((code) => codes.includes(code)) ?? EXITS.complete;
}

function openOutput(config: Config, world: ReconcileWorld) {
  return openDelivery(config, { mode: "once", endMs: Number.POSITIVE_INFINITY }, world);
}

/** On standard output, or in the log where the healed lines go to standard output. */
async function tell(
  result: Reconciled,
  { json }: ReconcileOptions,
  config: Config,
  { screen, effects }: ReconcileWorld,
): Promise<void> {
  const text = reconciledText(result, json);
  if (result.healed === null || config.target !== null) return screen.write(text);
  for (const line of text.trimEnd().split("\n")) effects.log("info", line);
}

function stretchOf({ since, until }: ReconcileOptions, nowMs: number): Stretch {
  const at = (option: string, text: string): number => {
    const start = parseStart(text);
    if (start !== undefined) return startMs(start, nowMs);
    throw new ConfigError(`Cannot read ${option} "${text}": it ${START_FORMS}`, {
      code: "reconcile_range",
    });
  };
  const fromMs = at("--since", since);
  const toMs = until === undefined ? nowMs - SETTLED_MS : at("--until", until);
  if (fromMs < toMs) return { fromMs, toMs };
  throw new ConfigError(
    `Cannot reconcile: --since "${since}" must be before --until, which is ${until === undefined ? "an hour ago by default" : `"${until}"`}`,
    {
      code: "reconcile_range",
      hint: "Ask for an earlier --since: what is younger may still be on its way",
    },
  );
}

function feedsOf(account: AccountConfig, wanted: string | undefined): readonly string[] {
  const names = account.sources.map(({ name }) => name);
  if (wanted === undefined) return names;
  const known = names.filter((name) => name === wanted);
  if (known.length > 0) return known;
  throw new ConfigError(`Cannot reconcile "${wanted}": "${account.name}" does not collect it`, {
    code: "unknown_source",
    hint: `Its feeds: ${names.join(", ")}`,
  });
}

async function elsewhereOf(
  config: Config,
  account: AccountConfig,
  { uids, searchSecs }: ReconcileOptions,
  world: ReconcileWorld,
): Promise<Elsewhere> {
  if (uids !== undefined) {
    return { kind: "file", uids: uidsIn(world.openInput(uids === "-" ? null : uids)) };
  }
  if (config.qradar === null) {
    throw new ConfigError(
      "Cannot reconcile: the configuration has no qradar, and --uids is missing",
      {
        code: "reconcile_where",
        hint: "Add qradar: { console: https://…, token: { file: … } }, or export the ids and give them with --uids FILE",
      },
    );
  }
  const { effects, signal } = world;
  const console = await openConsole(await world.qradar(config.qradar, config), effects, signal);
  const limitMs = searchSecs * 1_000;
  return {
    kind: "console",
    events: await eventsAtQradar(console, account.hostname, effects, signal, limitMs),
  };
}
