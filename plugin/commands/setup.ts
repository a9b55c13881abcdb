import { dirname, resolve } from "node:path";
import { type CheckResult, checkCode } from "../check/result.ts";
import type { Credentials } from "../client/client.ts";
import { type AccountConfig, type Config, parseConfig, type SealKeyRef } from "../config.ts";
import { ConfigError, EXIT } from "../errors.ts";
import { accountEntry } from "../setup/account_entry.ts";
import type { Answers, Known } from "../setup/answers.ts";
import { type Asker, AskingLeftError } from "../setup/asker.ts";
import { changedConfig, newConfig } from "../setup/config_document.ts";
import { knownFromFlags, type SetupFlags } from "../setup/from_flags.ts";
import { askAnswers, nameProblem } from "../setup/questions.ts";
import type { Ownership, SetupFiles } from "../setup/setup_files.ts";
import { secretNotes } from "../setup/setup_notes.ts";
import { type SetupSealKey, setupSealKey } from "../setup/setup_seal_key.ts";
import { credentialsOf, isUnchanged } from "../setup/unchanged.ts";

/** The command line of `setup` beside what describes the account. */
export interface SetupOptions extends SetupFlags {
  /** For a new file. */
  readonly stateDir?: string;
  readonly replace?: true;
  /** False: write without asking Mimecast. */
  readonly check: boolean;
}

/** What `setup` needs of the process. */
export interface SetupWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Null where nobody can be asked. */
  readonly asker: Asker | null;
  readonly files: SetupFiles;
  readText(path: string): Promise<string>;
  readSealKey(ref: SealKeyRef): Promise<Uint8Array>;
  randomBytes(length: number): Uint8Array;
  /** The keys of an account of the file. Throws a `ConfigError` where they can't be read. */
  credentials(account: AccountConfig, config: Config): Promise<Credentials>;
  /** Asks Mimecast with keys that are in no file yet. */
  liveCheck(
    config: Config,
    account: AccountConfig,
    credentials: Credentials,
  ): Promise<readonly CheckResult[]>;
}

/** What `setup` has done. */
export interface SetupOutcome {
  readonly code: number;
  /** False where everything was as wanted, or nothing was written because the check failed. */
  readonly changed: boolean;
  readonly path: string;
  readonly account: string;
  readonly config: Config;
  readonly checks: readonly CheckResult[];
  /** Files that were written, the configuration last. */
  readonly written: readonly string[];
  /** What the operator has to do himself. */
  readonly notes: readonly string[];
}

interface Existing {
  readonly text: string;
  readonly config: Config;
  readonly ownership: Ownership;
}

const HEAD = "# Every key: docs/configuration.md\n";
const PRIVATE = 0o600;

/** Adds an account to the configuration, or makes the configuration. Writes nothing before everything is known to be right. */
export async function setup(options: SetupOptions, world: SetupWorld): Promise<SetupOutcome> {
  const path = resolve(options.config);
  const existing = await readExisting(path, world);
  const known = knownFromFlags(options, world.env);
  const answers = await answersOf(known, world.asker);
  const outcome = { path, account: answers.name, checks: [], written: [], notes: [] };
  const before = existing?.config.accounts.find(({ name }) => name === answers.name);
  if (existing !== null && before !== undefined) {
    const current = await world.credentials(before, existing.config).catch(notReadable);
    if (isUnchanged(answers, before, current, options.store ?? null)) {
      return { ...outcome, code: EXIT.ok, changed: false, config: existing.config };
    }
    await mayReplace(options, world.asker, answers.name, path);
  }

  const seal = answers.store === "sealed" ? await sealKeyOf(path, existing, world) : null;
  const folder = `${dirname(path)}/secrets`;
  const { entry, files } = await accountEntry(answers, { folder, sealKey: seal?.key ?? null });
  const change = { entry, sealKey: seal?.add ?? null };
  const text =
    existing === null
      ? newConfig(change, options.stateDir ?? null, HEAD)
      : changedConfig(existing.text, change);
  const mode = existing?.ownership.mode ?? PRIVATE;
  const config = parseConfig(text, world.env, { fileName: path, mode });
  const account = config.accounts.find(({ name }) => name === answers.name) as AccountConfig;
  // A key that was made just now is in no file yet.
  const sealed = { ...config, sealKey: existing?.config.sealKey ?? null };
  const checks = options.check
    ? await world.liveCheck(sealed, account, credentialsOf(answers))
    : [];
  const code = checkCode(checks);
  const isRefused = checks.some((result) => result.outcome === "fail");
  if (isRefused && !(await writeAnyway(world.asker))) {
    return { ...outcome, code, changed: false, config, checks };
  }

  const owner = existing === null ? null : { ...existing.ownership, mode: PRIVATE };
  const secrets = [
    ...(seal?.file == null ? [] : [[seal.file.path, seal.file.text] as const]),
    ...files,
  ];
  for (const [file, content] of secrets) await world.files.write(file, content, owner);
  await world.files.write(path, text, existing?.ownership ?? null);
  const written = [...secrets.map(([file]) => file), path];
  const notes = secretNotes(entry);
  return { ...outcome, code: EXIT.ok, changed: true, config, checks, written, notes };
}

async function readExisting(path: string, world: SetupWorld): Promise<Existing | null> {
  const ownership = await world.files.ownership(path);
  if (ownership === null) return null;
  const text = await world.readText(path);
  const facts = { fileName: path, mode: ownership.mode };
  return { text, ownership, config: parseConfig(text, world.env, facts) };
}

async function answersOf(known: Known, asker: Asker | null): Promise<Answers> {
  const wrong = known.name === undefined ? undefined : nameProblem(known.name);
  if (wrong !== undefined) {
    throw new ConfigError(
      `Cannot set up the account ${JSON.stringify(known.name)}: the name is no name of an account`,
      { code: "setup", hint: wrong },
    );
  }
  // Without a person cli_setup.ts has seen to it that only these two may be missing.
  if (asker === null) return { store: "sealed", sources: null, ...known } as Answers;
  return askAnswers(asker, known).catch(left);
}

async function mayReplace(
  options: SetupOptions,
  asker: Asker | null,
  name: string,
  path: string,
): Promise<void> {
  if (options.replace === true) return;
  const question = `${path} has an account "${name}" with other keys or settings. Change it?`;
  if (asker !== null && (await asker.confirm(question, false).catch(left))) return;
  throw new ConfigError(
    `Cannot set up the account "${name}": ${JSON.stringify(path)} has one with other keys or settings`,
    { code: "setup_exists", hint: "Add --replace to change it, or give another --name" },
  );
}

function sealKeyOf(
  path: string,
  existing: Existing | null,
  { files, readSealKey, randomBytes }: SetupWorld,
): Promise<SetupSealKey> {
  return setupSealKey(path, existing?.config.sealKey ?? null, {
    exists: async (file) => (await files.ownership(file)) !== null,
    read: readSealKey,
    randomBytes,
  });
}

async function writeAnyway(asker: Asker | null): Promise<boolean> {
  if (asker === null) return false;
  return asker.confirm("Write the configuration all the same?", false).catch(left);
}

function notReadable(error: unknown): null {
  if (error instanceof ConfigError) return null;
  throw error;
}

function left(error: unknown): never {
  if (!(error instanceof AskingLeftError)) throw error;
  throw new ConfigError("Cannot set up the account: the questions were left, nothing was written", {
    code: "setup_left",
  });
}
