import type { Config } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { isKnownError } from "../../errors.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import { metricsText } from "../status/metrics.ts";
import { readStatus } from "../status/status.ts";

/** node_exporter reads it as another user, and nothing in it is secret. */
const MODE = 0o644;

/** What metrics are made of. `fleet`: absent where this process is no member of one. */
export interface MetricsWorld {
  readonly effects: Effects;
  readonly version: string;
  readonly fleet?: Pick<Fleet, "worker" | "positions" | "taken"> | null;
}

/**
 * Writes `metrics_file` for all accounts of the configuration, also those that another process polls. A failure is
 * logged: metrics must not keep the events.
 */
export async function writeMetrics(
  config: Pick<Config, "metricsFile" | "stateDir" | "accounts">,
  world: MetricsWorld,
): Promise<void> {
  const { effects } = world;
  const path = config.metricsFile;
  if (path === null) return;
  try {
    const text = await metricsNow(config, world);
    await effects.files.replace(path, Buffer.from(text), MODE);
  } catch (error) {
    if (!isKnownError(error)) throw error;
    effects.log("warn", "Cannot write the metrics file", { path, error: error.message });
  }
}

/**
 * The metrics of all accounts of the configuration; in a fleet of those that this worker or nobody has, so that each is
 * told of by one worker, and one that is left by all.
 */
export async function metricsNow(
  config: Pick<Config, "stateDir" | "accounts">,
  { effects, version, fleet = null }: MetricsWorld,
): Promise<string> {
  // The lock is not looked at: opening its file here would end our own (lock.ts).
  const world = { effects, lockHeld: async () => false };
  const program = { version, nowMs: effects.now() };
  if (fleet === null) {
    const accounts = await readStatus(config, world);
    return metricsText(
      accounts.filter(({ enabled }) => enabled),
      program,
    );
  }
  const { worker } = fleet;
  try {
    const positions = await fleet.positions();
    const accounts = await readStatus(config, { ...world, positions: async () => positions });
    const told = accounts.filter(
      (each) => each.enabled && (each.worker === null || each.worker === worker),
    );
    const owned = [...positions.view.owners.values()].filter(({ note }) => note.worker === worker);
    const workers = positions.view.workers.size;
    const facts = { worker, owned: owned.length, workers, taken: fleet.taken(), isUp: true };
    return metricsText(told, { ...program, fleet: facts });
  } catch (error) {
    if (!isKnownError(error)) throw error;
    const facts = { worker, owned: null, workers: null, taken: fleet.taken(), isUp: false };
    return metricsText([], { ...program, fleet: facts });
  }
}
