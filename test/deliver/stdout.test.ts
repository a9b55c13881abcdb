import { describe, expect, it } from "vitest";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const LINE = Buffer.from("a line\n");

describe("stdoutDelivery()", () => {
  it.each([
    ["pipe", "once", "next_start"],
    ["pipe", "follow", "lag"],
    ["file", "once", "taken"],
    ["file", "follow", "taken"],
    ["terminal", "follow", "taken"],
  ] as const)("into a %s with --%s is safe by %s", (outKind, mode, safety) => {
    expect(stdoutDelivery(createFakeEffects({ outKind }), mode).safety).toBe(safety);
  });

  it("counts what was accepted, in the order of asking", async () => {
    const totals: number[] = [];
    const effects = createFakeEffects({
      onWrite: async (bytes) => {
        // The first write is the slowest.
        for (let i = 0; i < 100 / bytes.length; i++) await Promise.resolve();
      },
    });
    const delivery = stdoutDelivery(effects, "follow");
    await Promise.all(
      ["1\n", "22\n", "333\n"].map(async (line) => {
        await delivery.write(Buffer.from(line));
        totals.push(delivery.accepted());
      }),
    );
    expect(totals).toEqual([2, 5, 9]);
    expect(effects.output()).toBe("1\n22\n333\n");
  });

  it("does not count what was refused, and goes on with what follows", async () => {
    let refuse = true;
    const effects = createFakeEffects({
      onWrite: () => {
        if (refuse) throw new Error("EPIPE");
      },
    });
    const delivery = stdoutDelivery(effects, "once");
    await expect(delivery.write(LINE)).rejects.toThrow("EPIPE");
    expect(delivery.accepted()).toBe(0);
    expect(delivery.isWriting()).toBe(false);
    refuse = false;
    await delivery.write(LINE);
    expect(delivery.accepted()).toBe(LINE.length);
  });

  it("knows that the reader kept the last write waiting", async () => {
    let waitMs = 0;
    const effects = createFakeEffects({ onWrite: () => effects.advance(waitMs) });
    const delivery = stdoutDelivery(effects, "follow");
    expect(delivery.readerWaits()).toBe(false);
    waitMs = 999;
    await delivery.write(LINE);
    expect(delivery.readerWaits()).toBe(false);
    waitMs = 1000;
    await delivery.write(LINE);
    expect(delivery.readerWaits()).toBe(true);
    waitMs = 5;
    await delivery.write(LINE);
    expect(delivery.readerWaits()).toBe(false);
  });

  it("knows that a write is still waiting", async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const delivery = stdoutDelivery(createFakeEffects({ onWrite: () => gate }), "follow");
    const written = delivery.write(LINE);
    expect(delivery.isWriting()).toBe(false);
    await Promise.resolve();
    expect([delivery.readerWaits(), delivery.isWriting()]).toEqual([true, true]);
    go();
    await written;
    expect([delivery.readerWaits(), delivery.isWriting()]).toEqual([false, false]);
  });

  it("flushes by a sync", async () => {
    const effects = createFakeEffects({ outKind: "file" });
    await stdoutDelivery(effects, "once").flush();
    expect(effects.syncs.count).toBe(1);
  });
});
