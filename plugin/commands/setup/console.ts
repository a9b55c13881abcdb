import { dirname } from "node:path";
import type { Config } from "../../config/config.ts";
import { parseConfig } from "../../config/parse_config.ts";
import { QRADAR_SCHEMA } from "../../config/qradar_console.ts";
import { ConfigError } from "../../errors.ts";
import type { Asker } from "../../host/asker.ts";
import { withKey } from "./config_document.ts";
import type { SetupWorld } from "./setup.ts";

/** The REST API of a QRadar console, as it was given. */
export interface GivenConsole {
  readonly console: string;
  readonly token: string;
  /** PEM file of its certificate's CA, an absolute path; null: a public one. */
  readonly caFile: string | null;
}

/** Asks whether QRadar is to be set up too, and for what that needs; null: no. `isKnown`: the configuration has a console. */
export async function askConsole(
  asker: Asker,
  isKnown: boolean,
): Promise<GivenConsole | "known" | null> {
  const question = "Bring event names, rules and the log source to QRadar by its API now?";
  if (!(await asker.confirm(question, false))) return null;
  if (isKnown) return "known";
  const console = await asker.text("Address of the console, https://HOST", "", consoleProblem);
  const token = await asker.hidden("Token of an authorized service of the console", (text) =>
    text === "" ? "It must not be empty" : undefined,
  );
  const ca = await asker.text(
    "PEM file of the CA of its certificate (empty: a public one)",
    "",
    (text) => (text === "" || text.startsWith("/") ? undefined : "It must be an absolute path"),
  );
  return { console, token, caFile: ca === "" ? null : ca };
}

/** What is wrong with the address of a console; undefined: nothing. */
export function consoleProblem(text: string): string | undefined {
  return QRADAR_SCHEMA.shape.console.safeParse(text).error?.issues[0]?.message;
}

/**
 * Writes `qradar` into the configuration, the token into a file of its own beside it. A console that is there already stays; another
 * one is a `ConfigError` code `setup_exists`. Returns the configuration.
 */
export async function addConsole(
  path: string,
  config: Config,
  given: GivenConsole,
  { files, env, readText }: Pick<SetupWorld, "files" | "env" | "readText">,
): Promise<Config> {
  if (config.qradar !== null) {
    if (config.qradar.origin === new URL(given.console).origin) return config;
    throw new ConfigError(
      `Cannot set up the console "${given.console}": ${JSON.stringify(path)} has "${config.qradar.origin}"`,
      {
        code: "setup_exists",
        hint: "Change qradar in the file, then: mimecast-input qradar install",
      },
    );
  }
  const ownership = await files.ownership(path);
  const file = `${dirname(path)}/secrets/qradar_token`;
  const text = withKey(await readText(path), "qradar", {
    console: given.console,
    token: { file },
    ...(given.caFile === null ? {} : { ca_file: given.caFile }),
  });
  const mode = ownership?.mode ?? 0o600;
  const changed = parseConfig(text, env, { fileName: path, mode });
  const beside = ownership === null ? null : { ...ownership, mode: 0o600 };
  await files.write(file, `${given.token}\n`, beside);
  await files.write(path, text, ownership);
  return changed;
}
