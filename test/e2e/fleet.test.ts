import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FleetView, readFleet } from "../../plugin/fleet/fleet_view.ts";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { startCuttingProxy } from "../support/cutting_proxy.ts";
import { describeEtcd, fillEtcd, startEtcd, type TestEtcd } from "../support/etcd.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram, startProgram, until } from "../support/program.ts";

const NAMES = ["acme", "beta", "gamma", "delta", "epsilon", "zeta"];
const FOLLOW = "poll: { interval_secs: 1, settle_secs: 1 }";
const ONCE = "handover: drained\npoll: { interval_secs: 1 }";
const closers = closersOfEach();

const idsIn = (text: string): string[] => linesOf(text).flatMap((line) => idOf(line) ?? []);

/** The accounts of all workers of a test, and what the fleet looks like. */
interface Setting {
  readonly etcd: TestEtcd;
  readonly prefix: string;
  readonly fakes: readonly Fake[];
  /** All records that there are. */
  ids(): string[];
  add(audit: number): void;
  view(): Promise<FleetView>;
  /** "acme a": the account and its owner, sorted. */
  owners(): Promise<string[]>;
  untilOwned(by: Readonly<Record<string, number>>): Promise<void>;
}

/** A machine: a state directory and a configuration of its own. */
interface Machine {
  once(): ReturnType<typeof runProgram>;
  peek(): ReturnType<typeof runProgram>;
  follow(): Following;
}

interface Following {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  ended(): Promise<void>;
}

describeEtcd("a fleet", () => {
  let shared: TestEtcd;
  let count = 0;
  beforeAll(async () => {
    shared = await startEtcd();
  });
  afterAll(() => shared.stop());

  async function setting(etcd: TestEtcd, records: number): Promise<Setting> {
    const prefix = `/fleet-${++count}`;
    const fakes: Fake[] = [];
    for (const index of NAMES.keys()) {
      const fake = await fakeFor(closers, {
        api: "2.0",
        records: { audit: records },
        seed: 1 + index,
      });
      fakes.push(fake);
    }
    const view = () => readFleet(etcd.client(), fleetKeys(prefix));
    const owners = async () =>
      [...(await view()).owners].map(([account, { note }]) => `${account} ${note.worker}`).sort();
    return {
      etcd,
      prefix,
      fakes,
      ids: () => fakes.flatMap((fake) => [...fake.ids("audit")]),
      add: (audit) => {
        for (const fake of fakes) fake.add({ audit });
      },
      view,
      owners,
      async untilOwned(by) {
        let found: string[] | null = null;
        let isOver = false;
        const looking = (async () => {
          while (!isOver) {
            found = await owners();
            await new Promise((done) => setTimeout(done, 100));
          }
        })();
        const loads = () =>
          found
            ?.map((each) => each.split(" ")[1] ?? "")
            .sort()
            .join();
        const wanted = Object.entries(by).flatMap(([name, load]) => Array<string>(load).fill(name));
        try {
          await until(() => loads() === wanted.sort().join(), 60_000, JSON.stringify(by));
        } finally {
          isOver = true;
          await looking;
        }
      },
    };
  }

  function machine(
    { etcd, prefix, fakes }: Setting,
    worker: string,
    more: string,
    endpoint = etcd.endpoint,
  ): Machine {
    const workspace = workspaceFor(closers);
    const state = [
      ...["state:", "  store: etcd", `  endpoints: ["${endpoint}"]`, `  prefix: ${prefix}`],
      ...[`  worker: ${worker}`, "  lease_secs: 9"],
    ].join("\n");
    const accounts = Object.fromEntries(
      NAMES.map((name, index) => [name, { fake: fakes[index] as Fake, api: "2.0" as const }]),
    );
    workspace.config(configFor(join(workspace.folder, "state"), accounts, `${state}\n${more}`));
    const { env } = workspace;
    return {
      once: () => runProgram(["poll", "--once"], env),
      peek: () => runProgram(["poll", "--peek", "1000"], env),
      follow() {
        const child = startProgram(["poll", "--follow"], env);
        let [out, err] = ["", ""];
        child.stdout?.on("data", (piece) => {
          out += piece;
        });
        child.stderr?.on("data", (piece) => {
          err += piece;
        });
        const exit = new Promise<void>((done) => child.once("close", () => done()));
        closers.push(async () => {
          child.kill("SIGKILL");
          await exit;
        });
        return { child, out: () => out, err: () => err, ended: () => exit };
      },
    };
  }

  const untilAll = (all: Setting, workers: readonly Following[]) =>
    until(
      () => {
        const got = new Set(workers.flatMap(({ out }) => idsIn(out())));
        return all.ids().every((id) => got.has(id));
      },
      60_000,
      "all records",
    );

  it("--once: shares the accounts out between runs, each goes on where the other was, and nothing comes twice", async () => {
    const all = await setting(shared, 20);
    const [a, b] = [machine(all, "a", ONCE), machine(all, "b", ONCE)];
    let out = "";
    const once = async (who: Machine) => {
      const { code, stdout, stderr } = await who.once();
      expect(stderr).not.toContain('"level":"error"');
      expect(code).toBe(0);
      out += stdout;
    };
    await once(a);
    expect(idsIn(out).sort()).toEqual(all.ids().sort());
    // The lease of the run that is over lives on, and so its owners.
    await once(b);
    expect(new Set((await all.owners()).map((each) => each.slice(-2)))).toEqual(new Set([" a"]));
    await once(a);
    await once(b);
    await all.untilOwned({ a: 3, b: 3 });
    all.add(7);
    // A feed is due a second after its last poll.
    while (idsIn(out).length < all.ids().length) {
      await once(a);
      await once(b);
    }
    expect(idsIn(out).sort()).toEqual(all.ids().sort());
    for (const fake of all.fakes) {
      expect(fake.violations).toEqual([]);
      // The token goes with the account.
      expect(fake.requests("/oauth/token")).toBe(1);
    }
  });

  it("--follow: another worker takes over from one that was killed, and from one that is stopped in order", async () => {
    const all = await setting(shared, 30);
    const [one, b] = [machine(all, "a", FOLLOW), machine(all, "b", FOLLOW).follow()];
    const a = one.follow();
    await all.untilOwned({ a: 3, b: 3 });
    await untilAll(all, [a, b]);
    a.child.kill("SIGKILL");
    all.add(5);
    await all.untilOwned({ b: 6 });
    await untilAll(all, [a, b]);
    // It comes back, and gets its share.
    const again = one.follow();
    await all.untilOwned({ a: 3, b: 3 });
    all.add(5);
    await untilAll(all, [a, b, again]);
    again.child.kill("SIGTERM");
    await again.ended();
    const { workers } = await all.view();
    expect([...workers.keys()]).toEqual(["b"]);
    expect((await all.owners()).filter((each) => each.endsWith(" a"))).toEqual([]);
    all.add(5);
    await untilAll(all, [a, b, again]);
    for (const fake of all.fakes) expect(fake.violations).toEqual([]);
    for (const fake of all.fakes) expect(fake.requests("/oauth/token")).toBe(1);
  });

  it("--follow: a worker that was paused beyond its lease gives nothing out before it owns an account again", async () => {
    const all = await setting(shared, 10);
    const a = machine(all, "a", FOLLOW).follow();
    await all.untilOwned({ a: 6 });
    await untilAll(all, [a]);
    a.child.kill("SIGSTOP");
    const b = machine(all, "b", FOLLOW).follow();
    await all.untilOwned({ b: 6 });
    all.add(10);
    await untilAll(all, [a, b]);
    const before = idsIn(a.out()).length;
    const tokens = new Map(
      [...(await all.view()).owners].map(([name, each]) => [name, each.createRevision]),
    );
    a.child.kill("SIGCONT");
    await all.untilOwned({ a: 3, b: 3 });
    expect(a.err()).toContain('"code":"lock_lost"');
    all.add(10);
    await untilAll(all, [a, b]);
    expect(idsIn(a.out()).length).toBeGreaterThan(before);
    // Who kept its account was not disturbed.
    const { owners } = await all.view();
    const kept = [...owners].filter(([, { note }]) => note.worker === "b");
    for (const [name, { createRevision }] of kept) expect(createRevision).toBe(tokens.get(name));
  });

  it("--follow: waits while etcd is away, says so to the log and to QRadar, and goes on", async () => {
    const etcd = await startEtcd();
    closers.push(() => etcd.stop());
    const all = await setting(etcd, 10);
    const a = machine(all, "a", FOLLOW).follow();
    await untilAll(all, [a]);
    await etcd.kill();
    all.add(10);
    await until(() => /health_error.*etcd/.test(a.out()), 60_000, "a health line");
    expect(a.err()).toContain('"code":"etcd_unavailable"');
    const before = a.out();
    const pages = () =>
      all.fakes.reduce((sum, fake) => sum + fake.requests("/api/audit/get-audit-events"), 0);
    const asked = pages();
    await new Promise((done) => setTimeout(done, 3_000));
    expect(pages()).toBe(asked);
    expect(idsIn(a.out())).toEqual(idsIn(before));
    await etcd.start();
    await untilAll(all, [a]);
    await until(() => a.err().includes("The fleet is back"), 60_000, "the log");
  });

  it("--follow: a worker that is cut off from etcd stops, another one takes over, and it comes back", async () => {
    const all = await setting(shared, 10);
    const proxy = await startCuttingProxy(Number(new URL(shared.endpoint).port));
    closers.push(() => proxy.close());
    const a = machine(all, "a", FOLLOW, `http://127.0.0.1:${proxy.port}`).follow();
    await all.untilOwned({ a: 6 });
    await untilAll(all, [a]);
    proxy.cut("all");
    const b = machine(all, "b", FOLLOW).follow();
    await all.untilOwned({ b: 6 });
    const before = idsIn(a.out());
    all.add(10);
    await untilAll(all, [a, b]);
    expect(idsIn(a.out())).toEqual(before);
    expect(a.err()).toContain('"code":"etcd_unavailable"');
    proxy.cut("nothing");
    await all.untilOwned({ a: 3, b: 3 });
    all.add(10);
    await untilAll(all, [a, b]);
  });

  it("--follow: gives nothing more out while etcd has no room, says so, and goes on", async () => {
    const etcd = await startEtcd(["--quota-backend-bytes", "2000000"]);
    closers.push(() => etcd.stop());
    const all = await setting(etcd, 10);
    const a = machine(all, "a", FOLLOW).follow();
    await untilAll(all, [a]);
    const free = await fillEtcd(etcd);
    all.add(10);
    await until(() => /health_error.*space exceeded/.test(a.out()), 60_000, "a health line");
    expect(a.err()).toContain('"code":"etcd_full"');
    await free();
    await untilAll(all, [a]);
  });

  it("a drained worker gives its accounts away, also to one that the shipper starts each time", async () => {
    const all = await setting(shared, 10);
    const keys = fleetKeys(all.prefix);
    const a = machine(all, "a", FOLLOW).follow();
    await untilAll(all, [a]);
    const once = machine(all, "b", ONCE);
    expect((await once.once()).code).toBe(0);
    await all.untilOwned({ a: 3 });
    await shared.client().txn([], [{ put: keys.drain("a"), value: "1" }]);
    await all.untilOwned({});
    all.add(10);
    const got = new Set(idsIn(a.out()));
    // A feed is due a second after its last poll.
    while (got.size < all.ids().length) {
      for (const id of idsIn((await once.once()).stdout)) got.add(id);
    }
    await all.untilOwned({ b: 6 });
    expect(a.child.exitCode).toBeNull();
    await shared.client().txn([], [{ remove: keys.drain("a") }]);
    await once.once();
    await all.untilOwned({ a: 3, b: 3 });
  });

  it("shows what would come next, from any machine, and leaves no trace", async () => {
    const all = await setting(shared, 10);
    expect((await machine(all, "a", ONCE).once()).code).toBe(0);
    const seen = new Set(all.ids());
    all.add(5);
    const keys = fleetKeys(all.prefix);
    const stored = async () =>
      (
        await shared
          .client()
          .txn(
            [],
            [{ list: `${all.prefix}/accounts/` }, { list: keys.owners }, { list: keys.workers }],
          )
      ).found;
    const before = await stored();
    const { stdout, code } = await machine(all, "b", ONCE).peek();
    expect(code).toBe(0);
    const next = all.ids().filter((id) => !seen.has(id));
    expect(next).toHaveLength(30);
    expect(idsIn(stdout)).toEqual(expect.arrayContaining(next));
    expect(await stored()).toEqual(before);
  });

  it("refuses a second machine with a worker's name, and a second process of one state directory", async () => {
    const all = await setting(shared, 1);
    const own = machine(all, "a", FOLLOW);
    const a = own.follow();
    await all.untilOwned({ a: 6 });
    const [twin, same] = [await machine(all, "a", ONCE).once(), await own.once()];
    expect(twin).toMatchObject({ code: 74, stdout: "" });
    expect(twin.stderr).toContain('"code":"worker_taken"');
    expect(same).toMatchObject({ code: 74, stdout: "" });
    expect(same.stderr).toContain('"code":"lock_held"');
    expect(a.child.exitCode).toBeNull();
    expect(await all.owners()).toHaveLength(6);
  });
});
