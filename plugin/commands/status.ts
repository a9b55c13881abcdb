import { checkpointFile } from "../checkpoint_file.ts";
import type { AccountConfig, Config } from "../config.ts";
import type { Effects } from "../effects.ts";
import { EXIT, StateError } from "../errors.ts";
import type { Screen } from "../host.ts";
import { sourceNamed } from "../sources/registry.ts";
import { type AccountStatus, accountStatus, brokenStatus, worst } from "../status.ts";
import { statusText } from "./status_text.ts";

/** What `status` needs of the process. */
export interface StatusWorld {
  readonly effects: Pick<Effects, "files" | "now" | "sleep">;
  readonly screen: Screen;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  lockHeld(path: string): Promise<boolean>;
}

/** The command line of `status`, read. */
export interface StatusOptions {
  readonly json: boolean;
  /** Seconds between two looks; null: once. */
  readonly watchSecs: number | null;
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
  for (;;) {
    const { colour, columns } = screen;
    const accounts = await readStatus(config, world);
    const text = options.json
      ? `${JSON.stringify({ time: isoNow(effects), accounts })}\n`
      : statusText(accounts, { nowMs: effects.now(), colour, columns });
    const clear = options.watchSecs !== null && screen.terminal && !options.json;
    // ED and CUP of ECMA-48: an empty screen, written from its top.
    await screen.write(clear ? `\u001b[H\u001b[2J${text}` : text);
    const code = exitCodeOf(accounts);
    if (options.watchSecs === null || signal.aborted) return code;
    await effects.sleep(options.watchSecs * 1000, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return code;
  }
}

/** 74 where a checkpoint is broken, 1 where a feed fails or is late, 0 otherwise. Accounts that are off do not count. */
export function exitCodeOf(accounts: readonly AccountStatus[]): number {
  const enabled = accounts.filter((account) => account.enabled);
  switch (worst(enabled.map((account) => account.condition))) {
    case "broken":
      return EXIT.state;
    case "failing":
    case "deadline":
      return EXIT.partial;
    default:
      return EXIT.ok;
  }
}

async function readAccount(
  { stateDir }: Pick<Config, "stateDir">,
  account: AccountConfig,
  { effects, lockHeld }: Pick<StatusWorld, "effects" | "lockHeld">,
): Promise<AccountStatus> {
  const folder = `${stateDir}/${account.name}`;
  let running = false;
  try {
    running = await lockHeld(`${folder}/lock`);
    const checkpoint = await checkpointFile(effects.files, folder).read(account.name, account.api);
    const feeds = account.sources.map(({ name, mode }) => sourceNamed(account.api, name, mode));
    return accountStatus(account, feeds, checkpoint, effects.now(), running);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return brokenStatus(account, error, running);
  }
}

function isoNow(effects: Pick<Effects, "now">): string {
  return new Date(effects.now()).toISOString();
}
