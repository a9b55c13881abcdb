import { afterAll, beforeAll, expect, it } from "vitest";
import { etcdStore, MOST_BYTES } from "../../plugin/fleet/etcd_store.ts";
import { fleetKeys } from "../../plugin/fleet/keys.ts";
import type { CheckpointStore } from "../../plugin/state/checkpoint_file.ts";
import { describeCheckpointStore } from "../support/checkpoint_store_contract.ts";
import { at, checkpointOf } from "../support/delivery_values.ts";
import { describeEtcd, startEtcd, type TestEtcd } from "../support/etcd.ts";

describeEtcd("etcdStore()", () => {
  let server: TestEtcd;
  let count = 0;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterAll(() => server.stop());

  /** Stores of one owner of an account that is new each time. */
  function position(): { open(): CheckpointStore; become(): Promise<CheckpointStore> } {
    const etcd = server.client();
    const keys = fleetKeys(`/test-${++count}`);
    const own = async (): Promise<string> => {
      const key = keys.owner("acme");
      await etcd.txn([], [{ remove: key }]);
      const { revision } = await etcd.txn([], [{ put: key, value: "me" }]);
      return revision;
    };
    const first = own();
    const opened = (token: Promise<string>): CheckpointStore => {
      const store = token.then((revision) =>
        etcdStore(etcd, keys, "acme", {
          fence: { key: keys.owner("acme"), target: "create", revision },
          pause: async () => {},
        }),
      );
      return {
        read: async (...row) => (await store).read(...row),
        write: async (checkpoint) => (await store).write(checkpoint),
      };
    };
    return {
      open: () => opened(first),
      become: async () => {
        await first;
        return opened(own());
      },
    };
  }

  describeCheckpointStore("etcd", position);

  it("refuses the write of an owner that another one has followed, before that one has written", async () => {
    const { open, become } = position();
    const paused = open();
    await paused.read("acme", "2.0");
    await paused.write(checkpointOf({ sequence: 1 }));
    const next = await become();
    expect(await next.read("acme", "2.0")).toEqual(checkpointOf({ sequence: 1 }));
    const lost = paused.write(checkpointOf({ sequence: 2, committed: { audit: at(9) } }));
    await expect(lost).rejects.toMatchObject({ name: "StateError", code: "lock_lost" });
    expect(await open().read("acme", "2.0")).toEqual(checkpointOf({ sequence: 1 }));
    await next.write(checkpointOf({ sequence: 2 }));
  });

  it("refuses a checkpoint that is too large, with its size", async () => {
    const store = position().open();
    await store.read("acme", "2.0");
    const noise = Array.from({ length: 80_000 }, () => crypto.randomUUID());
    const large = checkpointOf({ committed: { audit: { ...at(1), done: noise } } });
    await expect(store.write(large)).rejects.toMatchObject({
      code: "checkpoint_too_large",
      message: expect.stringMatching(`at most ${MOST_BYTES} bytes: it has \\d{7}`),
    });
    await store.write(checkpointOf({ sequence: 1 }));
  });

  it("keeps what was written over a restart of the member", async () => {
    const { open } = position();
    const store = open();
    await store.read("acme", "2.0");
    await store.write(checkpointOf({ sequence: 1 }));
    await server.restart();
    await store.write(checkpointOf({ sequence: 2 }));
    expect(await open().read("acme", "2.0")).toEqual(checkpointOf({ sequence: 2 }));
  });
});
