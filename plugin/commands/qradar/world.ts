import type { Config } from "../../config/config.ts";
import type { Effects } from "../../effects.ts";
import { ConfigError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { type Console, openConsole } from "../qradar_console.ts";
import type { Patience } from "./task.ts";

/** The command line of `qradar`, read. */
export interface QradarOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  /** Name or id of the event collector that new log sources get. */
  readonly collector?: string;
  /** Name of the group that log sources are to be in. */
  readonly group?: string;
  /** The account that is verified; not needed where there is only one. */
  readonly account?: string;
  /** Event names, mappings and properties one by one, without an extension. */
  readonly piecewise?: true;
  /** For one task of the console, or for the test events to arrive. */
  readonly waitSecs: number;
}

/** What `qradar` needs of the process. */
export interface QradarWorld
  extends Pick<
    Host,
    "screen" | "qradar" | "qradarContent" | "qradarTables" | "signal" | "version"
  > {
  readonly effects: Pick<Effects, "now" | "sleep" | "log">;
}

/** A console that answers: what it is, and how long we wait for it. */
export interface OpenedConsole {
  readonly console: Console;
  /** As its administrators call it: `7.5.0`. */
  readonly release: string;
  readonly patience: Patience;
}

/** Opens the console of the configuration, and asks for its release. */
export async function openConfigured(
  config: Config,
  { waitSecs }: Pick<QradarOptions, "waitSecs">,
  world: QradarWorld,
): Promise<OpenedConsole> {
  if (config.qradar === null) {
    throw new ConfigError("Cannot reach QRadar: the configuration has no qradar", {
      code: "qradar_missing",
      hint: "Add qradar: { console: https://…, token: { file: … } }",
    });
  }
  const { effects, signal } = world;
  const console = await openConsole(await world.qradar(config.qradar, config), effects, signal);
  const about = (await console.call({ method: "GET", path: "/system/about" })).value as {
    readonly external_version?: string;
  } | null;
  return {
    console,
    release: about?.external_version ?? "?",
    patience: { effects, signal, limitMs: waitSecs * 1_000 },
  };
}
