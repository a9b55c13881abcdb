import { dirname } from "node:path";
import type { SealKeyRef } from "../../config/config.ts";
import { formatSealKey, SEAL_KEY_BYTES } from "../../config/secrets/sealed.ts";

/** The key that seals the secrets of the account. */
export interface SetupSealKey {
  readonly key: Uint8Array;
  /** The line for the configuration; null where it is there. */
  readonly add: SealKeyRef | null;
  /** The key file that has to be written; null where there is one. */
  readonly file: { readonly path: string; readonly text: string } | null;
}

/** What finding it takes. */
export interface SealKeySources {
  exists(path: string): Promise<boolean>;
  /** Throws a `ConfigError` where it can't be read or is no key. */
  read(ref: SealKeyRef): Promise<Uint8Array>;
  randomBytes(length: number): Uint8Array;
}

/**
 * The key that the configuration names, else the one in `seal.key` beside it, else the one in `seal.key` of the state
 * directory, which is made where it is not there: a backup of the configuration alone opens nothing.
 */
export async function setupSealKey(
  configPath: string,
  stateDir: string,
  named: SealKeyRef | null,
  sources: SealKeySources,
): Promise<SetupSealKey> {
  if (named !== null) return { key: await sources.read(named), add: null, file: null };
  const beside = `${dirname(configPath)}/seal.key`;
  const path = (await sources.exists(beside)) ? beside : `${stateDir}/seal.key`;
  const add = { file: path };
  if (await sources.exists(path)) return { key: await sources.read(add), add, file: null };
  const key = sources.randomBytes(SEAL_KEY_BYTES);
  return { key, add, file: { path, text: `${formatSealKey(key)}\n` } };
}
