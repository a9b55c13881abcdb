import { CREDENTIAL_KEYS, type CredentialKey } from "../../config/credentials.ts";
import { ConfigError } from "../../errors.ts";
import { SOURCE_NAMES, type SourceName } from "../../sources/names.ts";
import type { GivenSecret, Known } from "./answers.ts";
import { flagProblems } from "./flag_problems.ts";
import { ENV_FLAGS, envFlag, type SetupFlags, VALUE_FLAGS, valueFlag } from "./flags.ts";

/** What the command line and the environment tell. Throws a `ConfigError` that lists everything that is wrong. */
export function knownFromFlags(
  flags: SetupFlags,
  env: Readonly<Record<string, string | undefined>>,
): Known {
  const problems = flagProblems(flags, env);
  const [first] = problems;
  if (first !== undefined) {
    throw new ConfigError(`Cannot set up the account: ${first}`, { code: "setup", problems });
  }
  const keys: Partial<Record<CredentialKey, GivenSecret>> = {};
  for (const [key, flag] of Object.entries(ENV_FLAGS) as [CredentialKey, keyof SetupFlags][]) {
    const name = flags[flag];
    if (typeof name === "string") keys[key] = { text: env[name] ?? "", env: name };
  }
  for (const [key, flag] of Object.entries(VALUE_FLAGS) as ["client_id", "clientId"][]) {
    const text = flags[flag];
    if (text !== undefined) keys[key] = { text, env: null };
  }
  return {
    keys,
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.api === undefined ? {} : { api: flags.api }),
    ...(flags.region === undefined ? {} : { location: { region: flags.region } }),
    ...(flags.baseUrl === undefined ? {} : { location: { baseUrl: flags.baseUrl } }),
    ...(flags.sources === undefined ? {} : { sources: sourcesOf(flags.sources) }),
    ...(flags.store === undefined ? {} : { store: flags.store }),
    ...(flags.shipper === undefined ? {} : { shipper: flags.shipper }),
  };
}

/** The flags that are missing where nobody can be asked, by name. */
export function missingFlags(known: Known): string[] {
  const { api } = known;
  const keys = api === undefined ? [] : CREDENTIAL_KEYS[api];
  return [
    ...(known.name === undefined ? ["--name"] : []),
    ...(api === undefined ? ["--api"] : []),
    ...(known.location === undefined ? ["--region (or --base-url)"] : []),
    ...keys
      .filter((key) => known.keys?.[key] === undefined)
      .map((key) => [valueFlag(key), envFlag(key)].filter(Boolean).join(" or ")),
  ];
}

function sourcesOf(texts: readonly string[]): SourceName[] {
  const names = texts.flatMap((text) => text.split(","));
  return SOURCE_NAMES["2.0"].filter((name) => names.includes(name));
}
