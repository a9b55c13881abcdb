import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdCluster } from "../../test/support/etcd_cluster.ts";
import type { PlannedFleetBlow } from "./fleet_blows.ts";
import { LEASE_SECS, type Machine } from "./fleet_machine.ts";
import { signal } from "./processes.ts";

/** So long something is away that others are to take over from. */
export const AWAY_MS = (LEASE_SECS + 6) * 1000;
/** So long etcd is away or full: within a lease and beyond it, by turns. */
const OUTAGES_MS = [4_000, AWAY_MS] as const;

/** Carries out one blow and undoes it; resolves when everything runs again. */
export async function strike(
  { blow, victim, afterMs }: PlannedFleetBlow,
  machines: readonly Machine[],
  etcd: EtcdCluster,
): Promise<void> {
  const machine = machines[victim % machines.length] as Machine;
  const outageMs = OUTAGES_MS[afterMs % OUTAGES_MS.length] as number;
  const members = [...etcd.ports.keys()];
  const send = (name: NodeJS.Signals) => {
    for (const pid of machine.plugins()) signal(pid, name);
  };
  switch (blow) {
    case "kill worker":
      return send("SIGKILL");
    case "kill shipper":
      await machine.killShipper();
      return machine.start();
    case "lose machine":
      send("SIGKILL");
      await machine.killShipper();
      send("SIGKILL");
      await sleep(AWAY_MS);
      return machine.start();
    case "stop worker": {
      const pids = machine.plugins();
      for (const pid of pids) signal(pid, "SIGSTOP");
      await sleep(AWAY_MS);
      for (const pid of pids) signal(pid, "SIGCONT");
      return;
    }
    case "cut worker off":
    case "cut answers":
      machine.cut(blow === "cut answers" ? "answers" : "all");
      await sleep(AWAY_MS);
      return machine.cut("nothing");
    case "rolling restart":
      for (const each of machines) {
        await each.stop();
        await each.start();
        await sleep(2_000);
      }
      return;
    case "kill etcd member":
    case "kill etcd leader": {
      const leader = (await etcd.leader()) ?? 0;
      const other = members.find((member) => member !== leader) as number;
      const hit = blow === "kill etcd leader" ? leader : other;
      await etcd.signal(hit, "SIGKILL");
      await sleep(outageMs);
      return etcd.start(hit);
    }
    case "stop etcd leader": {
      const leader = (await etcd.leader()) ?? 0;
      await etcd.signal(leader, "SIGSTOP");
      await sleep(outageMs);
      return etcd.signal(leader, "SIGCONT");
    }
    case "etcd without quorum": {
      const hit = members.slice(1);
      for (const member of hit) await etcd.signal(member, "SIGKILL");
      await sleep(outageMs);
      for (const member of hit) await etcd.start(member);
      return;
    }
    case "etcd full":
      await fill(etcd);
      await sleep(outageMs);
      return makeRoom(etcd);
  }
}

/** Writes until etcd has no room, as an etcd that nobody compacts does. */
async function fill(etcd: EtcdCluster): Promise<void> {
  const junk = Buffer.alloc(1_000_000, "x").toString("base64");
  const body = JSON.stringify({ key: Buffer.from("/junk").toString("base64"), value: junk });
  for (let index = 0; index < 2_000; index++) {
    const port = etcd.ports[index % etcd.ports.length];
    const said = await fetch(`http://127.0.0.1:${port}/v3/kv/put`, { method: "POST", body }).then(
      (answer) => answer.text(),
      () => "",
    );
    if (/space exceeded/.test(said)) return;
  }
}

/** What docs/fleet.md tells operators to do. */
async function makeRoom(etcd: EtcdCluster): Promise<void> {
  const steps = async (): Promise<void> => {
    await etcd.compact(0);
    await etcd.ctl("defrag");
    await etcd.ctl("alarm", "disarm");
  };
  for (let tries = 0; ; tries++) {
    try {
      return await steps();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(1_000);
    }
  }
}
