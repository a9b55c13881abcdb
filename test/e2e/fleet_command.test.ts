import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FleetReport } from "../../plugin/commands/fleet/fleet_report.ts";
import { readFleet } from "../../plugin/fleet/fleet_view.ts";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { describeEtcd, startEtcd, type TestEtcd } from "../support/etcd.ts";
import { configFor } from "../support/fake_config.ts";
import { runProgram, startProgram, until } from "../support/program.ts";

const NAMES = ["acme", "beta", "gamma", "delta"];
const closers = closersOfEach();

describeEtcd("mimecast-input fleet and status of a fleet", () => {
  let etcd: TestEtcd;
  let count = 0;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  /** Machines with the same four accounts, and what the fleet looks like. */
  async function fleet(server = etcd) {
    const prefix = `/command-${++count}`;
    const fake = await fakeFor(closers, { api: "2.0", records: { audit: 5 } });
    const keys = fleetKeys(prefix);
    const machine = (worker: string, names: readonly string[] = NAMES, more = "") => {
      const workspace = workspaceFor(closers);
      const state = `state: { store: etcd, endpoints: ["${server.endpoint}"], prefix: ${prefix}, worker: ${worker}, lease_secs: 9 }`;
      const accounts = Object.fromEntries(
        names.map((name) => [name, { fake, api: "2.0" as const }]),
      );
      const poll = "poll: { interval_secs: 1, settle_secs: 1 }";
      workspace.config(
        configFor(join(workspace.folder, "state"), accounts, `${state}\n${poll}\n${more}`),
      );
      return {
        folder: workspace.folder,
        run: (...args: string[]) => runProgram(args, workspace.env),
        follow() {
          const child = startProgram(["poll", "--follow"], workspace.env);
          child.stdout?.resume();
          child.stderr?.resume();
          const ended = new Promise((done) => child.once("close", done));
          closers.push(async () => {
            child.kill("SIGKILL");
            await ended;
          });
          return child;
        },
      };
    };
    const untilLoads = async (wanted: Readonly<Record<string, number>>): Promise<void> => {
      for (;;) {
        const { owners } = await readFleet(server.client(), keys);
        const loads: Record<string, number> = {};
        for (const { note } of owners.values()) loads[note.worker] = (loads[note.worker] ?? 0) + 1;
        if (Object.entries(wanted).every(([name, load]) => (loads[name] ?? 0) === load)) return;
        await new Promise((done) => setTimeout(done, 100));
      }
    };
    return { machine, untilLoads, keys };
  }
  const report = (text: string) => JSON.parse(text) as FleetReport;

  it("shows workers, accounts and owners; moves an account and drains a worker, and undoes both", async () => {
    const { machine, untilLoads } = await fleet();
    const [a, b] = [machine("a"), machine("b")];
    a.follow();
    b.follow();
    await untilLoads({ a: 2, b: 2 });

    const shown = await a.run("fleet", "--json");
    expect(shown.stderr).toBe("");
    const { workers, accounts } = report(shown.stdout);
    expect(workers.map(({ worker, mode, accounts }) => [worker, mode, accounts])).toEqual([
      ["a", "follow", 2],
      ["b", "follow", 2],
    ]);
    for (const { lease_left_seconds: left } of workers) {
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(9);
    }
    expect(accounts.map(({ account }) => account)).toEqual([...NAMES].sort());
    expect(shown.code).toBe(0);
    const text = (await b.run("fleet")).stdout;
    expect(text).toMatch(/^worker +state +mode +accounts/);
    for (const { account, worker } of accounts) {
      expect(text).toMatch(new RegExp(`^${account} +${worker} `, "m"));
    }

    const ofB = accounts.find(({ worker }) => worker === "b")?.account as string;
    const moved = await a.run("fleet", "move", ofB, "a");
    expect(moved).toMatchObject({ code: 0, stdout: expect.stringContaining(`${ofB} is with a`) });
    const pinned = report((await a.run("fleet", "--json")).stdout).accounts;
    expect(pinned.find(({ account }) => account === ofB)).toMatchObject({
      worker: "a",
      pinned_to: "a",
    });
    const back = await b.run("fleet", "move", ofB, "--undo");
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining("no longer kept at a") });

    const drained = await b.run("fleet", "drain", "a");
    expect(drained).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("no account any more"),
    });
    await untilLoads({ a: 0, b: 4 });
    expect((await b.run("fleet")).stdout).toMatch(/^a +draining /m);
    const last = await b.run("fleet", "drain", "b");
    expect(last.code).toBe(78);
    expect(last.stderr).toContain('"code":"last_worker"');
    const onto = await b.run("fleet", "move", ofB, "a");
    expect(onto.stderr).toContain('"code":"worker_draining"');
    expect((await b.run("fleet", "drain", "a", "--undo")).code).toBe(0);
    await untilLoads({ a: 2, b: 2 });
  });

  it("status shows each account with its worker from any machine, and one that nobody has as such", async () => {
    const { machine, untilLoads } = await fleet();
    const [a, b] = [machine("a"), machine("b")];
    const first = a.follow();
    await untilLoads({ a: 4 });
    type Shown = { account: string; worker: string | null; condition: string };
    const statusOf = async (from: typeof a) => {
      const { code, stdout } = await from.run("status", "--json");
      return { code, accounts: (JSON.parse(stdout) as { accounts: Shown[] }).accounts };
    };
    // Every feed was polled once.
    while ((await statusOf(b)).accounts.some(({ condition }) => condition !== "ok")) {
      await new Promise((done) => setTimeout(done, 300));
    }
    const seen = await statusOf(b);
    expect(seen.code).toBe(0);
    expect(seen.accounts.map(({ worker }) => worker)).toEqual(["a", "a", "a", "a"]);
    expect((await b.run("status")).stdout).toMatch(/^acme \(API 2\.0, worker a\)$/m);
    expect((await b.run("status", "--live")).code).toBe(0);
    expect((await a.run("status", "--live")).code).toBe(0);
    // In order: its accounts are free at once.
    const ended = new Promise((done) => first.once("close", done));
    first.kill("SIGTERM");
    await ended;
    const left = await statusOf(b);
    expect(left.code).toBe(1);
    expect(new Set(left.accounts.map(({ condition }) => condition))).toEqual(new Set(["unowned"]));
    expect((await b.run("status")).stdout).toContain("no worker has the account");
    expect((await b.run("fleet")).code).toBe(1);
  });

  it("metrics and /healthz of a worker: its own accounts and those that nobody has, and whether etcd answers", async () => {
    const own = await startEtcd();
    closers.push(() => own.stop());
    const { machine, untilLoads } = await fleet(own);
    const path = join(workspaceFor(closers).folder, "metrics");
    const a = machine("a", NAMES, `metrics_file: ${path}`);
    a.follow();
    machine("b").follow();
    await untilLoads({ a: 2, b: 2 });
    const metrics = () => (existsSync(path) ? readFileSync(path, "utf8") : "");
    await until(() => metrics().includes('worker_accounts{worker="a"} 2\n'), 60_000, "metrics");
    await until(
      () => metrics().match(/^mimecast_input_up\{.*\} 1$/gm)?.length === 2,
      60_000,
      "its two accounts",
    );
    expect(metrics()).toContain('mimecast_input_fleet_workers{worker="a"} 2\n');
    expect(metrics()).toMatch(/mimecast_input_worker_taken_total\{worker="a"\} [2-9]/);
    expect(metrics()).toContain('mimecast_input_fleet_store_up{worker="a"} 1\n');
  });

  it("check tries endpoints and rights, and leaves nothing behind", async () => {
    const own = await startEtcd();
    closers.push(() => own.stop());
    const { machine, keys } = await fleet(own);
    const a = machine("a");
    const results = async () => {
      const { stdout } = await a.run("check", "--json");
      const { results: all } = JSON.parse(stdout) as {
        results: { scope: string; check: string; outcome: string; text: string }[];
      };
      return all.filter(({ scope }) => scope === "fleet");
    };
    expect((await results()).map(({ check, outcome }) => [check, outcome])).toEqual([
      ["endpoint", "ok"],
      ["rights", expect.stringMatching(/^(ok|warn)$/)],
    ]);
    const { found } = await own.client().txn([], [{ list: keys.budget("") }]);
    expect(found[0]).toEqual([]);
    await own.kill();
    expect((await results()).map(({ check, outcome }) => [check, outcome])).toEqual([
      ["endpoint", "fail"],
      ["rights", "fail"],
    ]);
  });

  it("refuses what is not there with the names that are, and says what keeps etcd away", async () => {
    const { machine, untilLoads } = await fleet();
    const a = machine("a", ["acme", "beta"]);
    a.follow();
    await untilLoads({ a: 2 });
    const wide = machine("wide");
    const cases = [
      [["fleet", "move", "acne", "a"], "unknown_account", /acme/],
      [["fleet", "move", "acme", "c"], "unknown_worker", /Known workers: a/],
      [["fleet", "move", "delta", "a"], "unknown_account", /does not have the account/],
      [["fleet", "drain", "c"], "unknown_worker", /Known workers: a/],
    ] as const;
    for (const [args, code, words] of cases) {
      const { code: exit, stderr } = await wide.run(...args);
      expect([exit, stderr]).toEqual([78, expect.stringContaining(`"code":"${code}"`)]);
      expect(stderr).toMatch(words);
    }
    for (const args of [["move", "acme"], ["drain"], ["show", "a"], ["show", "--undo"]]) {
      expect((await wide.run("fleet", ...args)).code).toBe(64);
    }
    const workspace = workspaceFor(closers);
    const fake = await fakeFor(closers);
    const accounts = { acme: { fake, api: "2.0" as const } };
    workspace.config(configFor(workspace.stateDir, accounts));
    const none = await runProgram(["fleet"], workspace.env);
    expect(none).toMatchObject({ code: 78, stderr: expect.stringContaining('"code":"no_fleet"') });
    const away = 'state: { store: etcd, endpoints: ["http://127.0.0.1:9"] }';
    workspace.config(configFor(workspace.stateDir, accounts, away));
    for (const command of ["fleet", "status"]) {
      const down = await runProgram([command], workspace.env);
      expect(down).toMatchObject({ code: 74, stdout: "" });
      expect(down.stderr).toContain('"code":"etcd_unavailable"');
      expect(down.stderr).toContain("etcdctl endpoint status");
    }
    // A probe must not end what waits for etcd.
    expect((await runProgram(["status", "--live"], workspace.env)).code).toBe(0);
  });
});
