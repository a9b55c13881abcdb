import type { EngineSettings } from "../encode/engine.ts";
import type { AccountConfig, Config } from "./config.ts";

/** The engine's settings for one account; `format` of the command line goes before the configuration. */
export function engineSettings(
  config: Pick<Config, "output" | "mapping">,
  account: Pick<AccountConfig, "label" | "api" | "hostname" | "dropped">,
  format: EngineSettings["format"] = config.output.format,
): EngineSettings {
  return {
    ...config.output,
    format,
    account: account.label,
    hostname: account.hostname,
    api: account.api,
    mapping: config.mapping,
    dropped: account.dropped,
  };
}
