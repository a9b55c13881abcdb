import { dirname } from "node:path";
import type { AccountConfig, Config, SealKeyRef } from "../../config/config.ts";
import { parseConfig } from "../../config/parse_config.ts";
import type { ShipperName } from "../../config/shipper.ts";
import { defaultStateDir } from "../../config/state_dir.ts";
import { type AccountEntry, accountEntry, type ShipperChange } from "./account_entry.ts";
import type { Answers } from "./answers.ts";
import { changedConfig, newConfig } from "./config_document.ts";
import type { Ownership, SetupFiles } from "./setup_files.ts";
import { type SetupSealKey, setupSealKey } from "./setup_seal_key.ts";

/** A configuration that is there. */
export interface Existing {
  readonly text: string;
  readonly config: Config;
  readonly ownership: Ownership;
}

/** What a plan is made with. */
export interface PlanWorld {
  /** `output` that the way into a shipper needs; null: it starts the program. */
  outputFor(shipper: ShipperName): Readonly<Record<string, unknown>> | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Pick<SetupFiles, "ownership">;
  readSealKey(ref: SealKeyRef): Promise<Uint8Array>;
  randomBytes(length: number): Uint8Array;
}

/** What would be written. */
export interface SetupPlan {
  readonly entry: AccountEntry;
  readonly text: string;
  readonly config: Config;
  readonly account: AccountConfig;
  /** Files with secrets, the seal key among them, to be written before the configuration. */
  readonly secrets: readonly (readonly [path: string, text: string])[];
}

const HEAD = "# Every key: docs/configuration.md\n";
const PRIVATE = 0o600;

/** The configuration with the account of the answers, and the secrets that it names. Throws a `ConfigError`. */
export async function setupPlan(
  path: string,
  existing: Existing | null,
  answers: Answers,
  stateDir: string | null,
  world: PlanWorld,
): Promise<SetupPlan> {
  const folder = existing?.config.stateDir ?? stateDir ?? defaultStateDir(world.env);
  const seal = answers.store === "sealed" ? await sealKeyOf(path, folder, existing, world) : null;
  const keeping = { folder: `${dirname(path)}/secrets`, sealKey: seal?.key ?? null };
  const { entry, files } = await accountEntry(answers, keeping);
  const sealKey = seal?.add ?? null;
  const change = { entry, sealKey, shipper: missingShipper(answers.shipper, existing, world) };
  const text =
    existing === null ? newConfig(change, stateDir, HEAD) : changedConfig(existing.text, change);
  const mode = existing?.ownership.mode ?? PRIVATE;
  const config = parseConfig(text, world.env, { fileName: path, mode });
  const account = config.accounts.find(({ name }) => name === answers.name) as AccountConfig;
  const keyFile = seal?.file == null ? [] : [[seal.file.path, seal.file.text] as const];
  return { entry, text, config, account, secrets: [...keyFile, ...files] };
}

/** What the file does not say of the shipper yet; keys that are there stay. */
export function missingShipper(
  shipper: ShipperName | null,
  existing: Existing | null,
  { outputFor }: Pick<PlanWorld, "outputFor">,
): ShipperChange | null {
  if (shipper === null || (existing !== null && existing.config.shipper !== null)) return null;
  const hasOutput = existing !== null && /^output\s*:/m.test(existing.text);
  return { shipper, output: hasOutput ? null : outputFor(shipper) };
}

function sealKeyOf(
  path: string,
  stateDir: string,
  existing: Existing | null,
  { files, readSealKey, randomBytes }: PlanWorld,
): Promise<SetupSealKey> {
  return setupSealKey(path, stateDir, existing?.config.sealKey ?? null, {
    exists: async (file) => (await files.ownership(file)) !== null,
    read: readSealKey,
    randomBytes,
  });
}
