import type { AccountConfig, Config } from "../../config/config.ts";
import { isInShard, type Shard } from "../../config/shard.ts";
import type { Effects } from "../../effects.ts";
import { EXIT, StateError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { sourceNamed } from "../../sources/registry.ts";
import { checkpointFile } from "../../state/checkpoint_file.ts";
import { accountFolder, lockPath } from "../../state/paths.ts";
import { readReconciled } from "../../state/reconciled.ts";
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

/** Everything that the state directory says. It is only read; polls may go on meanwhile. */
export async function readStatus(
  config: Pick<Config, "stateDir" | "accounts">,
  world: Pick<StatusWorld, "effects" | "lockHeld">,
): Promise<AccountStatus[]> {
  const all: AccountStatus[] = [];
  for (const account of config.accounts) all.push(await readAccount(config, account, world));
  return all;
}

/** Prints the status once, or again and again; returns the exit code of the last look. */
export async function status(
  config: Config,
  options: StatusOptions,
  world: StatusWorld,
): Promise<number> {
  const { effects, screen, signal } = world;
  if (options.live) return live(config, options, world);
  let looks = 0;
  for (;;) {
    const { color, columns } = screen;
    const accounts = await readStatus(config, world);
    const text = options.json
      ? `${JSON.stringify({ time: isoNow(effects), accounts })}\n`
      : statusText(accounts, { nowMs: effects.now(), color, columns });
    const isRedrawn = options.watchSecs !== null && screen.cursor && !options.json;
    await screen.write(isRedrawn ? redrawn(text, screen.rows, looks++ === 0) : text);
    const code = exitCodeOf(accounts);
    if (options.watchSecs === null || signal.aborted) return code;
    await effects.sleep(options.watchSecs * 1000, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return code;
  }
}

/**
 * The text over what the terminal shows (CUP, EL and ED of ECMA-48). What goes beyond the last row is left out, or the
 * terminal would move on and show every look below the one before.
 */
export function redrawn(text: string, rows: number | null, first: boolean): string {
  const all = text.replace(/\n$/, "").split("\n");
  const shown =
    rows === null || all.length < rows ? all : [...all.slice(0, Math.max(rows - 2, 1)), "…"];
  const lines = shown.map((line) => `${line}\u001b[K\n`).join("");
  return `${first ? "\u001b[2J" : ""}\u001b[H${lines}\u001b[J`;
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
  world: Pick<StatusWorld, "effects" | "lockHeld">,
): Promise<{ isAlive: boolean; dead: readonly string[]; words: readonly string[] }> {
  const own = shard ?? config.shard;
  const mine = config.accounts.filter(
    ({ name, enabled }) => enabled && (own === null || isInShard(name, own)),
  );
  const dead: string[] = [];
  for (const account of mine) {
    const read = await readAccount(config, account, world);
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
    const feeds = account.sources.map(({ name, mode }) => sourceNamed(account.api, name, mode));
    const reconciled = await readReconciled(effects.files, folder);
    return accountStatus(account, feeds, checkpoint, effects.now(), running, reconciled);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return brokenStatus(account, error, running);
  }
}

function isoNow(effects: Pick<Effects, "now">): string {
  return new Date(effects.now()).toISOString();
}
