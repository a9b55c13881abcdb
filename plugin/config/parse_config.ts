import { type Api, baseUrl } from "../client/regions.ts";
import { ConfigError } from "../errors.ts";
import { defaultSources } from "../sources/names.ts";
import { readVersion } from "./account_checks.ts";
import { isLoopback } from "./base_url.ts";
import { type ConfigFacts, crossProblems } from "./checks.ts";
import type { AccountConfig, Config } from "./config.ts";
import { type CredentialRefs, secretFormsAt } from "./credentials.ts";
import { etcdStateOf } from "./etcd_state.ts";
import { droppedEvents } from "./filter.ts";
import { hostnameOf } from "./hostname.ts";
import { parseListen } from "./http_server.ts";
import { type Problem, problemsOf, showPath } from "./problem.ts";
import { qradarConsoleOf } from "./qradar_console.ts";
import { rateLimitsOf } from "./rate_limits.ts";
import { type AccountFile, CONFIG_SCHEMA, type ConfigFile } from "./schema.ts";
import { secretRef } from "./secret_ref.ts";
import { parseShard } from "./shard.ts";
import { neededLagBytes } from "./shipper.ts";
import { parseStart } from "./start.ts";
import { defaultStateDir } from "./state_dir.ts";
import { targetOf } from "./target.ts";
import { readYaml, type YamlText } from "./yaml_text.ts";

/**
 * Reads a configuration. Pure: `env` serves only for systemd's STATE_DIRECTORY; the program resolves secrets later
 * (secrets.ts). Throws a ConfigError with code `config` that lists every problem.
 */
export function parseConfig(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  facts: ConfigFacts,
): Config {
  const read = readYaml(text);
  if ("problems" in read) {
    throw refusal(
      facts.fileName,
      read.problems.map(({ line, sentence }) => withLine(line, sentence)),
    );
  }
  const { yaml } = read;
  const parsed = CONFIG_SCHEMA.safeParse(yaml.value);
  const problems = [
    ...problemsOf(parsed.error?.issues ?? [], yaml.value, CONFIG_SCHEMA).filter(
      // secret_ref.ts words this problem, without the value.
      ({ path }) => secretFormsAt(path) === undefined,
    ),
    ...crossProblems(yaml.value, facts),
  ];
  if (problems.length > 0 || parsed.data === undefined) {
    throw refusal(facts.fileName, sentences(problems, yaml));
  }
  return toConfig(parsed.data, (yaml.value ?? {}) as RawFile, env);
}

interface RawFile {
  readonly state_dir?: string;
  readonly poll?: { readonly lag_bytes?: number };
}

function toConfig(
  file: ConfigFile,
  raw: RawFile,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const { poll, output, network } = file;
  const leefVersion = readVersion(output.leef_version)!;
  return {
    stateDir: raw.state_dir ?? defaultStateDir(env),
    state: etcdStateOf(file.state),
    accounts: file.accounts.map((account) => toAccount(account, file)),
    poll: {
      intervalMs: poll.interval_secs * 1000,
      maxRunMs: poll.max_run_secs * 1000,
      settleMs: poll.settle_secs * 1000,
      lagBytes: raw.poll?.lag_bytes ?? neededLagBytes(file.shipper) ?? poll.lag_bytes,
      quarantineAfter: poll.quarantine_after,
      maxConcurrency: poll.max_concurrency,
      healthIntervalMs: poll.health_interval_secs * 1000,
    },
    output: {
      format: output.format,
      maxLineBytes: output.max_line_bytes,
      // LEEF 1.0 has no other delimiter than TAB (LEEF guide, header).
      delimiter: leefVersion === "1.0" ? "tab" : output.delimiter,
      leefVersion,
      usrName: output.usr_name,
    },
    target: targetOf(output),
    maxEventsPerSecond: output.max_events_per_second ?? null,
    shard: file.shard === undefined ? null : parseShard(file.shard)!,
    shipper: file.shipper ?? null,
    handover: file.handover,
    network: {
      proxy: network.proxy === undefined ? null : secretRef(network.proxy),
      caFile: network.ca_file ?? null,
      connectTimeoutMs: network.connect_timeout_secs * 1000,
      timeoutMs: network.timeout_secs * 1000,
    },
    mapping: file.mapping,
    sealKey: file.seal_key ?? null,
    qradar: qradarConsoleOf(file.qradar),
    httpServer: file.http_server === undefined ? null : parseListen(file.http_server.listen)!,
    metricsFile: file.metrics_file ?? null,
    log: {
      level: file.log.level,
      file: file.log.file,
      maxFileBytes: file.log.max_file_bytes,
      maxFiles: file.log.max_files,
    },
  };
}

function toAccount(account: AccountFile, file: ConfigFile): AccountConfig {
  const api = readVersion(account.api)!;
  const { region } = account;
  return {
    name: account.name,
    enabled: account.enabled,
    api,
    baseUrl: region === undefined ? new URL(account.base_url!).origin : baseUrl(api, region)!,
    region: region ?? null,
    downloadHosts: account.download_hosts,
    credentials: credentialsOf(account, api),
    sources: (account.sources ?? defaultSources(api)).map((entry) => {
      const source = typeof entry === "string" ? { name: entry } : entry;
      const secs = source.interval_secs ?? account.interval_secs ?? file.poll.interval_secs;
      return {
        name: source.name,
        mode: source.mode ?? "batch",
        intervalMs: secs * 1000,
        start: parseStart(source.start ?? account.start ?? file.poll.start)!,
        overlapMs: (source.overlap_secs ?? file.poll.overlap_secs) * 1000,
      };
    }),
    dropped: droppedEvents(account.filter ?? file.filter ?? { drop: [] }),
    rateLimits: rateLimitsOf(account.rate_limits, file.poll.rate_limits, isLocal(account)),
    hostname: hostnameOf(account.hostname ?? file.output.hostname, account.name),
    label: account.account_label ?? account.name,
  };
}

function isLocal({ base_url: url }: AccountFile): boolean {
  return url !== undefined && isLoopback(new URL(url).hostname);
}

/** The checks have ensured that every key is there. */
function credentialsOf(account: AccountFile, api: Api): CredentialRefs {
  return api === "1.0"
    ? {
        api,
        appId: secretRef(account.app_id!),
        appKey: secretRef(account.app_key!),
        accessKey: secretRef(account.access_key!),
        secretKey: secretRef(account.secret_key!),
      }
    : {
        api,
        clientId: secretRef(account.client_id!),
        clientSecret: secretRef(account.client_secret!),
      };
}

/** In the order of the file; of two problems at one path only the first. */
function sentences(problems: readonly Problem[], yaml: YamlText): string[] {
  const seen = new Set<string>();
  const placed = problems
    .filter(({ path, sentence }) => {
      const key = `${showPath(path)}\n${path.length > 2 ? "" : sentence}`;
      return !seen.has(key) && seen.add(key);
    })
    .map((problem) => ({ ...problem, line: yaml.lineOf(problem.path) }));
  placed.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return placed.map(({ line, sentence }) => withLine(line, sentence));
}

function withLine(line: number | undefined, sentence: string): string {
  return line === undefined ? sentence : `line ${line}: ${sentence}`;
}

function refusal(fileName: string, problems: readonly string[]): ConfigError {
  const [first, ...others] = problems;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new ConfigError(`Cannot read config ${JSON.stringify(fileName)}: ${first}${more}`, {
    code: "config",
    problems,
  });
}
