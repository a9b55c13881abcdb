import { describe, expect, it } from "vitest";
import type { MimecastClient } from "../plugin/client/client.ts";
import { stdoutDelivery } from "../plugin/deliver/stdout.ts";
import { DecodeError, LinkExpiredError, NetworkError, ShipperGoneError } from "../plugin/errors.ts";
import type { LedgerOptions } from "../plugin/ledger.ts";
import { openLedger } from "../plugin/ledger.ts";
import type { Pump, Stop } from "../plugin/pump.ts";
import { pumpStream } from "../plugin/pump.ts";
import type { SourceContext } from "../plugin/sources/source.ts";
import { at, shipper } from "./support/delivery_values.ts";
import type { FakeEffects, FakeOptions } from "./support/fake_effects.ts";
import { createFakeEffects } from "./support/fake_effects.ts";
import type { ScriptedItem, ScriptedPage } from "./support/scripted.ts";
import { scriptedEngine, scriptedSource } from "./support/scripted.ts";

const damaged = () => new DecodeError("Cannot read item: damaged gzip", { code: "gzip_damaged" });
const expired = () => new LinkExpiredError("Cannot download: 403", { code: "link_expired" });

/** Everything of one run of one stream, on files that a next run may find. */
async function runOn(
  effects: FakeEffects,
  pages: Readonly<Record<number, ScriptedPage>>,
  values: Partial<Pump> & { ledger?: never; options?: Partial<LedgerOptions> } = {},
) {
  const ledger = await openLedger(effects, {
    folder: "/state/acme",
    account: "acme",
    api: "2.0",
    shipper: shipper(812),
    trustDrained: false,
    safety: "next_start",
    lagBytes: 1000,
    settleMs: 30_000,
    ...values.options,
  });
  if (ledger.position("audit") === undefined) await ledger.begin("audit", at(0));
  const source = scriptedSource((cursor) => pages[cursor]);
  const engine = scriptedEngine();
  const given: string[] = [];
  const gaps: string[] = [];
  const forgotten = { count: 0 };
  const context: SourceContext = {
    client: {} as MimecastClient,
    now: () => effects.now(),
    overlapMs: 0,
    spool: async () => ({ path: "", size: 0 }),
  };
  const pump: Pump = {
    source,
    context,
    ledger,
    engine,
    delivery: stdoutDelivery(effects, "once"),
    log: effects.log,
    quarantineAfter: 3,
    stop: () => "no",
    forgetPage: async () => {
      forgotten.count++;
    },
    giveUp: async (_stream, item, _page, cause) => {
      given.push(`${item.key}: ${cause.message}`);
    },
    gap: async (_stream, reason) => {
      gaps.push(reason);
    },
    ...values,
  };
  return { ledger, source, engine, given, gaps, forgotten, go: () => pumpStream(pump, "audit") };
}

const item = (key: string, count: number, values: Partial<ScriptedItem> = {}): ScriptedItem => ({
  key,
  records: Array.from({ length: count }, (_, index) => `${key}${index + 1}`),
  ...values,
});
const pagesOf = (...pages: ScriptedPage[]) => Object.fromEntries(pages.entries());
const lines = (effects: FakeEffects) => effects.output().split("\n").slice(0, -1);
const fake = (options: FakeOptions = {}) => createFakeEffects(options);

/** Fails `times` times, then no more. */
function failing(times: number, after: number, error: () => Error) {
  let left = times;
  return () => (left-- > 0 ? { after, error: error() } : null);
}

/** Stops at the n-th question. */
function stopAt(question: number, how: Stop): () => Stop {
  let asked = 0;
  return () => (++asked >= question ? how : "no");
}

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
      malformed: 1,
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
    const places: unknown[] = [];
    let ledger: { position(stream: string): unknown } | undefined;
    const effects = fake({ onWrite: () => void places.push(ledger?.position("audit")) });
    const run = await runOn(effects, pagesOf({ items: [item("a", 5)] }));
    ledger = run.ledger;
    await run.go();
    expect(places).toMatchObject([
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

  it("sends an item again whose place was that of another", async () => {
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

function always(after: number): () => { after: number; error: Error } {
  return () => ({ after, error: damaged() });
}
