import type { AccountConfig, Config } from "../../config/config.ts";
import type { Delivery } from "../../deliver/delivery.ts";
import type { Host } from "../../host/host.ts";
import type { Checkpoint } from "../../state/checkpoint.ts";
import { accountFolder, lockPath, reconcileFolder } from "../../state/paths.ts";
import { storedCheckpoint } from "../stored_checkpoint.ts";
import { Comparison } from "./comparison.ts";
import { compare, type Elsewhere, lookAgain } from "./elsewhere.ts";
import { type ListingWorld, listMimecast } from "./listing.ts";
import { aheadTasks, expiredFeeds, stretchTasks } from "./listing_tasks.ts";
import { isIn, type Stretch } from "./stretch.ts";
import type { MissingRecord, Reconciled } from "./text.ts";

/** One reconciliation of one account. */
export interface Reconciliation {
  readonly stretch: Stretch;
  readonly feeds: readonly string[];
  readonly elsewhere: Elsewhere;
  /** Where missing records go; null: they are told only. */
  readonly healing: Delivery | null;
  /** Part of Mimecast's rate limit that it may use, 0 to 1. */
  readonly share: number;
  /** So long it waits for what may be on its way: before it sends anything again, and after that. */
  readonly waitMs: number;
}

/** What it needs of the process. */
export type ReconcilingWorld = ListingWorld & Pick<Host, "lock">;

/** Missing records that are told one by one. */
const SHOWN = 10_000;
/** When it looks for what it has sent, in parts of `waitMs`. */
const LOOKS = [0.25, 0.25, 0.5];

/**
 * Holds what QRadar has against what Mimecast has, and sends what is missing where that is wanted. What a poll will bring by
 * itself is not missing: all behind the positions that were safe before QRadar was asked.
 */
export async function reconcileAccount(
  config: Config,
  account: AccountConfig,
  job: Reconciliation,
  world: ReconcilingWorld,
): Promise<Reconciled> {
  const { files } = world.effects;
  const folder = accountFolder(config.stateDir, account.name);
  for (const each of [config.stateDir, folder, reconcileFolder(folder)]) {
    await files.makeFolder(each);
  }
  const what = `the reconciliation of account "${account.name}"`;
  const release = await world.lock(lockPath(reconcileFolder(folder)), what);
  try {
    const checkpoint = await storedCheckpoint(config, account, world);
    return await withCheckpoint(config, account, job, checkpoint, world);
  } finally {
    release();
  }
}

async function withCheckpoint(
  config: Config,
  account: AccountConfig,
  job: Reconciliation,
  checkpoint: Checkpoint,
  world: ReconcilingWorld,
): Promise<Reconciled> {
  const { stretch, feeds, elsewhere, healing, waitMs, share } = job;
  const { effects, signal } = world;
  const comparison = new Comparison();
  const leef = { feeds, format: "leef", share } as const;
  const listed = await listMimecast(
    config,
    account,
    leef,
    stretchTasks(account, stretch),
    ({ uid, timeMs }, { stream }) => {
      if (isIn(stretch, timeMs)) comparison.list(uid, timeMs, stream);
    },
    world,
  );
  comparison.seal();
  await compare(comparison, stretch, elsewhere);
  const canLookAgain = elsewhere.kind === "console";
  if (healing !== null && canLookAgain && comparison.lost > 0) {
    await effects.sleep(waitMs, signal);
    await lookAgain(comparison, stretch, elsewhere);
  }
  const ahead =
    comparison.lost === 0
      ? { calls: 0, unlisted: [] }
      : await listMimecast(
          config,
          account,
          leef,
          aheadTasks(account, checkpoint, comparison.lackingStreams()),
          ({ uid, timeMs }) => comparison.expect(uid, timeMs),
          world,
        );
  const unsure = new Set(ahead.unlisted.map(({ feed }) => feed));
  const told = await tellMissing(config, account, job, comparison, { checkpoint, unsure }, world);
  if (healing !== null && told.count > 0) {
    await healing.flush();
    for (const part of canLookAgain ? LOOKS : []) {
      if (comparison.lost === 0) break;
      await effects.sleep(part * waitMs, signal);
      await lookAgain(comparison, stretch, elsewhere);
    }
  }
  return {
    account: account.name,
    ...stretch,
    calls: listed.calls + ahead.calls + told.calls,
    hours: comparison.hours(),
    missing: told.shown,
    missingCount: comparison.lost,
    pendingCount: comparison.expected,
    twice: comparison.twice,
    // Of some feeds only, everything else would look unknown.
    unknown: feeds.length === account.sources.length ? comparison.unknown : { count: 0, uids: [] },
    unlisted: [
      ...listed.unlisted,
      ...expiredFeeds(account, feeds, stretch, effects.now()),
      ...ahead.unlisted,
    ],
    healed: healing === null ? null : told.count,
  };
}

/** Lists the streams that lack something once more, instead of all lines in memory, and tells or delivers what is missing. */
async function tellMissing(
  config: Config,
  account: AccountConfig,
  { stretch, feeds, healing, share }: Reconciliation,
  comparison: Comparison,
  { checkpoint, unsure }: { readonly checkpoint: Checkpoint; readonly unsure: ReadonlySet<string> },
  world: ListingWorld,
): Promise<{ readonly shown: MissingRecord[]; readonly count: number; readonly calls: number }> {
  const shown: MissingRecord[] = [];
  let count = 0;
  if (comparison.lost === 0) return { shown, count, calls: 0 };
  const format = healing === null ? "leef" : config.output.format;
  const { calls } = await listMimecast(
    config,
    account,
    { feeds, format, share },
    stretchTasks(account, comparison.lackingStretch(stretch), comparison.lackingStreams()),
    async ({ uid, timeMs, event }, { feed, line }) => {
      // Whether a poll will bring it is not known.
      if (unsure.has(feed)) return comparison.expect(uid, timeMs);
      if (!comparison.take(uid, timeMs)) return;
      count++;
      const cause = isInOpenGap(checkpoint, feed) ? "maybe_in_a_gap" : "lost_on_the_way";
      if (shown.length < SHOWN) shown.push({ uid, timeMs, event, feed, cause });
      await healing?.write(Buffer.from(line));
    },
    world,
  );
  return { shown, count, calls };
}

function isInOpenGap({ gaps }: Checkpoint, feed: string): boolean {
  return gaps.some(
    ({ stream, redoneMs }) =>
      redoneMs === undefined && (stream === feed || stream.startsWith(`${feed}:`)),
  );
}
