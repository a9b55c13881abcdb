import type { RunOptions } from "../../plugin/collect/run.ts";
import { run } from "../../plugin/collect/run.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { parseCheckpoint } from "../../plugin/state/checkpoint.ts";
import type { FakeEffects, FakeOptions } from "./fake_effects.ts";
import { createFakeEffects } from "./fake_effects.ts";
import type { ScriptedPage } from "./scripted.ts";
import { scriptedSource } from "./scripted.ts";
import type { ScriptedAccount } from "./scripted_account.ts";
import { scriptedPlan } from "./scripted_account.ts";

/** In milliseconds. */
export const MINUTE = 60_000;

/** A source of `count` pages with one item each. */
export function pages(name: string, count: number, records = 2) {
  return scriptedSource(
    (cursor): ScriptedPage | undefined => {
      if (cursor >= count) return undefined;
      const lines = Array.from({ length: records }, (_, index) => `${name}-${cursor}-${index}`);
      return { items: [{ key: `item ${cursor}`, records: lines }] };
    },
    { name, streams: [name] },
  );
}

/** A source that fails whatever it is asked. */
export const failing = (name: string, error: unknown) =>
  scriptedSource(
    () => {
      throw error;
    },
    { name, streams: [name] },
  );

/** How a run is started. */
export interface Setting {
  readonly mode?: RunOptions["mode"];
  readonly options?: Partial<RunOptions>;
  readonly fake?: FakeOptions;
  readonly effects?: FakeEffects;
}

/** A run over scripted accounts, ready to go. */
export function started(accounts: readonly ScriptedAccount[], setting: Setting = {}) {
  const mode = setting.mode ?? "once";
  const effects = setting.effects ?? createFakeEffects(setting.fake);
  const delivery = stdoutDelivery(effects, mode);
  const plans = accounts.map((account) =>
    scriptedPlan(effects, {
      ...account,
      options: { safety: delivery.safety, ...account.options },
    }),
  );
  const stopping = new AbortController();
  const go = () =>
    run(effects, plans, delivery, {
      mode,
      maxRunMs: 14 * MINUTE,
      maxConcurrency: 4,
      signal: stopping.signal,
      shipperAlive: async () => true,
      ...setting.options,
    });
  return { effects, plans, stopping, go };
}

/** The records on stdout, health lines left out. */
export const lines = (effects: FakeEffects) =>
  effects
    .output()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("{"));

/** The account's checkpoint as it lies on the disk, and its last run. */
export function stored(effects: FakeEffects, account: string) {
  const bytes = effects.disk.get(`/state/${account}/checkpoint`);
  if (bytes === undefined) throw new Error(`No checkpoint of ${account}`);
  const checkpoint = parseCheckpoint(bytes, account);
  return { ...checkpoint, last: checkpoint.runs.at(-1) };
}
