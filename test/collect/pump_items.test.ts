import { describe, expect, it } from "vitest";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { NetworkError } from "../../plugin/errors.ts";
import { at } from "../support/delivery_values.ts";
import type { FakeEffects } from "../support/fake_effects.ts";
import { onDisk } from "../support/ledger_files.ts";
import {
  always,
  damaged,
  expired,
  failing,
  fake,
  item,
  lines,
  pagesOf,
  runOn,
  stopAt,
} from "../support/pump_run.ts";
import type { ScriptedPage } from "../support/scripted.ts";

describe("pumpStream() inside an item", () => {
  const ten = pagesOf({ items: [item("a", 10)] });

  it("skips what was taken, wherever the blocks are cut", async () => {
    for (const blockRecords of [1, 3, 4, 10]) {
      const effects = fake();
      await (await runOn(effects, ten, { stop: stopAt(3, "now") })).go();
      const again = pagesOf({ items: [item("a", 10, { blockRecords })] });
      expect(await (await runOn(effects, again)).go()).toMatchObject({ records: 6 });
      expect(lines(effects)).toEqual(item("a", 10).records);
    }
  });

  it("sends all of an item whose beginning is not what it was", async () => {
    const effects = fake();
    await (await runOn(effects, ten, { stop: stopAt(3, "now") })).go();
    const records = ["new", ...item("a", 10).records];
    const run = await runOn(effects, pagesOf({ items: [item("a", 0, { records })] }));
    expect(await run.go()).toMatchObject({ records: 11, finished: true });
    expect(lines(effects).slice(4)).toEqual(records);
    expect(effects.logs.map((entry) => entry.message)).toContain(
      "An item is not what it was when it was begun, sending all of it",
    );
  });

  it("sends all of an item that holds fewer records than were taken of it", async () => {
    const effects = fake();
    await (await runOn(effects, ten, { stop: stopAt(3, "now") })).go();
    const run = await runOn(effects, pagesOf({ items: [item("a", 3)] }));
    expect(await run.go()).toMatchObject({ records: 3, finished: true });
    expect(lines(effects)).toEqual(["a1", "a2", "a3", "a4", "a1", "a2", "a3"]);
  });

  it("sends an item again whose position was that of another", async () => {
    const effects = fake();
    await (await runOn(effects, ten, { stop: stopAt(3, "now") })).go();
    const run = await runOn(effects, pagesOf({ items: [item("b", 2), item("a", 10)] }));
    await run.go();
    expect(new Set(lines(effects))).toEqual(new Set([...item("a", 10).records, "b1", "b2"]));
  });

  it("takes the rest only once where a download breaks in the middle", async () => {
    const effects = fake();
    const fail = failing(1, 5, () => new NetworkError("reset", { code: "network_reset" }));
    const pages = pagesOf({ items: [item("a", 10, { fail })] });
    await expect((await runOn(effects, pages)).go()).rejects.toMatchObject({
      code: "network_reset",
    });
    await (await runOn(effects, pages)).go();
    expect(lines(effects)).toEqual(item("a", 10).records);
  });
});

describe("pumpStream() behind the last item of a page", () => {
  const fails = {
    flush: async () => {
      throw new NetworkError("killed here", { code: "network" });
    },
  };
  /** All is accepted, and then the run ends before the page is saved as done. */
  async function untilFlush(effects: FakeEffects, pages: Readonly<Record<number, ScriptedPage>>) {
    const delivery = { ...stdoutDelivery(effects, "once"), ...fails };
    const run = await runOn(effects, pages, { delivery });
    await expect(run.go()).rejects.toThrow("killed here");
  }

  it("takes a record that came late to a page that is asked for again", async () => {
    const effects = fake();
    await untilFlush(effects, pagesOf({ items: [item("a", 4)] }));
    const records = [...item("a", 4).records, "late"];
    const run = await runOn(effects, pagesOf({ items: [item("a", 0, { records })] }));
    expect(await run.go()).toMatchObject({ records: 1, finished: true });
    expect(lines(effects)).toEqual(records);
  });

  it("sends nothing twice where the page is the same", async () => {
    const effects = fake();
    const pages = pagesOf({ items: [item("a", 4), item("b", 3)] }, { items: [item("c", 1)] });
    await untilFlush(effects, pages);
    expect(await (await runOn(effects, pages)).go()).toMatchObject({ records: 1, pages: 2 });
    expect(lines(effects)).toEqual([...item("a", 4).records, ...item("b", 3).records, "c1"]);
  });
});

describe("pumpStream() with an item that can't be taken", () => {
  it("asks for a fresh link and goes on where it was", async () => {
    const effects = fake();
    const fail = failing(2, 4, expired);
    const run = await runOn(effects, pagesOf({ items: [item("a", 10, { fail }), item("b", 1)] }));
    expect(await run.go()).toMatchObject({ records: 11, pages: 1 });
    expect(run.source.asked).toEqual([0, 0, 0]);
    expect(lines(effects)).toEqual([...item("a", 10).records, "b1"]);
    expect(run.ledger.checkpoint().itemFailures).toEqual({});
  });

  it("gives each item tries of its own", async () => {
    const effects = fake();
    const pages = pagesOf({
      items: [
        item("a", 2, { fail: failing(2, 0, expired) }),
        item("b", 2, { fail: failing(2, 0, damaged) }),
      ],
    });
    const run = await runOn(effects, pages);
    expect(await run.go()).toMatchObject({ records: 4, finished: true });
  });

  it("counts the failure and leaves it to the next run", async () => {
    const effects = fake();
    const run = await runOn(effects, pagesOf({ items: [item("a", 10, { fail: always(4) })] }));
    await expect(run.go()).rejects.toMatchObject({ code: "gzip_damaged" });
    expect(run.source.asked).toEqual([0, 0, 0]);
    expect(run.ledger.checkpoint().itemFailures).toEqual({ "audit a": 1 });
    expect(run.given).toEqual([]);
    expect(run.ledger.position("audit")).toMatchObject({ cursor: 0, done: [] });
  });

  it("gives up after quarantineAfter failures, and only then goes on behind it", async () => {
    const effects = fake();
    const pages = pagesOf(
      { items: [item("a", 10, { fail: always(4) }), item("b", 2)] },
      { items: [item("c", 2)] },
    );
    for (let failure = 1; failure < 3; failure++) {
      const run = await runOn(effects, pages);
      await expect(run.go()).rejects.toMatchObject({ code: "gzip_damaged" });
      expect(run.given).toEqual([]);
    }
    const run = await runOn(effects, pages);
    expect(await run.go()).toMatchObject({ pages: 2, finished: true });
    expect(run.given).toEqual(["a: Cannot read item: damaged gzip"]);
    expect(lines(effects)).toEqual(["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2"]);
    expect(run.ledger.checkpoint().itemFailures).toEqual({});
  });

  it("does not step over it where its bytes can't be kept", async () => {
    const effects = fake();
    const pages = pagesOf({ items: [item("a", 2, { fail: always(0) })] }, { items: [] });
    const run = await runOn(effects, pages, {
      quarantineAfter: 1,
      giveUp: async () => {
        throw new Error("disk full");
      },
    });
    await expect(run.go()).rejects.toThrow("disk full");
    expect(run.ledger.position("audit")).toEqual(at(0));
    expect(run.ledger.checkpoint().gaps).toEqual([]);
  });

  it("has the gap on the disk before anything behind it goes out", async () => {
    const effects = fake({
      onWrite: () => expect(onDisk(effects).checkpoint?.gaps).toMatchObject([{ item: "a" }]),
    });
    const pages = pagesOf({ items: [item("a", 2, { fail: always(0) }), item("b", 2)] });
    await (await runOn(effects, pages, { quarantineAfter: 1 })).go();
    expect(lines(effects)).toEqual(["b1", "b2"]);
  });

  it("does not count what the network did", async () => {
    const effects = fake();
    const fail = failing(1, 0, () => new NetworkError("no route", { code: "network" }));
    const run = await runOn(effects, pagesOf({ items: [item("a", 2, { fail })] }));
    await expect(run.go()).rejects.toThrow("no route");
    expect(run.ledger.checkpoint().itemFailures).toEqual({});
    expect(run.source.asked).toEqual([0]);
  });
});

describe("pumpStream() with a hole that the source had to accept", () => {
  it("tells it once a page, and takes the page", async () => {
    const effects = fake();
    const run = await runOn(
      effects,
      pagesOf({ items: [item("a", 1)], gap: "The token is no longer known" }, { items: [] }),
    );
    expect(await run.go()).toMatchObject({ finished: true });
    expect(run.gaps).toEqual(["The token is no longer known"]);
  });
});
