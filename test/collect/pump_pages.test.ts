import { describe, expect, it } from "vitest";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { NetworkError } from "../../plugin/errors.ts";
import type { Item } from "../../plugin/sources/source.ts";
import { at } from "../support/delivery_values.ts";
import { createFakeEffects, type FakeEffects } from "../support/fake_effects.ts";
import { damaged, item, lines, pagesOf, runOn } from "../support/pump_run.ts";
import { scriptedSource } from "../support/scripted.ts";

const killed = () => new NetworkError("killed here", { code: "network" });
const fake = () => createFakeEffects();
const three = pagesOf(
  { items: [item("a", 1)] },
  { items: [item("b", 1)] },
  { items: [item("c", 1)] },
);

describe("pumpStream() behind a page", () => {
  /** Flushes of a run over three pages. */
  async function flushes(isFlushDue: (() => boolean) | undefined, stop = () => "no" as const) {
    const effects = fake();
    const flushed: string[][] = [];
    const delivery = {
      ...stdoutDelivery(effects, "once"),
      ...(isFlushDue === undefined ? {} : { isFlushDue }),
      flush: async () => {
        flushed.push(lines(effects));
      },
    };
    const run = await runOn(effects, three, { delivery, stop });
    const pumped = await run.go();
    return { flushed, pumped, position: run.ledger.position("audit") };
  }
  const [one, two, all] = [["a1"], ["a1", "b1"], ["a1", "b1", "c1"]];

  it("flushes each time, where the output does not say that it can wait", async () => {
    for (const isFlushDue of [undefined, () => true]) {
      expect((await flushes(isFlushDue)).flushed).toEqual([one, two, all]);
    }
  });

  it("waits with the flush where it is not due, but for the last page", async () => {
    const { flushed, pumped, position } = await flushes(() => false);
    expect(flushed).toEqual([all]);
    expect([pumped.finished, position]).toEqual([true, at(3)]);
  });

  it("flushes before it leaves in the middle", async () => {
    let isOver = false;
    const effects = fake();
    const delivery = {
      ...stdoutDelivery(effects, "once"),
      isFlushDue: () => false,
      flush: async () => {
        flushed++;
      },
    };
    let flushed = 0;
    const stop = () => (isOver ? "item" : "no");
    const progress = {
      took: () => {
        isOver = lines(effects).length === 2;
      },
      page() {},
    };
    const run = await runOn(effects, three, { delivery, stop, progress });
    expect(await run.go()).toMatchObject({ finished: false });
    expect([flushed, run.ledger.position("audit")]).toEqual([1, at(2)]);
  });

  it("tells the progress of pages that Mimecast was asked for", async () => {
    for (const isUnasked of [true, false] as const) {
      const told: (number | null)[] = [];
      const source = scriptedSource(() => undefined);
      const page: typeof source.page = async (...args) => {
        return {
          ...(await source.page(...args)),
          coveredUntilMs: 7,
          ...(isUnasked ? { isUnasked } : {}),
        };
      };
      const progress = { took() {}, page: (untilMs: number | null) => told.push(untilMs) };
      await (await runOn(fake(), {}, { source: { ...source, page }, progress })).go();
      expect(told).toEqual(isUnasked ? [] : [7]);
    }
  });

  it("is left to the next run where another item fails at each of fifty tries", async () => {
    let tries = 0;
    const source = scriptedSource((cursor) => {
      if (cursor > 0) return undefined;
      const fail = () => ({ after: 0, error: damaged() });
      return { items: [item(`number ${++tries}`, 1, { fail })] };
    });
    const run = await runOn(fake(), {}, { source });
    await expect(run.go()).rejects.toMatchObject({ code: "gzip_damaged" });
    expect(source.asked).toHaveLength(51);
    expect(run.ledger.checkpoint().itemFailures).toEqual({});
  });
});

describe("pumpStream() reads ahead", () => {
  /** A run over items of two blocks each; what happens, in order. */
  async function events(
    keys: readonly string[],
    options: { readonly stopAfter?: string; readonly failIn?: string; readonly done?: string[] },
  ) {
    const effects = fake();
    const seen: string[] = [];
    const itemOf = (key: string): Item => ({
      key,
      kind: "auto",
      async *records() {
        seen.push(`open ${key}`);
        try {
          yield Buffer.from(`${key}1\n`);
          if (key === options.failIn) throw killed();
          yield Buffer.from(`${key}2\n`);
        } finally {
          seen.push(`close ${key}`);
        }
      },
      async *raw() {},
    });
    const source = scriptedSource(() => undefined);
    const page = async () => {
      return { items: keys.map(itemOf), next: 1, more: false, coveredUntilMs: null };
    };
    const delivery = stdoutDelivery(effects, "once");
    const write: typeof delivery.write = async (bytes, onPart) => {
      seen.push(String(Buffer.from(bytes)).trim());
      await delivery.write(bytes, onPart);
    };
    const run = await runOn(
      effects,
      {},
      {
        source: { ...source, page },
        delivery: { ...delivery, write },
        stop: () => (seen.includes(`${options.stopAfter}`) ? "item" : "no"),
      },
    );
    if (options.done !== undefined) {
      await run.ledger.accepted("audit", at(0, { done: options.done }), 0);
    }
    await run.go().catch(() => seen.push("failed"));
    await new Promise((resolve) => setImmediate(resolve));
    return seen;
  }

  it("the next item while one is taken", async () => {
    expect(await events(["a", "b"], {})).toEqual([
      "open a",
      "open b",
      "a1",
      "a2",
      "close a",
      "b1",
      "b2",
      "close b",
    ]);
  });

  it("no item that is done already", async () => {
    expect(await events(["a", "b", "c"], { done: ["b"] })).toEqual([
      "open a",
      "open c",
      "a1",
      "a2",
      "close a",
      "c1",
      "c2",
      "close c",
    ]);
  });

  it("nothing once it is asked to stop", async () => {
    expect(await events(["a", "b", "c"], { stopAfter: "a2" })).toEqual([
      "open a",
      "open b",
      "a1",
      "a2",
      "close a",
      "close b",
    ]);
    expect(await events(["a", "b", "c"], { stopAfter: "open a" })).toEqual([
      "open a",
      "a1",
      "a2",
      "close a",
    ]);
  });

  it("and gives up what it has begun where an item fails", async () => {
    const seen = await events(["a", "b"], { failIn: "a" });
    expect(seen.toSorted()).toEqual(["a1", "close a", "close b", "failed", "open a", "open b"]);
  });
});

describe("pumpStream() into an output that takes a chunk in parts", () => {
  const taking = (effects: FakeEffects, partBytes: number) => {
    const delivery = stdoutDelivery(effects, "once");
    const write: typeof delivery.write = async (bytes, onPart) => {
      await delivery.write(bytes.subarray(0, partBytes));
      await onPart?.(partBytes);
      throw killed();
    };
    return { ...delivery, write };
  };
  const page = (records: readonly string[]) => pagesOf({ items: [item("a", 0, { records })] });
  const records = ["one", "two", "three"];

  it("goes on behind the part that was taken", async () => {
    for (const partBytes of [1, 4, 7]) {
      const effects = fake();
      const run = await runOn(effects, page(records), { delivery: taking(effects, partBytes) });
      await expect(run.go()).rejects.toThrow("killed here");
      expect(await (await runOn(effects, page(records))).go()).toMatchObject({ records: 3 });
      expect(effects.output()).toBe("one\ntwo\nthree\n");
    }
  });

  it("goes on behind parts that follow one another", async () => {
    const effects = fake();
    for (const partBytes of [3, 2]) {
      const run = await runOn(effects, page(records), { delivery: taking(effects, partBytes) });
      await expect(run.go()).rejects.toThrow("killed here");
    }
    await (await runOn(effects, page(records))).go();
    expect(effects.output()).toBe("one\ntwo\nthree\n");
  });

  it("sends all of an item that is shorter than the part, or another one", async () => {
    for (const others of [["one"], ["on", "two", "three"]]) {
      const effects = fake();
      const run = await runOn(effects, page(records), { delivery: taking(effects, 6) });
      await expect(run.go()).rejects.toThrow("killed here");
      expect(await (await runOn(effects, page(others))).go()).toMatchObject({ finished: true });
      expect(effects.output()).toBe(`one\ntw${others.join("\n")}\n`);
    }
  });
});
