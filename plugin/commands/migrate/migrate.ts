import type { AccountConfig, Config } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError, StateError } from "../../errors.ts";
import { sourceNamed } from "../../sources/registry.ts";
import { parseCheckpoint, serializeCheckpoint } from "../../state/checkpoint.ts";
import { parseJournal } from "../../state/journal.ts";
import type { Release } from "../../state/lock.ts";
import {
  accountFolder,
  checkpointPath,
  journalPath,
  lockPath,
  previousPath,
} from "../../state/paths.ts";
import { accountNamed } from "../account_named.ts";
import { type Migration, planMigration } from "./migrated_checkpoint.ts";

/** The command line of `migrate`, read. */
export interface MigrateOptions {
  readonly account: string;
  /** Says what would be done and does nothing. */
  readonly dryRun: boolean;
  /** The lines of the last run have arrived: the operator has looked. */
  readonly assumeDelivered: boolean;
}

/** What `migrate` needs of the process. */
export interface MigrateWorld {
  readonly effects: Pick<Effects, "now" | "files">;
  lock(path: string, what: string): Promise<Release>;
  print(text: string): Promise<void>;
}

/** What is added to the names of the files of API 1.0 that are kept. */
const KEPT = ".api-1.0";

/**
 * `migrate`: turns the checkpoint of an account that had API 1.0 into one for API 2.0, keeps the old one as a file, and
 * says what will come twice. Throws a `ConfigError` where the configuration does not say 2.0 or there is nothing to move,
 * and a `StateError` where the account is being collected.
 */
export async function migrate(
  config: Config,
  options: MigrateOptions,
  world: MigrateWorld,
): Promise<void> {
  const account = accountNamed(config, options.account, "migrate");
  if (account.api !== "2.0") {
    throw new ConfigError(
      `Cannot migrate account "${account.name}": its api must be "2.0": current value is "${account.api}"`,
      {
        code: "migrate_api",
        hint: "Enter api, region, client_id and client_secret of the API 2.0 application first",
      },
    );
  }
  const folder = accountFolder(config.stateDir, account.name);
  // Where there is nothing to move, nothing has to be locked either.
  await read(account, folder, options, world);
  if (!options.dryRun) await world.effects.files.checkFolder(folder);
  const release = options.dryRun
    ? () => {}
    : await world.lock(lockPath(folder), `account "${account.name}"`).catch(stopFirst);
  try {
    const migration = await read(account, folder, options, world);
    if (!options.dryRun) await write(folder, migration, world);
    await world.print(report(account.name, folder, migration, options));
  } finally {
    release();
  }
}

function stopFirst(error: unknown): never {
  if (!(error instanceof StateError) || error.code !== "lock_held") throw error;
  const { message, code } = error;
  const hint = "Stop the shipper's input of this account first; --dry-run needs no stop";
  throw new StateError(message, { code, cause: error, hint });
}

async function read(
  account: AccountConfig,
  folder: string,
  options: MigrateOptions,
  { effects }: MigrateWorld,
): Promise<Migration> {
  const path = checkpointPath(folder);
  const bytes = await effects.files.read(path);
  const old = bytes === null ? null : parseCheckpoint(bytes, path);
  if (old === null || old.api !== "1.0") {
    const state = old === null ? "there is none" : `it is of API ${old.api} already`;
    throw new ConfigError(
      `Cannot migrate account "${account.name}": "${path}" must be of API 1.0: ${state}`,
      { code: "nothing_to_migrate", hint: "Nothing has to be done: poll goes on as it is" },
    );
  }
  const journal = parseJournal(await effects.files.read(journalPath(folder)));
  const sources = account.sources.map(({ name, mode }) => sourceNamed("2.0", name, mode));
  const { assumeDelivered } = options;
  return planMigration(old, journal, sources, { nowMs: effects.now(), assumeDelivered });
}

/** The copies come first: whenever it is interrupted, one of the two checkpoints is whole. */
async function write(folder: string, migration: Migration, world: MigrateWorld): Promise<void> {
  const { files } = world.effects;
  for (const path of [checkpointPath(folder), journalPath(folder)]) {
    const bytes = await files.read(path);
    if (bytes !== null) await files.replace(`${path}${KEPT}`, bytes);
  }
  await files.replace(checkpointPath(folder), serializeCheckpoint(migration.checkpoint));
  await files.remove(previousPath(folder));
  await files.remove(journalPath(folder));
}

function report(
  account: string,
  folder: string,
  { moves, siemUncertain }: Migration,
  { dryRun }: MigrateOptions,
): string {
  const named = (what: string) => moves.filter((move) => move.what === what);
  const list = (what: string) => named(what).map(({ stream }) => stream);
  const siem = named("overlap");
  const fromMs = siem[0]?.fromMs ?? null;
  const day = fromMs === null ? "" : new Date(fromMs).toISOString().slice(0, 10);
  const lines = [
    dryRun
      ? `Account ${account}: this would be done (--dry-run, nothing was changed)`
      : `Account ${account} goes on with API 2.0; the old checkpoint is ${checkpointPath(folder)}${KEPT}`,
    ...section("go on where they were, nothing comes twice", list("kept")),
    ...section("new, from poll.start on", list("new")),
    ...section("no longer collected", list("left")),
    ...(siem.length === 0
      ? []
      : [
          `  siem: starts with ${day} (UTC), ${siem.length} streams`,
          "    SIEM records since then come twice, with another eventUid: Mimecast gives them other ids. The earlier ones",
          "    have 1.0 in the LEEF header (JSON: api), the later ones 2.0; the message id is the same in both.",
        ]),
    ...(siemUncertain
      ? [
          "  The last run's SIEM lines are not known to have arrived, so the start lies as far back as Mimecast keeps data.",
          "  To have less twice: let the shipper run with API 1.0 a little longer and stop it when it has been idle, or, if the",
          "  lines are in QRadar, add --assume-delivered.",
        ]
      : []),
    ...(dryRun ? [] : ["Now start the shipper's input again."]),
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, streams: readonly string[]): string[] {
  return streams.length === 0 ? [] : [`  ${title}: ${streams.join(", ")}`];
}
