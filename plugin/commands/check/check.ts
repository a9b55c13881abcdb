import type { Credentials } from "../../client/client.ts";
import { createClient } from "../../client/mimecast_client.ts";
import { proxyFor } from "../../client/probe/proxy_for.ts";
import type { Reach, ReachTarget } from "../../client/probe/reach.ts";
import { ONE_ATTEMPT } from "../../client/retry.ts";
import type { AccountConfig, Config } from "../../config/config.ts";
import { isLocalOnly } from "../../config/http_server.ts";
import type { PathFacts } from "../../disk/path_facts.ts";
import type { Effects } from "../../effects.ts";
import type { Host, Network } from "../../host/host.ts";
import { logPath } from "../../host/log_file.ts";
import { sourcesFor } from "../../sources/registry.ts";
import { accountFolder, lockPath } from "../../state/paths.ts";
import { findShipper } from "../../state/shipper.ts";
import { apiResults, headerResults, type LastAnswer } from "./account.ts";
import { callResults, callsAnHour } from "./calls.ts";
import { silenceResults } from "./health_timing.ts";
import { networkResults } from "./network.ts";
import { type CheckResult, checkCode, type Reporter, reporter } from "./result.ts";
import {
  configModeResult,
  handoverResult,
  lockHolder,
  lockResult,
  logResult,
  stateResults,
} from "./state_directory.ts";
import { checkText } from "./text.ts";

/** What `check` needs of the process. */
export interface CheckWorld
  extends Pick<
    Host,
    "env" | "parentPid" | "version" | "signal" | "secrets" | "screen" | "lockHeld" | "pathFacts"
  > {
  readonly effects: Effects;
  readonly network: Network;
  credentials(account: AccountConfig): Promise<Credentials>;
  reach(target: ReachTarget): Promise<Reach>;
}

/** The command line of `check`, read. */
export interface CheckOptions {
  readonly configPath: string;
  readonly accounts: readonly AccountConfig[];
  readonly json: boolean;
  /** Checks that come on top: the shipper's file, the test event. */
  readonly more: readonly (() => Promise<readonly CheckResult[]>)[];
}

/** Does every account, permission and setting work, and what to do if not. Nothing is collected or moved. */
export async function check(
  config: Config,
  options: CheckOptions,
  world: CheckWorld,
): Promise<number> {
  const results = [...(await hostResults(config, options, world))];
  if (options.accounts.length === 0) results.push(noAccount());
  for (const account of options.accounts) {
    results.push(...(await accountResults(config, account, world)));
  }
  for (const more of options.more) results.push(...(await more()));
  const code = checkCode(results);
  const { screen } = world;
  await screen.write(
    options.json
      ? `${JSON.stringify({ exit: code, results })}\n`
      : checkText(results, screen.color, screen.columns),
  );
  return code;
}

function noAccount(): CheckResult {
  const text = "every account has enabled: false: nothing is collected";
  return reporter("host").warn(
    "accounts",
    text,
    "Enable one, or remove the input from the shipper",
  );
}

async function hostResults(
  config: Config,
  options: CheckOptions,
  world: CheckWorld,
): Promise<CheckResult[]> {
  const report = reporter("host");
  const { stateDir } = config;
  const facts = await world.pathFacts(stateDir);
  const parent = facts === null ? await nearestFolder(world, stateDir) : null;
  const file = await world.pathFacts(options.configPath);
  const shipper = await findShipper(world.effects.files, world.parentPid());
  const handover = config.target?.kind ?? config.handover;
  return [
    configModeResult(report, options.configPath, file?.mode ?? null),
    ...stateResults(report, stateDir, facts, parent),
    logResult(report, logPath(stateDir), config.log.file),
    ...httpServerResults(report, config.httpServer),
    handoverResult(report, handover, shipper),
  ];
}

/** Probes and metrics hold no secret, but the names of accounts and feeds. */
function httpServerResults(report: Reporter, at: Config["httpServer"]): CheckResult[] {
  if (at === null || isLocalOnly(at)) return [];
  const text = `http_server.listen: other machines reach ${at.host}, without a password or TLS`;
  const remedy =
    "Let only probes and Prometheus through (firewall, NetworkPolicy), or listen on 127.0.0.1";
  return [report.warn("http_server", text, remedy)];
}

/** The folder in which the missing ones would be made. */
async function nearestFolder(world: CheckWorld, path: string): Promise<PathFacts | null> {
  const above = path.replace(/\/+[^/]*\/*$/, "");
  if (above === path) return null;
  return (await world.pathFacts(above || "/")) ?? nearestFolder(world, above);
}

async function accountResults(
  config: Config,
  account: AccountConfig,
  world: CheckWorld,
): Promise<CheckResult[]> {
  const report = reporter(account.name);
  const sources = sourcesFor(account.api);
  const url = new URL(account.baseUrl);
  const proxy = proxyFor(url, { proxy: world.network.proxy, env: world.env });
  const { caPem } = world.network;
  const reached = await world.reach({
    url,
    proxy,
    caPem,
    timeoutMs: config.network.connectTimeoutMs,
  });
  const results = [
    await lock(report, lockPath(accountFolder(config.stateDir, account.name)), world),
    ...networkResults(report, { url, proxy }, reached),
  ];
  const last: { value: LastAnswer | null } = { value: null };
  try {
    const credentials = await world.credentials(account);
    const client = createClient(account, credentials, noting(world.effects, url, last), {
      timeoutMs: config.network.timeoutMs,
      userAgent: `mimecast-input/${world.version}`,
      retry: ONE_ATTEMPT,
      signal: world.signal,
      secrets: world.secrets,
    });
    results.push(
      ...(await apiResults(report, account, sources, client, () => world.effects.now())),
    );
  } catch (error) {
    results.push(report.error("credentials", error));
  }
  return [
    ...results,
    ...headerResults(report, account.api, last.value),
    ...silenceResults(report, config.poll, account),
    ...callResults(report, callsAnHour(account, sources), account.rateLimits),
  ];
}

async function lock(report: Reporter, path: string, world: CheckWorld): Promise<CheckResult> {
  try {
    const held = await world.lockHeld(path);
    if (!held) return lockResult(report, false, null);
    const inode = (await world.pathFacts(path))?.inode ?? -1;
    const locks = await world.effects.files.read("/proc/locks").catch(() => null);
    const pid = locks === null ? null : lockHolder(Buffer.from(locks).toString("utf8"), inode);
    return lockResult(report, true, pid);
  } catch (error) {
    return report.error("lock", error);
  }
}

/** Keeps the headers of what the API host answers; downloads go elsewhere. */
function noting(effects: Effects, url: URL, last: { value: LastAnswer | null }): Effects {
  return {
    ...effects,
    fetch: async (request) => {
      const answer = await effects.fetch(request);
      if (new URL(request.url).host === url.host) {
        last.value = { atMs: effects.now(), headers: answer.headers };
      }
      return answer;
    },
  };
}
