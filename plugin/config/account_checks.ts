import { type Api, baseUrl, regionHint, regionNames } from "../client/regions.ts";
import { SOURCE_NAMES, type SourceName } from "../sources/names.ts";
import { didYouMean } from "../text/nearest_name.ts";
import { baseUrlProblem } from "./base_url.ts";
import { CREDENTIAL_KEYS } from "./credentials.ts";
import { filterProblems } from "./filter.ts";
import { type Problem, problemAt, showValue, wrong } from "./problem.ts";
import type { Path } from "./yaml_text.ts";

/** The problems of one entry of `accounts` that the schema cannot find. Takes any value: the file may be wrong elsewhere. */
export function accountProblems(path: Path, raw: unknown): Problem[] {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return [];
  }
  const account = raw as Record<string, unknown>;
  const api = readVersion(account.api);
  return [
    ...placeProblems(path, account, api),
    ...filterProblems([...path, "filter"], account.filter),
    ...(api === undefined ? [] : credentialProblems(path, account, api)),
    ...(Array.isArray(account.sources)
      ? sourceProblems([...path, "sources"], account.sources, api)
      : []),
  ];
}

/** The version that the file means: YAML reads an unquoted 2.0 as the number 2. */
export function readVersion(value: unknown): Api | undefined {
  if (value === "1.0" || value === 1) {
    return "1.0";
  }
  return value === "2.0" || value === 2 ? "2.0" : undefined;
}

function placeProblems(
  path: Path,
  account: Record<string, unknown>,
  api: Api | undefined,
): Problem[] {
  const { region, base_url: url } = account;
  if (region === undefined && url === undefined) {
    const known = api === undefined ? "" : ` (${regionNames(api).join(", ")})`;
    return [problemAt(path, `needs "region"${known} or "base_url"`)];
  }
  if (region !== undefined && url !== undefined) {
    return [problemAt(path, 'must have "region" or "base_url", not both')];
  }
  if (typeof url === "string") {
    const problem = baseUrlProblem(url);
    // The message does not quote a text that may hold a password or a signature.
    const at: Path = [...path, "base_url"];
    if (problem === undefined) {
      return [];
    }
    return /[@?#]/.test(url) ? [problemAt(at, problem)] : [wrong(at, problem, url)];
  }
  if (typeof region !== "string" || api === undefined || baseUrl(api, region) !== undefined) {
    return [];
  }
  const at: Path = [...path, "region"];
  const names = regionNames(api);
  const hint = regionHint(api, region);
  const wanted = `must be a region of API ${api} (${names.join(", ")})`;
  const { sentence } = wrong(at, wanted, region);
  return [
    {
      path: at,
      sentence: sentence + (hint === undefined ? didYouMean(region, names) : `: ${hint}`),
    },
  ];
}

function credentialProblems(path: Path, account: Record<string, unknown>, api: Api): Problem[] {
  const other: Api = api === "1.0" ? "2.0" : "1.0";
  const has = (key: string) => Object.hasOwn(account, key);
  const missing = CREDENTIAL_KEYS[api].filter((key) => !has(key));
  const foreign = CREDENTIAL_KEYS[other].filter(has);
  const problems: Problem[] = foreign.map((key) =>
    problemAt(
      [...path, key],
      `belongs to API ${other}: this account has api: "${api}": remove the key, or change api`,
    ),
  );
  if (missing.length > 0) {
    const names = missing.map((key) => `"${key}"`).join(", ");
    const all = CREDENTIAL_KEYS[api].join(", ");
    problems.push(problemAt(path, `lacks ${names}: an account of API ${api} needs ${all}`));
  }
  return problems;
}

function sourceProblems(path: Path, sources: readonly unknown[], api: Api | undefined): Problem[] {
  const seen = new Set<string>();
  return sources.flatMap((entry, index): Problem[] => {
    const name =
      typeof entry === "object" && entry !== null && "name" in entry ? entry.name : entry;
    if (typeof name !== "string") {
      return [];
    }
    const at: Path = [...path, index];
    if (seen.has(name)) {
      return [problemAt(at, `is named twice: ${showValue(name)}`)];
    }
    seen.add(name);
    const mode = typeof entry === "object" && entry !== null && "mode" in entry ? entry.mode : null;
    if (mode === "stream" && (name !== "siem" || api === "1.0")) {
      return [wrong([...at, "mode"], 'must be "batch": only siem of API 2.0 has another', mode)];
    }
    const known = SOURCE_NAMES["2.0"].includes(name as SourceName);
    if (api === undefined || !known || SOURCE_NAMES[api].includes(name as SourceName)) {
      return [];
    }
    return [wrong(at, `must be a source of API ${api} (${SOURCE_NAMES[api].join(", ")})`, name)];
  });
}
