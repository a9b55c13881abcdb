import { describe, expect, it } from "vitest";
import { type KeptWorker, openLease } from "../../plugin/fleet/lease.ts";
import { onceLeaseSecs, workerName } from "../../plugin/fleet/open_fleet.ts";
import { memoryEtcd } from "../support/memory_etcd.ts";

const NEW: KeptWorker = { id: "folder", lease: null, ttlSecs: 0 };

function world(kept: KeptWorker = NEW, etcd = memoryEtcd()) {
  const clock = { monoMs: 0, wallMs: 1_000_000 };
  const client = etcd.client();
  const written: KeptWorker[] = [];
  const clocks = { now: () => clock.wallMs, monoMs: () => clock.monoMs };
  const lease = openLease(client, clocks, kept, 10, async (worker) => void written.push(worker));
  const pass = (ms: number, wallMs = ms) => {
    clock.monoMs += ms;
    clock.wallMs += wallMs;
    etcd.advance(ms);
  };
  return { etcd, client, lease, written, pass };
}

describe("openLease()", () => {
  it("is sure of nothing before the first answer, then of nine tenths of the time", async () => {
    const { lease, pass, written } = world();
    expect(lease.leftMs()).toBeLessThanOrEqual(0);
    expect(lease.isDue()).toBe(true);
    expect(await lease.renew()).toBe(false);
    expect(written).toEqual([{ id: "folder", lease: lease.id(), ttlSecs: 10 }]);
    expect(lease.leftMs()).toBe(9_000);
    pass(3_000);
    expect(lease.isDue()).toBe(false);
    pass(400);
    expect(lease.isDue()).toBe(true);
    pass(5_600);
    expect(lease.leftMs()).toBe(0);
  });

  it("counts from before the request was sent", async () => {
    const { lease, client, pass } = world();
    await lease.renew();
    const keepAlive = client.keepAlive;
    client.keepAlive = async (id) => {
      const secs = await keepAlive(id);
      pass(4_000);
      return secs;
    };
    expect(await lease.renew()).toBe(true);
    expect(lease.leftMs()).toBe(5_000);
  });

  it.each([
    ["the machine has slept", 0, 60_000],
    ["the process was stopped, or the clock is set back", 60_000, -3_600_000],
    ["the clock was set forward", 10, 3_600_000],
  ])("is sure of nothing where %s, and asks", async (_what, monoMs, wallMs) => {
    const { lease, pass } = world();
    await lease.renew();
    pass(monoMs, wallMs);
    expect(lease.leftMs()).toBeLessThanOrEqual(0);
    expect(lease.isDue()).toBe(true);
    await lease.renew();
    expect(lease.leftMs()).toBe(9_000);
  });

  it("takes up the lease of the run before, and a new one where that has ended or has another time", async () => {
    const first = world();
    await first.lease.renew();
    const [kept] = first.written as [KeptWorker];
    const next = world(kept, first.etcd);
    expect(await next.lease.renew()).toBe(true);
    expect(next.lease.id()).toBe(first.lease.id());
    expect(next.written).toEqual([]);
    const longer = world({ ...kept, ttlSecs: 180 }, first.etcd);
    expect(await longer.lease.renew()).toBe(false);
    expect(longer.lease.id()).not.toBe(kept.lease);
    first.etcd.advance(10_000);
    expect(await world(kept, first.etcd).lease.renew()).toBe(false);
  });

  it("is sure of nothing where etcd does not answer, or once it was given back", async () => {
    const { lease, client, pass, written } = world();
    await lease.renew();
    client.set("cut");
    pass(4_000);
    await expect(lease.renew()).rejects.toMatchObject({ code: "etcd_unavailable" });
    expect(lease.leftMs()).toBe(5_000);
    client.set("up");
    await lease.revoke();
    expect(lease.leftMs()).toBeLessThanOrEqual(0);
    expect(written.at(-1)).toMatchObject({ lease: null });
  });
});

describe("onceLeaseSecs()", () => {
  it.each([
    [15, 0, 180],
    [15, 60_000, 180],
    [15, 61_000, 900],
    [15, 300_000, 900],
    [600, 60_000, 900],
    [15, 900_000, 3_600],
    [15, 3 * 86_400_000, 14_400],
  ])(
    "with a lease of %i s and %i ms between two starts is %i s",
    (leaseSecs, betweenMs, wanted) => {
      expect(onceLeaseSecs(leaseSecs, betweenMs)).toBe(wanted);
    },
  );
});

describe("workerName()", () => {
  it.each([
    ["collector-1", "host", "collector-1"],
    [null, "web01.example.com", "web01.example.com"],
    [null, "größe", "gr--e"],
    [null, "", "worker"],
    [null, "x".repeat(100), "x".repeat(63)],
  ])("of %s on %s is %s", (worker, hostName, wanted) => {
    expect(workerName({ worker }, hostName)).toBe(wanted);
  });
});
