import { CREDENTIAL_KEYS, type CredentialKey } from "../config/credentials.ts";
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../nearest_name.ts";
import type { Api } from "../regions.ts";
import { SOURCE_NAMES, type SourceName } from "../sources/names.ts";
import type { GivenSecret, Known, Store } from "./answers.ts";

/** The command line of `setup`, as commander hands it over. */
export interface SetupFlags {
  readonly config: string;
  readonly name?: string;
  readonly api?: Api;
  readonly region?: string;
  readonly baseUrl?: string;
  readonly sources?: readonly string[];
  readonly store?: Store;
  readonly clientId?: string;
  readonly appId?: string;
  readonly clientIdEnv?: string;
  readonly clientSecretEnv?: string;
  readonly appIdEnv?: string;
  readonly appKeyEnv?: string;
  readonly accessKeyEnv?: string;
  readonly secretKeyEnv?: string;
}

/** Flags that name the environment variable of a key. */
const ENV_FLAGS = {
  client_id: "clientIdEnv",
  client_secret: "clientSecretEnv",
  app_id: "appIdEnv",
  app_key: "appKeyEnv",
  access_key: "accessKeyEnv",
  secret_key: "secretKeyEnv",
} as const satisfies Record<CredentialKey, keyof SetupFlags>;

/** Flags that hold a key itself: ids are no secrets. */
const VALUE_FLAGS = { client_id: "clientId", app_id: "appId" } as const;

/** The flag that gives a key without a question: `--client-secret-env`. */
export function envFlag(key: CredentialKey): string {
  return `--${key.replaceAll("_", "-")}-env`;
}

/** What the command line and the environment tell. Throws a `ConfigError` for a variable that is not set or is no key. */
export function knownFromFlags(
  flags: SetupFlags,
  env: Readonly<Record<string, string | undefined>>,
): Known {
  const keys: Partial<Record<CredentialKey, GivenSecret>> = {};
  for (const [key, flag] of Object.entries(ENV_FLAGS) as [CredentialKey, keyof SetupFlags][]) {
    const name = flags[flag];
    if (typeof name !== "string") continue;
    const text = env[name];
    if (text === undefined || text === "") {
      throw refusal(`the environment variable "${name}" of ${envFlag(key)} is not set`);
    }
    const problem = secretProblem(key, text);
    if (problem !== undefined) {
      throw refusal(`${key} in the environment variable "${name}" ${problem}`);
    }
    keys[key] = { text, env: name };
  }
  for (const [key, flag] of Object.entries(VALUE_FLAGS) as ["client_id", "clientId"][]) {
    const text = flags[flag];
    if (text !== undefined) keys[key] = { text, env: null };
  }
  return {
    keys,
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.api === undefined ? {} : { api: flags.api }),
    ...(flags.region === undefined ? {} : { place: { region: flags.region } }),
    ...(flags.baseUrl === undefined ? {} : { place: { baseUrl: flags.baseUrl } }),
    ...(flags.sources === undefined ? {} : { sources: sourcesOf(flags.sources) }),
    ...(flags.store === undefined ? {} : { store: flags.store }),
  };
}

/** The flags that are missing where nobody can be asked, by name. */
export function missingFlags(known: Known): string[] {
  const { api } = known;
  const keys = api === undefined ? [] : CREDENTIAL_KEYS[api];
  return [
    ...(known.name === undefined ? ["--name"] : []),
    ...(api === undefined ? ["--api"] : []),
    ...(known.place === undefined ? ["--region (or --base-url)"] : []),
    ...keys.filter((key) => known.keys?.[key] === undefined).map(envFlag),
  ];
}

/** What is wrong with the text of a key; undefined: nothing. Never quotes it. */
export function secretProblem(key: CredentialKey, text: string): string | undefined {
  if (text === "") return "must not be empty";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be in it
  if (/[\u0000-\u001f\u007f]/.test(text)) return "must be one line without control characters";
  if (text !== text.trim()) return "must not begin or end with a space";
  // Mimecast shows it as base64 (API 1.0, authorization).
  if (key === "secret_key" && !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return "must be base64";
  return undefined;
}

function sourcesOf(names: readonly string[]): SourceName[] {
  const all = SOURCE_NAMES["2.0"];
  return names
    .flatMap((text) => text.split(","))
    .map((name) => {
      const found = all.find((each) => each === name);
      if (found !== undefined) return found;
      throw refusal(
        `--sources must be made of ${all.join(", ")}: current value is "${name}"${didYouMean(name, all)}`,
      );
    });
}

function refusal(reason: string): ConfigError {
  return new ConfigError(`Cannot set up the account: ${reason}`, { code: "setup" });
}
