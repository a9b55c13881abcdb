import type { Config } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { isKnownError } from "../../errors.ts";
import { metricsText } from "../status/metrics.ts";
import { readStatus } from "../status/status.ts";

/** node_exporter reads it as another user, and nothing in it is secret. */
const MODE = 0o644;

/**
 * Writes `metrics_file` for all accounts of the configuration, also those that another process polls. A failure is
 * logged: metrics must not keep the events.
 */
export async function writeMetrics(
  config: Pick<Config, "metricsFile" | "stateDir" | "accounts">,
  world: { readonly effects: Effects; readonly version: string },
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

/** The metrics of all accounts of the configuration. */
export async function metricsNow(
  config: Pick<Config, "stateDir" | "accounts">,
  { effects, version }: { readonly effects: Effects; readonly version: string },
): Promise<string> {
  // The lock is not looked at: opening its file here would end our own (lock.ts).
  const accounts = await readStatus(config, { effects, lockHeld: async () => false });
  const enabled = accounts.filter((account) => account.enabled);
  return metricsText(enabled, { version, nowMs: effects.now() });
}
