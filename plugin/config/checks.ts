import { accountProblems, readVersion } from "./account_checks.ts";
import { ACCOUNT_NAME } from "./account_schema.ts";
import { CREDENTIAL_KEYS, type CredentialKey, PUBLIC_KEYS, secretFormsAt } from "./credentials.ts";
import { encodingProblems } from "./encoding_problems.ts";
import { STATE_SECRETS, stateProblems } from "./etcd_state.ts";
import { fileProblems } from "./file_output.ts";
import { filterProblems } from "./filter.ts";
import { hostnameOf, hostnameProblem } from "./hostname.ts";
import { HTTP_KEYS, HTTP_SECRETS, httpProblems } from "./http_output.ts";
import { mappingProblems } from "./mapping_checks.ts";
import { type Problem, problemAt, showPath, showValue, valueAt, wrong } from "./problem.ts";
import { QRADAR_SECRETS } from "./qradar_console.ts";
import { secretRefProblem } from "./secret_ref.ts";
import { startProblems } from "./start_problems.ts";
import { targetProblems } from "./target.ts";
import type { Path } from "./yaml_text.ts";

/** The facts about the file besides its text. */
export interface ConfigFacts {
  /** As messages show it. */
  readonly fileName: string;
  /** Milliseconds since 1970: a later start is a problem. Absent: any start is right. */
  readonly nowMs?: number;
  /** Permission bits; null if there is no file (standard input) or the system has no such bits. */
  readonly mode: number | null;
}

const NETWORK_PROXY: Path = ["network", "proxy"];
const QRADAR_PROXY: Path = ["qradar", "proxy"];

/** All problems that the schema cannot find. Takes any value, so that all problems appear at once. */
export function crossProblems(root: unknown, facts: ConfigFacts): Problem[] {
  const accounts = valueAt(root, ["accounts"]);
  const list: readonly unknown[] = Array.isArray(accounts) ? accounts : [];
  const secrets = secretPaths(root, list.length);
  return [
    ...list.flatMap((raw, index) => accountProblems(["accounts", index], raw)),
    ...(facts.nowMs === undefined ? [] : startProblems(root, facts.nowMs)),
    ...encodingProblems(root),
    ...nameProblems(list),
    ...hostnameProblems(root, list),
    ...secrets.flatMap((path) => secretProblem(path, root)),
    ...proxyProblems(root, NETWORK_PROXY),
    ...proxyProblems(root, QRADAR_PROXY),
    ...HTTP_KEYS.flatMap((key) => proxyProblems(root, ["output", key, "proxy"])),
    ...httpProblems(root),
    ...fileProblems(root),
    ...targetProblems(root),
    ...stateProblems(root),
    ...plainProblems(secrets, root, facts),
    ...outputProblems(root),
    ...mappingProblems(valueAt(root, ["mapping"])),
    ...filterProblems(["filter"], valueAt(root, ["filter"])),
  ];
}

/** The paths of the secrets in this file. */
function secretPaths(root: unknown, accounts: number): Path[] {
  const keys = Object.values(CREDENTIAL_KEYS).flat();
  const paths: Path[] = [
    ["seal_key"],
    NETWORK_PROXY,
    ...QRADAR_SECRETS,
    ...HTTP_SECRETS,
    ...STATE_SECRETS,
  ];
  for (let index = 0; index < accounts; index++) {
    paths.push(...keys.map((key): Path => ["accounts", index, key]));
  }
  return paths.filter((path) => valueAt(root, path) !== undefined);
}

function secretProblem(path: Path, root: unknown): Problem[] {
  const forms = secretFormsAt(path);
  const value = valueAt(root, path);
  const problem = forms && secretRefProblem(path, value, forms);
  if (problem !== undefined) {
    return [problem];
  }
  const isSealed = typeof value === "object" && value !== null && "sealed" in value;
  return isSealed && valueAt(root, ["seal_key"]) === undefined
    ? [problemAt(path, 'is sealed and "seal_key" is missing: say where the key is')]
    : [];
}

function proxyProblems(root: unknown, path: Path): Problem[] {
  const proxy = valueAt(root, path);
  return typeof proxy === "string" && proxy !== "" && !/^https?:\/\/[^/]/.test(proxy)
    ? [problemAt(path, "must be a URL such as http://proxy.example.com:3128")]
    : [];
}

/** A secret in plain text needs a file that only its owner can read. */
function plainProblems(paths: readonly Path[], root: unknown, facts: ConfigFacts): Problem[] {
  const { mode, fileName } = facts;
  const plain = paths.filter((path) => isPlainSecret(path, valueAt(root, path)));
  const [path] = plain;
  if (path === undefined || mode === null || (mode & 0o077) === 0) {
    return [];
  }
  const names = plain.map((one) => `"${showPath(one)}"`).join(", ");
  const current = (mode & 0o777).toString(8).padStart(4, "0");
  const sentence =
    `${names} in plain text: the file must be readable by its owner only: current mode is ${current}: ` +
    `run chmod 600 ${shellQuote(fileName)}, or use { env: … }, { file: … }, { credential: … } or { sealed: … }`;
  return [{ path, sentence }];
}

function isPlainSecret(path: Path, value: unknown): boolean {
  if (typeof value !== "string" || PUBLIC_KEYS.includes(path.at(-1) as CredentialKey)) {
    return false;
  }
  return path.at(-1) !== "proxy" || value.includes("@");
}

function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function nameProblems(accounts: readonly unknown[]): Problem[] {
  const names = accounts.map((account) => valueAt(account, ["name"]));
  return names.flatMap((name, index): Problem[] => {
    const first = names.indexOf(name);
    return typeof name === "string" && first < index
      ? [wrong(["accounts", index, "name"], `must not be the name of accounts[${first}]`, name)]
      : [];
  });
}

/** Checks each account's host after substitution. */
function hostnameProblems(root: unknown, accounts: readonly unknown[]): Problem[] {
  const common: Path = ["output", "hostname"];
  const found = new Map<string, Problem>();
  for (const [index, account] of accounts.entries()) {
    const own: Path = ["accounts", index, "hostname"];
    const path = valueAt(root, own) === undefined ? common : own;
    const pattern = valueAt(root, path);
    const name = valueAt(account, ["name"]);
    if (typeof pattern === "string" && pattern !== "") {
      const hostname = hostnameOf(
        pattern,
        typeof name === "string" && ACCOUNT_NAME.test(name) ? name : "a",
      );
      const problem = hostnameProblem(hostname);
      if (problem !== undefined && !found.has(showPath(path))) {
        found.set(showPath(path), wrong(path, problem, hostname));
      }
    }
  }
  return [...found.values()];
}

function outputProblems(root: unknown): Problem[] {
  const version = readVersion(valueAt(root, ["output", "leef_version"]));
  const path: Path = ["output", "delimiter"];
  const delimiter = valueAt(root, path);
  return version === "1.0" && delimiter === "^"
    ? [problemAt(path, `must be "tab" with LEEF 1.0: current value is ${showValue(delimiter)}`)]
    : [];
}
