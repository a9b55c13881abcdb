import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFetch } from "../../plugin/client/undici_fetch.ts";
import { createEtcd, type Etcd } from "../../plugin/fleet/etcd.ts";
import { onPath, until } from "./program.ts";

/** True where etcd is on PATH (Debian: etcd-server). */
export const HAS_ETCD = onPath("etcd");
/** Set by .ci/run: a test that needs etcd fails then instead of being skipped. */
const MUST_HAVE_ETCD = process.env.MIMECAST_INPUT_TEST_ETCD === "1";

/** `describe` for tests against a real etcd: skipped, and said so, where there is none. */
export function describeEtcd(name: string, tests: () => void): void {
  if (HAS_ETCD) describe(name, tests);
  else if (MUST_HAVE_ETCD) {
    describe(name, () =>
      it("needs etcd", () => expect(HAS_ETCD, "etcd is not on PATH").toBe(true)),
    );
  } else describe.skip(`${name} (skipped: etcd is not on PATH)`, tests);
}

/** A throwaway etcd of one member. */
export interface TestEtcd {
  readonly endpoint: string;
  readonly process: ChildProcess;
  /** A client of ours. */
  client(more?: Partial<Parameters<typeof createEtcd>[0]>): Etcd;
  /** Ends it, by SIGKILL, and starts it with the same data. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on free ports of 127.0.0.1 with its data in a temporary folder. `args`: more of its command line. */
export async function startEtcd(
  args: readonly string[] = [],
  scheme: "http" | "https" = "http",
): Promise<TestEtcd> {
  const folder = mkdtempSync(join(tmpdir(), "mimecast-input-etcd-"));
  const [clients, peers] = [await freePort(), await freePort()];
  const endpoint = `${scheme}://127.0.0.1:${clients}`;
  const peer = `http://127.0.0.1:${peers}`;
  let said = "";
  let child: ChildProcess;

  async function start(): Promise<void> {
    said = "";
    child = spawn(
      "etcd",
      [
        ...["--data-dir", join(folder, "data"), "--name", "m"],
        ...["--listen-client-urls", endpoint, "--advertise-client-urls", endpoint],
        ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
        ...["--initial-cluster", `m=${peer}`, "--logger", "zap", "--log-outputs", "stderr"],
        ...args,
      ],
      { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env.PATH } },
    );
    child.stderr?.on("data", (piece) => {
      said = (said + piece).slice(-200_000);
    });
    await until(
      () => {
        if (child.exitCode !== null) throw new Error(`etcd ended: ${said}`);
        return /ready to serve client requests|serving client/.test(said);
      },
      60_000,
      "etcd",
    );
  }
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGCONT");
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
  }

  await start();
  return {
    endpoint,
    get process() {
      return child;
    },
    client: (more = {}) =>
      createEtcd({
        endpoints: [endpoint],
        fetch: createFetch({}),
        user: null,
        callMs: 60_000,
        ...more,
      }),
    kill,
    start,
    async restart() {
      await kill();
      await start();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** A call of the JSON gateway that the program has no need of. */
export async function postEtcd(
  endpoint: string,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${endpoint}${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  const read = (await answer.json()) as Record<string, unknown>;
  if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(read)}`);
  return read;
}

/** Writes until there is no room; the result makes room again, as an operator does. */
export async function fillEtcd(server: TestEtcd): Promise<() => Promise<void>> {
  const etcd = server.client();
  const value = new Uint8Array(100_000);
  for (let isFull = false; !isFull; ) {
    await etcd.txn([], [{ put: "/full", value }]).catch((error) => {
      if (error.code !== "etcd_full") throw error;
      isFull = true;
    });
  }
  return async () => {
    const { revision } = await etcd.txn([], [{ get: "/full" }]);
    await postEtcd(server.endpoint, "/v3/kv/compaction", { revision, physical: true });
    await postEtcd(server.endpoint, "/v3/maintenance/defragment", {});
    const { alarms } = await postEtcd(server.endpoint, "/v3/maintenance/alarm", { action: "GET" });
    for (const alarm of alarms as object[]) {
      await postEtcd(server.endpoint, "/v3/maintenance/alarm", { action: "DEACTIVATE", ...alarm });
    }
  };
}
