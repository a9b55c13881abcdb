import { type Api, baseUrl, regionHint, regionNames } from "../../client/regions.ts";
import { ACCOUNT_NAME } from "../../config/account_schema.ts";
import { baseUrlProblem } from "../../config/base_url.ts";
import { CREDENTIAL_KEYS, type CredentialKey } from "../../config/credentials.ts";
import { SOURCE_NAMES } from "../../sources/names.ts";
import { didYouMean } from "../../text/nearest_name.ts";
import { ENV_FLAGS, envFlag, type SetupFlags, VALUE_FLAGS, valueFlag } from "./flags.ts";
import { secretProblem } from "./secret_problem.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with the command line of `setup`, one sentence each that begins with the flag. */
export function flagProblems(flags: SetupFlags, env: Env): string[] {
  return [
    ...nameOf(flags),
    ...hostOf(flags),
    ...Object.keys(ENV_FLAGS).flatMap((key) => keyOf(key as CredentialKey, flags, env)),
    ...sourcesOf(flags),
  ];
}

/** What is wrong with the name of an account; undefined: nothing. */
export function nameProblem(text: string): string | undefined {
  return ACCOUNT_NAME.test(text)
    ? undefined
    : "must be 1 to 63 characters of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit";
}

function nameOf({ name }: SetupFlags): string[] {
  const problem = name === undefined ? undefined : nameProblem(name);
  return problem === undefined ? [] : [`--name ${problem}: current value is ${quoted(name)}`];
}

function hostOf({ api, region, baseUrl: url }: SetupFlags): string[] {
  const problem = url === undefined ? undefined : baseUrlProblem(url);
  if (problem !== undefined) return [`--base-url ${problem}: current value is ${quoted(url)}`];
  if (region === undefined) return [];
  const apis: readonly Api[] = api === undefined ? ["2.0", "1.0"] : [api];
  if (apis.some((one) => baseUrl(one, region) !== undefined)) return [];
  const names = [...new Set(apis.flatMap(regionNames))];
  const hint = api === undefined ? undefined : regionHint(api, region);
  const more = hint === undefined ? didYouMean(region, names) : `: ${hint}`;
  const wanted = `must be one of ${names.join(", ")}${api === undefined ? "" : ` with --api ${api}`}`;
  return [`--region ${wanted}: current value is ${quoted(region)}${more}`];
}

function keyOf(key: CredentialKey, flags: SetupFlags, env: Env): string[] {
  const value = valueFlag(key) === undefined ? undefined : flags[VALUE_FLAGS[key as "client_id"]];
  const name = flags[ENV_FLAGS[key]];
  const given = [
    ...(value === undefined ? [] : [valueFlag(key) as string]),
    ...(name === undefined ? [] : [envFlag(key)]),
  ];
  const { api } = flags;
  if (api !== undefined && !CREDENTIAL_KEYS[api].some((one) => one === key)) {
    const other = api === "1.0" ? "2.0" : "1.0";
    return given.map((flag) => `${flag} is for API ${other}: --api is "${api}"`);
  }
  if (given.length > 1) return [`${given.join(" and ")} must not be given both`];
  if (value !== undefined) {
    const problem = secretProblem(key, value);
    return problem === undefined ? [] : [`${valueFlag(key)} ${problem}`];
  }
  if (name === undefined) return [];
  const text = env[name];
  if (text === undefined || text === "")
    return [`${envFlag(key)}: the environment variable "${name}" is not set`];
  const problem = secretProblem(key, text);
  return problem === undefined
    ? []
    : [`${envFlag(key)}: the environment variable "${name}" ${problem}`];
}

function sourcesOf({ api, sources }: SetupFlags): string[] {
  const all = SOURCE_NAMES[api ?? "2.0"];
  return (sources ?? [])
    .flatMap((text) => text.split(","))
    .filter((name) => !all.some((one) => one === name))
    .map((name) => {
      return `--sources must be made of ${all.join(", ")}: current value is ${quoted(name)}${didYouMean(name, all)}`;
    });
}

function quoted(text: string | undefined): string {
  return JSON.stringify(text);
}
