import type { AccountConfig, Config } from "../../config/config.ts";
import { isInShard, type Shard } from "../../config/shard.ts";
import type { Effects } from "../../effects.ts";
import { EXIT, StateError } from "../../errors.ts";
import type { Positions } from "../../fleet/positions.ts";
import type { Host } from "../../host/host.ts";
import { sourceNamed } from "../../sources/registry.ts";
import { checkpointFile } from "../../state/checkpoint_file.ts";
import { accountFolder, lockPath } from "../../state/paths.ts";
import { readReconciled } from "../../state/reconciled.ts";
import { watched } from "../watched.ts";
import {
  type AccountStatus,
  accountStatus,
  brokenStatus,
  isLive,
  worst,
} from "./account_status.ts";
import { statusText } from "./text.ts";

/** What `status` needs of the process. */
export interface StatusWorld extends Pick<Host, "screen" | "signal" | "lockHeld"> {
  readonly effects: Pick<Effects, "files" | "now" | "sleep">;
  /** What a fleet has stored; absent: the state directory has it. */
  positions?(): Promise<Positions>;
  /** The name of this host in the fleet. */
  readonly worker?: string;
}

/** The command line of `status`, read. */
export interface StatusOptions {
  readonly json: boolean;
  /** Seconds between two looks; null: once. */
  readonly watchSecs: number | null;
  /** Nothing but an exit code: does something work for any account of this process. */
  readonly live: boolean;
  /** Instead of the configuration's. */
  readonly shard?: Shard;
}

type ReadWorld = Pick<StatusWorld, "effects" | "lockHeld" | "positions">;

/** Checkpoints that are read at once from another machine. */
const AT_ONCE = 16;

/** Everything that the state directory, or the fleet's store, says. It is only read; polls may go on meanwhile. */
export async function readStatus(
  config: Pick<Config, "stateDir" | "accounts">,
  world: ReadWorld,
): Promise<AccountStatus[]> {
  const { accounts } = config;
  const all: AccountStatus[] = [];
  const positions = await world.positions?.();
  for (let at = 0; at < accounts.length; at += AT_ONCE) {
    const some = accounts.slice(at, at + AT_ONCE);
    all.push(
      ...(await Promise.all(
        some.map((account) =>
          positions === undefined
            ? readAccount(config, account, world)
            : readOfFleet(config, account, positions, world),
        ),
      )),
    );
  }
  return all;
}

/** `running`: a worker has it. Throws what keeps the store from answering; what is wrong with one account is its status. */
async function readOfFleet(
  { stateDir }: Pick<Config, "stateDir">,
  account: AccountConfig,
  positions: Positions,
  { effects }: Pick<StatusWorld, "effects">,
): Promise<AccountStatus> {
  const worker = positions.owner(account.name);
  try {
    const checkpoint = await positions.checkpoint(account.name, account.api);
    const reconciled = await readReconciled(effects.files, accountFolder(stateDir, account.name));
    return accountStatus(
      account,
      feedsOf(account),
      checkpoint,
      effects.now(),
      { worker },
      reconciled,
    );
  } catch (error) {
    if (!(error instanceof StateError) || error.code.startsWith("etcd_")) throw error;
    return brokenStatus(account, error, { worker });
  }
}

/** Prints the status once, or again and again; returns the exit code of the last look. */
export async function status(
  config: Config,
  options: StatusOptions,
  world: StatusWorld,
): Promise<number> {
  const { effects, screen } = world;
  if (options.live) return live(config, options, world);
  const look = async () => {
    const { color, columns } = screen;
    const accounts = await readStatus(config, world);
    const text = options.json
      ? `${JSON.stringify({ time: isoNow(effects), accounts })}\n`
      : statusText(accounts, { nowMs: effects.now(), color, columns });
    return { text, code: exitCodeOf(accounts) };
  };
  return watched(look, options, world);
}

/** Of all accounts that are enabled: 74 where a checkpoint is broken, 1 where anything else is wrong but gaps. */
export function exitCodeOf(accounts: readonly AccountStatus[]): number {
  const enabled = accounts.filter((account) => account.enabled);
  switch (worst(enabled.map((account) => account.condition))) {
    case "broken":
      return EXIT.state;
    case "gaps":
    case "ok":
      return EXIT.ok;
    default:
      return EXIT.partial;
  }
}

async function live(
  config: Config,
  { json, shard }: StatusOptions,
  world: StatusWorld,
): Promise<number> {
  const { isAlive, dead, words } = await liveness(config, shard, world);
  const text = json
    ? JSON.stringify({ time: isoNow(world.effects), live: isAlive, dead })
    : words.join("; ");
  await world.screen.write(`${text}\n`);
  return isAlive ? EXIT.ok : EXIT.partial;
}

/**
 * Whether anything works for the accounts of this process; `shard` instead of the configuration's. A probe that fails ends
 * the process with all its accounts: one of them that is dead is no reason while others work.
 */
export async function liveness(
  config: Pick<Config, "stateDir" | "accounts" | "shard" | "state">,
  shard: Shard | undefined,
  world: Pick<StatusWorld, "effects" | "lockHeld" | "positions" | "worker">,
): Promise<{ isAlive: boolean; dead: readonly string[]; words: readonly string[] }> {
  const own = shard ?? config.shard;
  const inShard = config.accounts.filter(
    ({ name, enabled }) => enabled && (own === null || isInShard(name, own)),
  );
  // That etcd is away is no reason to restart anything.
  const positions = await world.positions?.().catch((error) => {
    if (error instanceof StateError) return null;
    throw error;
  });
  const mine =
    positions === undefined
      ? inShard
      : inShard.filter(({ name }) => positions?.owner(name) === world.worker);
  const dead: string[] = [];
  for (const account of mine) {
    const read =
      positions == null
        ? await readAccount(config, account, world)
        : await readOfFleet(config, account, positions, world);
    if (!isLive(account, read, world.effects.now())) dead.push(account.name);
  }
  const isAlive = dead.length < mine.length || mine.length === 0;
  const words = [...(isAlive ? ["live"] : []), ...dead.map((name) => `nothing works for ${name}`)];
  return { isAlive, dead, words };
}

async function readAccount(
  { stateDir }: Pick<Config, "stateDir">,
  account: AccountConfig,
  { effects, lockHeld }: Pick<StatusWorld, "effects" | "lockHeld">,
): Promise<AccountStatus> {
  const folder = accountFolder(stateDir, account.name);
  let running = false;
  try {
    running = await lockHeld(lockPath(folder));
    const checkpoint = await checkpointFile(effects.files, folder).read(account.name, account.api);
    const reconciled = await readReconciled(effects.files, folder);
    return accountStatus(account, feedsOf(account), checkpoint, effects.now(), running, reconciled);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return brokenStatus(account, error, running);
  }
}

function feedsOf({ api, sources }: AccountConfig) {
  return sources.map(({ name, mode }) => sourceNamed(api, name, mode));
}

function isoNow(effects: Pick<Effects, "now">): string {
  return new Date(effects.now()).toISOString();
}
