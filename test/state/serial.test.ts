import { expect, test } from "vitest";
import { createSerial } from "../../plugin/state/serial.ts";

test("tasks run one after the other in the order of asking, and a failure meets its own caller only", async () => {
  const inTurn = createSerial();
  const seen: string[] = [];
  const task = (name: string, fails = false) =>
    inTurn(async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const [a, b, c] = await Promise.allSettled([task("a"), task("b", true), task("c")]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect([a.status, b.status, c.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
