import { describe, expect, it } from "vitest";
import type { CheckpointStore } from "../../plugin/state/checkpoint_file.ts";
import { at, checkpointOf } from "./delivery_values.ts";

const STORED = checkpointOf({ sequence: 7, committed: { audit: at(4) } });
const NEXT = checkpointOf({ sequence: 8, committed: { audit: at(5) } });

/** What every position for checkpoints has to promise. `open` gives one owner's view of the same, at first empty, position. */
export function describeCheckpointStore(
  name: string,
  position: () => { open(): CheckpointStore },
): void {
  describe(`${name} as a store of checkpoints`, () => {
    it("is empty for a new account", async () => {
      const stored = await position().open().read("acme", "2.0");
      expect(stored).toEqual(checkpointOf({ sequence: 0 }));
    });

    it("gives the next owner what the last one has written", async () => {
      const { open } = position();
      const first = open();
      await first.read("acme", "2.0");
      await first.write(STORED);
      expect(await open().read("acme", "2.0")).toEqual(STORED);
      await first.write(NEXT);
      expect(await open().read("acme", "2.0")).toEqual(NEXT);
    });

    it.each([
      ["another account", "beta", "2.0"],
      ["the other API", "acme", "1.0"],
    ] as const)("refuses to be that of %s", async (_whose, account, api) => {
      const { open } = position();
      const first = open();
      await first.read("acme", "2.0");
      await first.write(STORED);
      await expect(open().read(account, api)).rejects.toMatchObject({ name: "StateError" });
    });

    it("fences an owner off that another one has followed, and keeps what that one wrote", async () => {
      const { open } = position();
      const [late, next] = [open(), open()];
      await late.read("acme", "2.0");
      await late.write(STORED);
      await next.read("acme", "2.0");
      await next.write(NEXT);
      const lost = late.write(checkpointOf({ sequence: 8, committed: { audit: at(9) } }));
      await expect(lost).rejects.toMatchObject({ name: "StateError", code: "lock_lost" });
      expect(await open().read("acme", "2.0")).toEqual(NEXT);
      await next.write(checkpointOf({ sequence: 9 }));
    });

    it("fences two owners of a new account too", async () => {
      const { open } = position();
      const [one, other] = [open(), open()];
      await one.read("acme", "2.0");
      await other.read("acme", "2.0");
      await one.write(STORED);
      await expect(other.write(NEXT)).rejects.toMatchObject({ code: "lock_lost" });
      expect(await open().read("acme", "2.0")).toEqual(STORED);
    });
  });
}
