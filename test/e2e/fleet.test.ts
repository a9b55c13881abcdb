import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readFleet } from "../../plugin/fleet/fleet_view.ts";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { describeEtcd, startEtcd, type TestEtcd } from "../support/etcd.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram, startProgram, until } from "../support/program.ts";

const NAMES = ["acme", "beta", "gamma", "delta", "epsilon", "zeta"];
const closers = closersOfEach();

interface Worker {
  readonly env: NodeJS.ProcessEnv;
  once(): ReturnType<typeof runProgram>;
}

describeEtcd("a fleet", () => {
  let etcd: TestEtcd;
  let count = 0;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  async function fakes(records: number): Promise<Record<string, { fake: Fake; api: "2.0" }>> {
    const all: Record<string, { fake: Fake; api: "2.0" }> = {};
    for (const [index, name] of NAMES.entries()) {
      const fake = await fakeFor(closers, {
        api: "2.0",
        records: { audit: records },
        seed: 1 + index,
      });
      all[name] = { fake, api: "2.0" };
    }
    return all;
  }

  /** A machine of its own: its own state directory. */
  function worker(
    name: string,
    prefix: string,
    accounts: Awaited<ReturnType<typeof fakes>>,
    more = "",
  ): Worker {
    const workspace = workspaceFor(closers);
    const state = [
      "state:",
      "  store: etcd",
      `  endpoints: ["${etcd.endpoint}"]`,
      `  prefix: ${prefix}`,
      `  worker: ${name}`,
      "  lease_secs: 5",
    ].join("\n");
    workspace.config(configFor(join(workspace.folder, "state"), accounts, `${state}\n${more}`));
    return { env: workspace.env, once: () => runProgram(["poll", "--once"], workspace.env) };
  }

  const idsIn = (text: string): string[] => linesOf(text).flatMap((line) => idOf(line) ?? []);
  const idsOf = (accounts: Awaited<ReturnType<typeof fakes>>): string[] =>
    Object.values(accounts).flatMap(({ fake }) => [...fake.ids("audit")]);

  function follow({ env }: Worker): { child: ChildProcess; out(): string; err(): string } {
    const child = startProgram(["poll", "--follow"], env);
    let [out, err] = ["", ""];
    child.stdout?.on("data", (piece) => {
      out += piece;
    });
    child.stderr?.on("data", (piece) => {
      err += piece;
    });
    closers.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL");
      await ended;
    });
    return { child, out: () => out, err: () => err };
  }

  it("--once: divides the accounts among the workers, and goes on where another one was", async () => {
    const prefix = `/once-${++count}`;
    const accounts = await fakes(20);
    const [a, b] = ["a", "b"].map((name) => worker(name, prefix, accounts, "handover: drained"));
    const first = await (a as Worker).once();
    expect(first.code).toBe(0);
    expect(idsIn(first.stdout).sort()).toEqual(idsOf(accounts).sort());
    for (const { fake } of Object.values(accounts)) fake.add({ audit: 3 });
    const view = () => readFleet(etcd.client(), fleetKeys(prefix));
    const ownersOf = async () =>
      [...(await view()).owners].map(([account, { note }]) => `${account} ${note.worker}`).sort();
    await (b as Worker).once();
    await (a as Worker).once();
    await (b as Worker).once();
    const owners = await ownersOf();
    expect(owners.filter((each) => each.endsWith(" a"))).toHaveLength(3);
    expect(owners.filter((each) => each.endsWith(" b"))).toHaveLength(3);
    for (const { fake } of Object.values(accounts)) expect(fake.violations).toEqual([]);
  });

  it("--follow: another worker takes over from one that was killed, and nothing is lost", async () => {
    const prefix = `/follow-${++count}`;
    const accounts = await fakes(30);
    const more = "poll: { interval_secs: 1, settle_secs: 1 }";
    const [a, b] = ["a", "b"].map((name) => follow(worker(name, prefix, accounts, more)));
    const view = () => readFleet(etcd.client(), fleetKeys(prefix));
    const loads = new Map<string, number>();
    const look = async () => {
      loads.clear();
      for (const { note } of (await view()).owners.values())
        loads.set(note.worker, (loads.get(note.worker) ?? 0) + 1);
    };
    const looking = setInterval(() => void look(), 200);
    closers.push(() => clearInterval(looking));
    await until(() => loads.get("a") === 3 && loads.get("b") === 3, 60_000, "equal shares");
    const got = () => new Set([...idsIn(a?.out() ?? ""), ...idsIn(b?.out() ?? "")]);
    await until(() => got().size === idsOf(accounts).length, 60_000, "all records");
    a?.child.kill("SIGKILL");
    for (const { fake } of Object.values(accounts)) fake.add({ audit: 5 });
    await until(() => loads.get("b") === 6 && !loads.has("a"), 60_000, "the takeover");
    const ids = idsOf(accounts);
    await until(
      () => new Set(idsIn(b?.out() ?? "")).size >= 3 && got().size === ids.length,
      60_000,
      "the rest",
    );
    b?.child.kill("SIGTERM");
    await until(() => b?.child.exitCode !== null, 60_000, "the end");
    expect((await view()).owners.size).toBe(0);
    expect(b?.err()).not.toContain('"level":"error"');
  });
});
