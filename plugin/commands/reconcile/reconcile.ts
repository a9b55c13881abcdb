import type { AccountConfig, Config } from "../../config/config.ts";
import { parseStart, START_FORMS, startMs } from "../../config/start.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import { openDelivery } from "../../deliver/open_delivery.ts";
import { ConfigError, EXIT } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import type { Checkpoint } from "../../state/checkpoint.ts";
import { checkpointFile } from "../../state/checkpoint_file.ts";
import { accountFolder } from "../../state/paths.ts";
import { onlyAccount } from "../account_named.ts";
import { openConsole } from "../qradar_console.ts";
import { causeOf } from "./cause.ts";
import { Comparison, hourOf } from "./comparison.ts";
import { type ListingWorld, listMimecast, type Stretch } from "./listing.ts";
import { type MissingRecord, type Reconciled, reconciledText, verdict } from "./text.ts";
import { uidsIn } from "./uid_file.ts";
import { eventsAtQradar, type QradarEvents } from "./uids_at_qradar.ts";

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
}

/** What `reconcile` needs of the process. */
export type ReconcileWorld = ListingWorld &
  Pick<Host, "screen" | "openInput" | "qradar" | "parentPid" | "lock">;

/** Records that are younger may be on their way: from Mimecast, through the shipper, into QRadar. */
const SETTLED_MS = 3_600_000;
/** Missing records that are told one by one. */
const SHOWN = 10_000;

/** Holds what QRadar has against what Mimecast has. Returns the exit code. */
export async function reconcile(
  config: Config,
  options: ReconcileOptions,
  world: ReconcileWorld,
): Promise<number> {
  const account = onlyAccount(config, options.account, "reconcile");
  const nowMs = world.effects.now();
  const stretch = stretchOf(options, nowMs);
  const feeds = feedsOf(account, options.source);
  const elsewhere = await elsewhereOf(config, account, options, world);
  const comparison = new Comparison();
  const share = options.budget / 100;
  const asked = { ...stretch, feeds, format: "leef", share } as const;
  const listed = await listMimecast(
    config,
    account,
    asked,
    ({ uid, timeMs }) => comparison.list(uid, timeMs),
    world,
  );
  comparison.seal();
  await compare(comparison, stretch, elsewhere);
  const checkpoint = await checkpointFile(
    world.effects.files,
    accountFolder(config.stateDir, account.name),
  ).read(account.name, account.api);
  const healing = options.heal ? await openHealing(config, world) : null;
  const missing = await findMissing(config, account, asked, comparison, checkpoint, healing, world);
  await healing?.flush();
  await healing?.close?.();
  const result: Reconciled = {
    account: account.name,
    fromMs: stretch.fromMs,
    toMs: stretch.toMs,
    calls: listed.calls,
    hours: comparison.hours(),
    missing: missing.shown,
    missingCount: missing.count,
    pendingCount: missing.pending,
    twice: comparison.twice,
    // Of some feeds only, everything else would look unknown.
    unknown: options.source === undefined ? comparison.unknown : { count: 0, uids: [] },
    unlisted: listed.unlisted,
    healed: healing === null ? null : missing.count,
  };
  await tell(result, options, config, world);
  return EXITS[verdict(result)];
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

const EXITS = { complete: EXIT.ok, incomplete: EXIT.partial, undecided: EXIT.temporary } as const;

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

/** Where the delivered ids are known: the console, or a file of them. */
type Elsewhere =
  | { readonly kind: "console"; readonly events: QradarEvents }
  | { readonly kind: "file"; readonly uids: AsyncIterable<string> };

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

/** Of the console, first the numbers by hour; the ids only of hours whose numbers differ. */
async function compare(
  comparison: Comparison,
  stretch: Stretch,
  elsewhere: Elsewhere,
): Promise<void> {
  if (elsewhere.kind === "file") {
    for await (const uid of elsewhere.uids) comparison.find(uid, null);
    return;
  }
  const listed = comparison.counts();
  const counts = new Map((await elsewhere.events.counts(stretch)).map((each) => [each.hour, each]));
  const differing: number[] = [];
  for (const hour of new Set([...listed.keys(), ...counts.keys()])) {
    const there = counts.get(hour);
    const here = listed.get(hour) ?? 0;
    if (there?.uids === here && there.events === here) comparison.agree(hour);
    else if (there !== undefined) differing.push(hour);
  }
  for await (const { uid, timeMs } of elsewhere.events.uids(differing)) {
    // The first and the last hour may reach beyond the stretch.
    if (timeMs >= stretch.fromMs && timeMs < stretch.toMs) comparison.find(uid, timeMs);
  }
}

/**
 * Lists the hours that lack something once more, and tells or delivers exactly these records. A second listing instead of
 * all lines in memory.
 */
async function findMissing(
  config: Config,
  account: AccountConfig,
  asked: Parameters<typeof listMimecast>[2],
  comparison: Comparison,
  checkpoint: Checkpoint,
  healing: Delivery | null,
  world: ReconcileWorld,
): Promise<{ readonly shown: MissingRecord[]; readonly count: number; readonly pending: number }> {
  const lacking = comparison.hours().filter(({ atMimecast, found }) => found < atMimecast);
  const shown: MissingRecord[] = [];
  let count = 0;
  let pending = 0;
  const [first, last] = [lacking[0], lacking.at(-1)];
  if (first === undefined || last === undefined) return { shown, count, pending };
  const hours = new Set(lacking.map(({ hour }) => hour));
  const stretch = {
    fromMs: Math.max(asked.fromMs, first.hour * SETTLED_MS),
    toMs: Math.min(asked.toMs, (last.hour + 1) * SETTLED_MS),
  };
  const format = healing === null ? asked.format : config.output.format;
  const told = new Set<string>();
  await listMimecast(
    config,
    account,
    { ...asked, ...stretch, format },
    async ({ uid, timeMs, event }, feed, line) => {
      if (!hours.has(hourOf(timeMs)) || !comparison.isMissing(uid, timeMs) || told.has(uid)) return;
      told.add(uid);
      const cause = causeOf(checkpoint, feed, timeMs);
      if (cause === "not_yet_collected") {
        pending++;
        return;
      }
      count++;
      if (shown.length < SHOWN) shown.push({ uid, timeMs, event, feed, cause });
      await healing?.write(Buffer.from(line));
    },
    world,
  );
  return { shown, count, pending };
}

async function openHealing(config: Config, world: ReconcileWorld): Promise<Delivery> {
  return openDelivery(config, { mode: "once", endMs: Number.POSITIVE_INFINITY }, world);
}
