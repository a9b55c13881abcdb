import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import { serializeCheckpoint } from "../../plugin/state/checkpoint.ts";
import { watchFleet } from "../../scripts/chaos/fleet_witness.ts";
import { closersOfEach } from "../support/closers.ts";
import { checkpointOf, runOf, shipper } from "../support/delivery_values.ts";
import { describeEtcd, startEtcd } from "../support/etcd.ts";
import { until } from "../support/program.ts";

const closers = closersOfEach();

describeEtcd("the witness of a chaos campaign", () => {
  it("sees a write by another than the owner, and a checkpoint that does not follow, also across a restart of etcd", async () => {
    const server = await startEtcd();
    closers.push(() => server.stop());
    const etcd = server.client();
    const keys = fleetKeys("/witness");
    const pids: Readonly<Record<number, string>> = { 1: "one", 2: "two" };
    const witness = watchFleet(server.endpoint, "/witness", (pid) => pids[pid]);
    closers.push(() => witness.stop());
    const own = (worker: string) =>
      etcd.txn([], [{ put: keys.owner("acme"), value: JSON.stringify({ worker, id: worker }) }]);
    const write = (pid: number, sequence: number) => {
      const checkpoint = checkpointOf({ sequence, runs: [runOf("r", shipper(pid), "open", {})] });
      const value = gzipSync(serializeCheckpoint(checkpoint));
      return etcd.txn([], [{ put: keys.checkpoint("acme"), value }]);
    };
    await own("one");
    await write(1, 1);
    await write(1, 2);
    await until(() => witness.writes === 2, 60_000, "two writes");
    expect(witness.wrong).toEqual([]);
    await server.restart();
    await own("two");
    await write(1, 3);
    await write(2, 3);
    await until(() => witness.writes === 4, 60_000, "four writes");
    expect(witness.wrong).toEqual([
      expect.stringContaining("written by one, owned by two"),
      expect.stringContaining("sequence 3 after 3"),
    ]);
    expect(witness.changes.map(({ worker }) => worker)).toEqual(["one", "two"]);
  });
});
