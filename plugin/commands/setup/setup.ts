import { dirname, resolve } from "node:path";
import type { Credentials } from "../../client/client.ts";
import type { AccountConfig, Config, SealKeyRef } from "../../config/config.ts";
import { parseConfig } from "../../config/parse_config.ts";
import { defaultStateDir } from "../../config/state_dir.ts";
import { ConfigError, EXIT } from "../../errors.ts";
import type { Asker } from "../../host/asker.ts";
import type { SetupUser } from "../../host/current_user.ts";
import { type CheckResult, checkCode } from "../check/result.ts";
import type { Answers, Known } from "./answers.ts";
import { shipperValues, withKey } from "./config_document.ts";
import type { SetupFlags } from "./flags.ts";
import { makeFolderCommand, refuseUnwritable } from "./folders.ts";
import { knownFromFlags } from "./from_flags.ts";
import { askNextStep } from "./next_step.ts";
import { askAnswers } from "./questions.ts";
import type { SetupFiles } from "./setup_files.ts";
import { ownerNotes, sealKeyNotes, secretNotes } from "./setup_notes.ts";
import {
  type Existing,
  missingShipper,
  type PlanWorld,
  type SetupPlan,
  setupPlan,
} from "./setup_plan.ts";
import { credentialsOf, isUnchanged } from "./unchanged.ts";

const PRIVATE = 0o600;

/** The command line of `setup` beside what describes the account. */
export interface SetupOptions extends SetupFlags {
  /** For a new file. */
  readonly stateDir?: string;
  readonly replace?: true;
  /** False: write without asking Mimecast. */
  readonly check: boolean;
}

/** What `setup` needs of the process. */
export interface SetupWorld extends Pick<PlanWorld, "outputFor"> {
  readonly user: SetupUser;
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

/** Adds an account to the configuration, or makes the configuration. Writes nothing before everything is known to be right. */
export async function setup(options: SetupOptions, world: SetupWorld): Promise<SetupOutcome> {
  const path = resolve(options.config);
  const flags = knownFromFlags(options, world.env);
  const existing = await readExisting(path, world);
  const stateDir = existing?.config.stateDir ?? options.stateDir ?? defaultStateDir(world.env);
  await refuseUnwritable(path, stateDir, world.user, world.files);
  // What the file says of the shipper is not asked again.
  const named = existing?.config.shipper ?? null;
  const known = named === null ? flags : { shipper: named, ...flags };
  const answers = await answersOf(known, world.asker);
  const outcome = { path, account: answers.name, checks: [], written: [], notes: [] };
  const before = existing?.config.accounts.find(({ name }) => name === answers.name);
  if (existing !== null && before !== undefined) {
    const current = await world.credentials(before, existing.config).catch(notReadable);
    if (isUnchanged(answers, before, current, options.store ?? null)) {
      return { ...outcome, code: EXIT.ok, ...(await addShipper(path, existing, answers, world)) };
    }
    await mayReplace(options, world.asker, answers.name, path);
  }
  const tried = await triedPlan({ path, existing, options, world }, answers);
  const { plan, checks, isWanted } = tried;
  const { config } = plan;
  if (!isWanted) return { ...outcome, code: checkCode(checks), changed: false, config, checks };
  const written = await writePlan(path, existing, plan, world.files);
  const folderNotes = await stateDirNotes(config.stateDir, world);
  const notes = [
    ...secretNotes(plan.entry),
    ...folderNotes,
    ...ownerNotes(tried.answers.shipper, dirname(path), config.stateDir, world.user),
    ...sealKeyNotes(plan.secrets.map(([file]) => file)),
  ];
  return {
    ...outcome,
    account: tried.answers.name,
    code: EXIT.ok,
    changed: true,
    config,
    checks,
    written,
    notes,
  };
}

interface Given {
  readonly path: string;
  readonly existing: Existing | null;
  readonly options: SetupOptions;
  readonly world: SetupWorld;
}

interface Tried {
  readonly answers: Answers;
  readonly plan: SetupPlan;
  readonly checks: readonly CheckResult[];
  /** False where Mimecast refused something and the person does not want it written. */
  readonly isWanted: boolean;
}

/** Tries the answers at Mimecast; a person may correct what was wrong, as often as it takes. */
async function triedPlan(given: Given, first: Answers): Promise<Tried> {
  const { path, existing, options, world } = given;
  const { asker } = world;
  for (let answers = first; ; ) {
    const plan = await setupPlan(path, existing, answers, options.stateDir ?? null, world);
    // A key that was made just now is in no file yet.
    const config = { ...plan.config, sealKey: existing?.config.sealKey ?? null };
    const checks = options.check
      ? await world.liveCheck(config, plan.account, credentialsOf(answers))
      : [];
    const isRefused = checks.some((result) => result.outcome === "fail");
    if (!isRefused || asker === null) return { answers, plan, checks, isWanted: !isRefused };
    const next = await askNextStep(asker, answers, checks);
    if ("do" in next) return { answers, plan, checks, isWanted: next.do === "write" };
    answers = await askAnswers(asker, next.ask);
  }
}

/** Writes the secrets, then the configuration; returns the paths in that order. */
async function writePlan(
  path: string,
  existing: Existing | null,
  { secrets, text, config }: SetupPlan,
  files: SetupFiles,
): Promise<readonly string[]> {
  if (await files.isUsable(config.stateDir)) await files.makeFolder(config.stateDir);
  const beside = existing === null ? null : { ...existing.ownership, mode: PRIVATE };
  for (const [file, content] of secrets) {
    // In another folder it belongs to whom that belongs to.
    await files.write(file, content, file.startsWith(`${config.stateDir}/`) ? null : beside);
  }
  await files.write(path, text, existing?.ownership ?? null);
  return [...secrets.map(([file]) => file), path];
}

/** The account is as wanted: only the name of the shipper may be missing. */
async function addShipper(
  path: string,
  existing: Existing,
  answers: Answers,
  world: SetupWorld,
): Promise<Pick<SetupOutcome, "changed" | "config" | "written">> {
  const shipper = missingShipper(answers.shipper, existing, world);
  if (shipper === null) return { changed: false, config: existing.config, written: [] };
  const text = Object.entries(shipperValues(shipper)).reduce(
    (before, [key, value]) => withKey(before, key, value),
    existing.text,
  );
  const facts = { fileName: path, mode: existing.ownership.mode };
  const config = parseConfig(text, world.env, facts);
  await world.files.write(path, text, existing.ownership);
  return { changed: true, config, written: [path] };
}

async function stateDirNotes(stateDir: string, { files, user }: SetupWorld): Promise<string[]> {
  if (await files.isUsable(stateDir)) return [];
  return [
    `The user ${user.name} can't write in the state directory. As root:`,
    `  ${makeFolderCommand(stateDir, user.name)}`,
  ];
}

async function readExisting(path: string, world: SetupWorld): Promise<Existing | null> {
  const ownership = await world.files.ownership(path);
  if (ownership === null) return null;
  const text = await world.readText(path);
  const facts = { fileName: path, mode: ownership.mode };
  return { text, ownership, config: parseConfig(text, world.env, facts) };
}

/** Without a person cli_setup.ts has seen to it that only these may be missing. */
async function answersOf(known: Known, asker: Asker | null): Promise<Answers> {
  if (asker === null) return { store: "sealed", sources: null, shipper: null, ...known } as Answers;
  return askAnswers(asker, known);
}

async function mayReplace(
  options: SetupOptions,
  asker: Asker | null,
  name: string,
  path: string,
): Promise<void> {
  if (options.replace === true) return;
  const question = `${path} has an account "${name}" with other keys or settings. Change it?`;
  if (asker !== null && (await asker.confirm(question, false))) return;
  throw new ConfigError(
    `Cannot set up the account "${name}": ${JSON.stringify(path)} has one with other keys or settings`,
    { code: "setup_exists", hint: "Add --replace to change it, or give another --name" },
  );
}

function notReadable(error: unknown): null {
  if (error instanceof ConfigError) return null;
  throw error;
}
