import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./etcd.ts";
import { until } from "./program.ts";

/** A throwaway etcd of several members on 127.0.0.1. */
export interface EtcdCluster {
  readonly ports: readonly number[];
  /** Where etcdctl reaches it. */
  readonly endpoints: string;
  /** Which member leads; null while none does. */
  leader(): Promise<number | null>;
  /** SIGKILL, or any other signal. */
  signal(member: number, name: NodeJS.Signals): Promise<void>;
  /** Starts a member that was killed, with its data. */
  start(member: number): Promise<void>;
  /** Runs etcdctl against all members; gives what it says. */
  ctl(...args: string[]): Promise<string>;
  /** Forgets all revisions but so many, as --auto-compaction does, which looks every five minutes only. */
  compact(keep: number): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Starts it, and waits until it has a leader. `args`: more of each command line. */
export async function startEtcdCluster(
  size: number,
  args: readonly string[] = [],
): Promise<EtcdCluster> {
  const folder = mkdtempSync(join(tmpdir(), "mimecast-input-cluster-"));
  const members: { clients: number; peers: number; child: ChildProcess | null }[] = [];
  for (let index = 0; index < size; index++) {
    members.push({ clients: await freePort(), peers: await freePort(), child: null });
  }
  const cluster = members.map(({ peers }, index) => `m${index}=http://127.0.0.1:${peers}`).join();
  const endpoints = members.map(({ clients }) => `http://127.0.0.1:${clients}`).join();
  const at = (member: number) => members[member] as (typeof members)[number];

  async function start(member: number): Promise<void> {
    const { clients, peers } = at(member);
    const [client, peer] = [`http://127.0.0.1:${clients}`, `http://127.0.0.1:${peers}`];
    at(member).child = spawn(
      "etcd",
      [
        ...["--data-dir", join(folder, `m${member}`), "--name", `m${member}`],
        ...["--listen-client-urls", client, "--advertise-client-urls", client],
        ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
        ...["--initial-cluster", cluster, "--logger", "zap", "--log-outputs", "/dev/null"],
        ...args,
      ],
      { stdio: "ignore", env: { PATH: process.env.PATH } },
    );
  }

  async function signal(member: number, name: NodeJS.Signals): Promise<void> {
    const { child } = at(member);
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(name);
    if (name === "SIGKILL") await ended;
  }

  const ctl = async (...more: string[]): Promise<string> => {
    const env = { ...process.env, ETCDCTL_API: "3" };
    const timeouts = ["--dial-timeout=5s", "--command-timeout=20s"];
    const all = ["--endpoints", endpoints, ...timeouts, ...more];
    return (await run("etcdctl", all, { env, maxBuffer: 1 << 28 })).stdout;
  };

  async function compact(keep: number): Promise<void> {
    const status = JSON.parse(await ctl("endpoint", "status", "-w", "json")) as {
      Status: { header: { revision: number } };
    }[];
    const revision = Math.max(...status.map(({ Status }) => Status.header.revision)) - keep;
    await ctl("compact", String(Math.max(revision, 1))).catch((error) => {
      if (!/has been compacted/.test(String(error))) throw error;
    });
  }

  async function leader(): Promise<number | null> {
    for (const [index, { clients }] of members.entries()) {
      const url = `http://127.0.0.1:${clients}/v3/maintenance/status`;
      const request = { method: "POST", body: "{}", signal: AbortSignal.timeout(2_000) };
      const answer = await fetch(url, request).then(
        (response) =>
          response.json() as Promise<{ leader?: string; header?: { member_id: string } }>,
        () => null,
      );
      if (answer?.leader !== undefined && answer.leader === answer.header?.member_id) return index;
    }
    return null;
  }

  for (const member of members.keys()) await start(member);
  let led: number | null = null;
  const looking = setInterval(async () => {
    led = await leader();
  }, 500);
  await until(() => led !== null, 60_000, "a leader of etcd").finally(() => clearInterval(looking));
  return {
    ports: members.map(({ clients }) => clients),
    endpoints,
    leader,
    signal,
    start,
    ctl,
    compact,
    async stop() {
      for (const member of members.keys()) await signal(member, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
