import { expect, it } from "vitest";
import { createSlots } from "../../plugin/collect/slots.ts";
import { createTasks } from "../../plugin/collect/tasks.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

/** Tasks, and every sleep that was asked for: it ends when it is told to, or is aborted. */
function tasksOf() {
  const sleeps: { delayMs: number; over: () => void; signal: AbortSignal | undefined }[] = [];
  const failed: unknown[] = [];
  const effects = {
    ...createFakeEffects(),
    sleep: (delayMs: number, signal?: AbortSignal) =>
      new Promise<void>((over) => {
        sleeps.push({ delayMs, over, signal });
      }),
  };
  return { tasks: createTasks<string>(effects, (error) => failed.push(error)), sleeps, failed };
}

it("a task is known until it has ended, and what it throws is told", async () => {
  const { tasks, sleeps, failed } = tasksOf();
  const newSlot = createSlots(2);
  const error = new Error("x");
  const first = Promise.withResolvers<void>();
  tasks.start("a", newSlot(), () => first.promise);
  tasks.start("b", newSlot(), () => Promise.reject(error));
  expect([tasks.has("a"), tasks.has("b"), tasks.has("c"), tasks.count()]).toEqual([
    true,
    true,
    false,
    2,
  ]);
  await tasks.change();
  expect([tasks.has("a"), tasks.has("b"), failed]).toEqual([true, false, [error]]);
  const changed = tasks.change();
  first.resolve();
  await changed;
  expect([tasks.count(), sleeps]).toEqual([0, []]);
});

it("a task that begins to wait is a change, and from then on it is looked every second", async () => {
  const { tasks, sleeps } = tasksOf();
  const goOn = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  tasks.start("a", createSlots(1)(), async (slot) => {
    await goOn.promise;
    await slot.lend(() => answer.promise);
    await end.promise;
  });
  const begins = tasks.change();
  goOn.resolve();
  await begins;
  expect(sleeps).toEqual([]);
  const looked = tasks.change();
  expect(sleeps.map(({ delayMs }) => delayMs)).toEqual([1_000]);
  sleeps[0]?.over();
  await looked;
  expect([tasks.count(), sleeps[0]?.signal?.aborted]).toEqual([1, true]);
  answer.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  const ended = tasks.change();
  end.resolve();
  await ended;
  expect([tasks.count(), sleeps.length]).toEqual([0, 1]);
});
