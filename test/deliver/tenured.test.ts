import { expect, it } from "vitest";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { tenuredOutput } from "../../plugin/deliver/tenured.ts";
import { StateError } from "../../plugin/errors.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

const lines = (text: string) => Buffer.from(`${text}\n`);

it("asks before each chunk, and gives out none once the account is another process's", async () => {
  const effects = createFakeEffects();
  const output = tenuredOutput(stdoutDelivery(effects, "follow"));
  let isOurs = true;
  const acme = output(async () => {
    if (!isOurs) throw new StateError("gone", { code: "lock_lost" });
  });
  const beta = output(async () => {});
  await acme.write(lines("one"));
  isOurs = false;
  await expect(acme.write(lines("two"))).rejects.toMatchObject({ code: "lock_lost" });
  await beta.write(lines("three"));
  expect(effects.output()).toBe("one\nthree\n");
});

it("asks when a chunk's turn has come, not when it was handed in", async () => {
  const effects = createFakeEffects();
  const output = tenuredOutput(stdoutDelivery(effects, "follow"));
  let free = (): void => {};
  const slow = output(() => new Promise<void>((done) => (free = done)));
  let isOurs = true;
  const late = output(async () => {
    if (!isOurs) throw new StateError("gone", { code: "lock_lost" });
  });
  const first = slow.write(lines("one"));
  const second = late.write(lines("two"));
  isOurs = false;
  await new Promise((done) => setImmediate(done));
  free();
  await first;
  await expect(second).rejects.toMatchObject({ code: "lock_lost" });
  expect(effects.output()).toBe("one\n");
});

it("asks again between the parts of a chunk", async () => {
  const effects = createFakeEffects();
  const asked: number[] = [];
  const base = stdoutDelivery(effects, "follow");
  const parts = {
    ...base,
    write: async (_: Uint8Array, onPart?: (bytes: number) => Promise<void>) => {
      await onPart?.(4);
      await onPart?.(8);
    },
  };
  await tenuredOutput(parts)(async () => void asked.push(asked.length)).write(
    lines("one"),
    async () => {},
  );
  expect(asked).toEqual([0, 1, 2]);
});
