import type { AccountPlan } from "../../collect/account_plan.ts";
import type { Change } from "../../collect/changes.ts";
import { errorFields, knownError } from "../../collect/defect.ts";
import type { Config } from "../../config/config.ts";
import { configFiles } from "../../config/config_files.ts";
import { restartKeys } from "../../config/restart_keys.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { redactText } from "../../text/redact.ts";
import type { PollOptions, ReloadSource } from "../poll_world.ts";
import { type Loaded, loadAll } from "./loaded.ts";

/** How often the program looks whether the configuration, or a file that it names, has changed. */
const LOOK_EVERY_MS = 5_000;

/** What is known of the files that make up the configuration: their stamps, all in one text. */
export interface Looks {
  /** When they were read last. */
  readonly read: string;
  /** At the last look. */
  readonly seen: string;
}

/** Whether to read the configuration now: it was changed and rests since the last look, because an editor may write for a while; or somebody asks for it. */
export function isDue({ read, seen }: Looks, now: string, isAsked: boolean): boolean {
  return isAsked || (now !== read && now === seen);
}

/** What a configuration changes for a run that uses another one. Null: nothing. Throws a `ConfigError` for what needs a restart. */
export function takeover(path: string, before: Loaded, after: Loaded): Loaded | null {
  const keys = restartKeys(before.config, after.config);
  if (keys.length > 0) throw needsRestart(path, keys.map((key) => JSON.stringify(key)).join(", "));
  if (digest(before) === digest(after)) return null;
  // Its workers agree on the accounts when they start.
  if (before.config.state !== null) throw needsRestart(path, "the configuration of a fleet");
  return after;
}

function needsRestart(path: string, what: string): ConfigError {
  const message = `Cannot take over config ${JSON.stringify(path)} while running: ${what} can only change by a restart`;
  const hint = "Restart the shipper, or change it back";
  return new ConfigError(message, { code: "needs_restart", hint });
}

/** Everything that a key of the file can change: what is not in the accounts' keys is read anew where it is used. */
function digest({ config, keys, shipper }: Loaded): string {
  return JSON.stringify([config, [...keys].sort(), shipper?.identity ?? null]);
}

/**
 * The changes of the configuration file and of the files that it names, until the signal is aborted. It looks every few
 * seconds, and at once at a SIGHUP. `take` makes the plans of a configuration that is to be used from now on.
 */
export async function* reloads(
  effects: Pick<Effects, "sleep" | "log">,
  { path, stamp, host }: ReloadSource,
  options: PollOptions,
  first: Loaded,
  take: (loaded: Loaded) => readonly AccountPlan[],
  until: AbortSignal,
): AsyncGenerator<Change> {
  const bell = createBell(effects, host, until);
  let inUse = first;
  let files = configFiles(first.config, host.env);
  let looks: Looks = { read: await stampsOf(host, stamp, files), seen: "" };
  let problem: string | null = null;
  while (await bell.rings()) {
    const isAsked = bell.isAsked();
    const now = await stampsOf(host, await host.fileStamp(path), files);
    const due = isDue(looks, now, isAsked);
    looks = { read: due ? now : looks.read, seen: now };
    if (!due) continue;
    try {
      const config = await host.rereadConfig(path);
      files = filesOf(host, inUse.config, config);
      const next = takeover(path, inUse, await loadAll(host, config, options));
      if (next !== null) {
        inUse = next;
        yield { plans: take(next) };
      } else if (problem !== null || isAsked) {
        effects.log("info", "The configuration is the one in use");
        yield { problem: null };
      }
      problem = null;
    } catch (reason) {
      const told = problemText(reason, host);
      if (told.text === problem && !isAsked) continue;
      problem = told.text;
      effects.log("error", told.message, told.fields);
      yield { problem };
    }
  }
}

/** Rings every few seconds, and at a SIGHUP. */
function createBell(effects: Pick<Effects, "sleep">, host: Host, until: AbortSignal) {
  let asked = new AbortController();
  until.addEventListener(
    "abort",
    host.onHangup(() => asked.abort()),
    { once: true },
  );
  return {
    /** False where it is not to ring any more. */
    async rings(): Promise<boolean> {
      const ends = AbortSignal.any([until, asked.signal]);
      await effects.sleep(LOOK_EVERY_MS, ends).catch(() => {});
      return !until.aborted;
    },
    /** Whether a SIGHUP came since the last question. */
    isAsked(): boolean {
      const isAsked = asked.signal.aborted;
      if (isAsked) asked = new AbortController();
      return isAsked;
    },
  };
}

async function stampsOf(host: Host, stamp: string, files: readonly string[]): Promise<string> {
  return [stamp, ...(await Promise.all(files.map(host.fileStamp)))].join("\n");
}

/** The files of several configurations: one that can't be taken may only lack a file. */
function filesOf(host: Host, ...configs: readonly Config[]): readonly string[] {
  return [...new Set(configs.flatMap((config) => configFiles(config, host.env)))];
}

function problemText(reason: unknown, host: Host) {
  const error = knownError(reason);
  const message = `${error.message}; the configuration from before stays in use`;
  const { problems = [] } = error as Partial<ConfigError>;
  const text = error.hint === undefined ? message : `${message} (${error.hint})`;
  // It goes into the checkpoint and to QRadar, past the log's own mask.
  return {
    message,
    text: redactText(text, host.secrets),
    fields: { ...errorFields(error), ...(problems.length > 1 ? { problems } : {}) },
  };
}
