import { describe, expect, it } from "vitest";
import { createSemaphore } from "../plugin/semaphore.ts";

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

describe("createSemaphore()", () => {
  it("runs at most `size` tasks at once, the others in the order of asking", async () => {
    const turn = createSemaphore(2);
    const gates = Array.from({ length: 5 }, deferred);
    const started: number[] = [];
    const all = gates.map((gate, index) =>
      turn(async () => {
        started.push(index);
        await gate.promise;
        return index;
      }),
    );
    await turns(5);
    expect(started).toEqual([0, 1]);
    gates[1]?.resolve();
    await turns(10);
    expect(started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4]);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it("frees the place of a task that fails", async () => {
    const turn = createSemaphore(1);
    await expect(
      turn(async () => {
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await turn(async () => "next")).toBe("next");
  });
});
