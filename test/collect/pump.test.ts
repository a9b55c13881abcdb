import { describe, expect, it } from "vitest";
import { DecodeError, ShipperGoneError } from "../../plugin/errors.ts";
import { at } from "../support/delivery_values.ts";
import { damaged, fake, item, lines, pagesOf, runOn, stopAt } from "../support/pump_run.ts";
import type { ScriptedPage } from "../support/scripted.ts";

describe("pumpStream()", () => {
  it("takes page after page, item after item, and says what it took", async () => {
    const effects = fake();
    const pages = pagesOf(
      { items: [item("a", 3), item("b", 2)], coveredUntilMs: 10 },
      { items: [] },
      { items: [item("c", 1, { records: ["?c1"] })], coveredUntilMs: 30 },
    );
    const run = await runOn(effects, pages);
    expect(await run.go()).toEqual({
      records: 6,
      filtered: 0,
      pages: 3,
      finished: true,
      coveredUntilMs: 30,
    });
    expect(lines(effects)).toEqual(["a1", "a2", "a3", "b1", "b2", "?c1"]);
    expect(run.ledger.position("audit")).toEqual(at(3));
    expect(run.source.asked).toEqual([0, 1, 2]);
    expect(run.forgotten.count).toBe(3);
  });

  it("moves behind what the output has accepted, chunk by chunk", async () => {
    const positions: unknown[] = [];
    let ledger: { position(stream: string): unknown } | undefined;
    const effects = fake({ onWrite: () => void positions.push(ledger?.position("audit")) });
    const run = await runOn(effects, pagesOf({ items: [item("a", 5)] }));
    ledger = run.ledger;
    await run.go();
    expect(positions).toMatchObject([
      { cursor: 0, taken: null },
      { cursor: 0, taken: { key: "a", records: 2 } },
      { cursor: 0, taken: { key: "a", records: 4 } },
    ]);
  });

  it("flushes the output before the page is done", async () => {
    const effects = fake({ outKind: "file" });
    const run = await runOn(effects, pagesOf({ items: [item("a", 1)] }, { items: [] }));
    await run.go();
    expect(effects.syncs.count).toBe(2);
  });

  it("commits nothing of a page that the output did not take", async () => {
    const effects = fake({
      onWrite: () => {
        throw new ShipperGoneError("gone", { code: "shipper_gone" });
      },
    });
    const run = await runOn(effects, pagesOf({ items: [item("a", 1)] }));
    await expect(run.go()).rejects.toMatchObject({ code: "shipper_gone" });
    expect(run.ledger.position("audit")).toEqual(at(0));
  });
});

describe("pumpStream() where it is asked to stop", () => {
  const pages = pagesOf({ items: [item("a", 4), item("b", 2)] }, { items: [item("c", 2)] });

  it('ends after the chunk in progress ("now"), and the next run goes on behind it', async () => {
    const effects = fake();
    const first = await runOn(effects, pages, { stop: stopAt(2, "now") });
    expect(await first.go()).toMatchObject({ records: 2, pages: 0, finished: false });
    expect(lines(effects)).toEqual(["a1", "a2"]);
    const second = await runOn(effects, pages);
    expect(await second.go()).toMatchObject({ records: 6, finished: true });
    expect(lines(effects)).toEqual(["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2"]);
  });

  it('ends after the item in progress ("item"), never inside it', async () => {
    const effects = fake();
    // Questions: before item a, after each of its two chunks, before item b.
    const run = await runOn(effects, pages, { stop: stopAt(2, "item") });
    expect(await run.go()).toMatchObject({ records: 4, finished: false });
    expect(lines(effects)).toEqual(["a1", "a2", "a3", "a4"]);
  });

  it("opens nothing ahead of its time once it is to end", async () => {
    const effects = fake();
    let opened = 0;
    const following = item("b", 2, {
      fail: () => {
        opened++;
        return null;
      },
    });
    const pages = pagesOf({ items: [item("a", 2), following] });
    const run = await runOn(effects, pages, { stop: stopAt(2, "item") });
    expect(await run.go()).toMatchObject({ finished: false });
    expect({ opened, lines: lines(effects) }).toEqual({ opened: 0, lines: ["a1", "a2"] });
  });

  it("ends between items, and the next run skips those that are done", async () => {
    const effects = fake();
    const first = await runOn(effects, pages, { stop: stopAt(4, "item") });
    expect(await first.go()).toMatchObject({ records: 4, finished: false });
    await first.ledger.save();
    expect(first.ledger.position("audit")).toEqual(at(0, { done: ["a"] }));
    const second = await runOn(effects, pages);
    await second.go();
    expect(lines(effects)).toEqual(["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2"]);
  });

  it("ends behind a page that was taken whole", async () => {
    const effects = fake();
    // Questions: item a, two chunks, item b, one chunk, the page.
    const run = await runOn(effects, pages, { stop: stopAt(6, "item") });
    expect(await run.go()).toMatchObject({ records: 6, pages: 1, finished: false });
    expect(run.ledger.position("audit")).toEqual(at(1));
  });

  it("is finished where nothing more was there, whatever it was asked", async () => {
    const effects = fake();
    const run = await runOn(effects, pagesOf({ items: [item("a", 2)] }), {
      stop: stopAt(3, "item"),
    });
    expect(await run.go()).toMatchObject({ finished: true });
  });
});

describe("pumpStream() with a listing that never is the same", () => {
  it("leaves the page to the next run, it does not ask without end", async () => {
    const effects = fake();
    let asked = 0;
    const changing = {
      get 0(): ScriptedPage {
        asked++;
        return { items: [item(`a${asked}`, 2, { fail: () => ({ after: 0, error: damaged() }) })] };
      },
    };
    const run = await runOn(effects, changing);
    await expect(run.go()).rejects.toThrow(DecodeError);
    expect(asked).toBe(51);
    expect(run.ledger.position("audit")).toEqual(at(0));
  });
});
