import { describe, expect, it } from "vitest";
import { nextDue } from "../../plugin/collect/account.ts";
import type { Stop } from "../../plugin/collect/leaving.ts";
import {
  AuthError,
  BudgetError,
  DecodeError,
  NetworkError,
  ShipperGoneError,
  StateError,
} from "../../plugin/errors.ts";
import {
  badGateway,
  dataLines,
  failingSource,
  healthLines,
  MINUTE,
  onePage,
  opened,
  state,
} from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import type { ScriptedPage } from "../support/scripted.ts";
import { scriptedSource } from "../support/scripted.ts";

describe("collectAccount()", () => {
  it("asks every source that is due and remembers how it went", async () => {
    const { effects, job, go } = await opened([onePage("siem"), onePage("audit")]);
    expect(await go()).toEqual([
      { source: "siem", records: 1, error: null },
      { source: "audit", records: 1, error: null },
    ]);
    expect(dataLines(effects)).toEqual(["siem-1", "audit-1"]);
    expect(state(job, "siem")).toMatchObject({
      startedMs: effects.now(),
      dueMs: effects.now() + 15 * MINUTE,
      records: 1,
    });
  });

  it("remembers what the mapping does not know of the records, and warns of each name once", async () => {
    const pages = [
      ["!foo", "b"],
      ["!foo", "!bar"],
    ];
    let asked = 0;
    const source = scriptedSource(
      (cursor) =>
        cursor === asked && cursor < pages.length
          ? { items: [{ key: String(cursor), records: pages[cursor] ?? [] }] }
          : undefined,
      { name: "siem", streams: ["siem"] },
    );
    const { effects, job, go } = await opened([source]);
    const firstMs = effects.now();
    await go();
    effects.advance(15 * MINUTE);
    asked++;
    await go();
    expect(state(job, "siem")?.unknown).toEqual([
      { kind: "type", name: "foo", count: 2, sinceMs: firstMs, lastMs: effects.now() },
      { kind: "type", name: "bar", count: 1, sinceMs: effects.now(), lastMs: effects.now() },
    ]);
    const warned = effects.logs.filter(({ message }) => /mapping does not know/.test(message));
    expect(warned.map(({ fields }) => fields.name)).toEqual(["foo", "bar"]);
  });

  it("asks a source again only after its interval", async () => {
    const source = onePage("siem");
    const { effects, go } = await opened([source]);
    await go();
    effects.advance(15 * MINUTE - 1);
    expect(await go()).toEqual([]);
    effects.advance(1);
    expect(await go()).toHaveLength(1);
    expect(source.asked).toEqual([0, 1]);
  });

  it("asks at once where the clock was wrong before", async () => {
    const { effects, go } = await opened([onePage("siem")]);
    effects.advance(3650 * 86_400_000);
    await go();
    effects.advance(-3650 * 86_400_000);
    expect(await go()).toHaveLength(1);
  });

  it.each([
    badGateway(),
    new NetworkError("no route", { code: "network" }),
    new DecodeError("damaged", { code: "gzip_damaged" }),
    new AuthError("no permission", { code: "forbidden" }),
  ])("goes on with the next source after %s", async (error) => {
    const { effects, job, go } = await opened([failingSource("siem", error), onePage("audit")]);
    expect(await go()).toEqual([
      { source: "siem", records: 0, error },
      { source: "audit", records: 1, error: null },
    ]);
    expect(dataLines(effects)).toEqual(["audit-1"]);
    expect(state(job, "siem")).toMatchObject({ failures: 1, error: error.message });
  });

  it("says which permission a source lacks", async () => {
    const { effects, go } = await opened([
      failingSource("siem", new AuthError("no permission", { code: "forbidden" })),
    ]);
    await go();
    expect(effects.logs).toContainEqual({
      level: "error",
      message: "no permission",
      fields: expect.objectContaining({ permission: "Account | Logs | Read", code: "forbidden" }),
    });
  });

  it("asks no other source where the credentials are refused", async () => {
    const audit = onePage("audit");
    const refused = new AuthError("wrong key", { code: "auth_refused" });
    const { go } = await opened([failingSource("siem", refused), audit]);
    expect(await go()).toHaveLength(1);
    expect(audit.asked).toEqual([]);
  });

  it("puts a source off where the rate budget is used up: no failure, no health line", async () => {
    let used = true;
    const effects = createFakeEffects();
    const source = scriptedSource(
      (cursor, stream) => {
        if (used && stream === "siem:b") throw new BudgetError(5 * MINUTE, effects.now());
        return cursor === 0 ? { items: [{ key: "i", records: [stream] }] } : undefined;
      },
      { name: "siem", streams: ["siem:a", "siem:b", "siem:c"] },
    );
    const { job, go } = await opened([source, onePage("audit")], {}, effects);
    expect((await go()).map(({ error }) => error)).toEqual([null, null]);
    expect(dataLines(effects)).toEqual(["siem:a", "audit-1"]);
    expect(healthLines(effects).map(({ status }) => status)).not.toContain("error");
    const dueMs = effects.now() + 5 * MINUTE;
    expect(state(job, "siem")).toMatchObject({ dueMs, failures: 0, resumeAt: "siem:b" });
    expect(nextDue(job, effects.now())).toBe(dueMs);
    used = false;
    effects.advance(5 * MINUTE);
    await go();
    expect(dataLines(effects)).toEqual(["siem:a", "audit-1", "siem:b", "siem:c"]);
    expect(state(job, "siem")).not.toHaveProperty("resumeAt");
  });

  it("lets no long back-fill keep the other sources longer than its share", async () => {
    const effects = createFakeEffects();
    const long = scriptedSource(
      (cursor) =>
        cursor < 60 ? { items: [{ key: "i", records: [`long-${cursor}`] }] } : undefined,
      { name: "siem", streams: ["siem"] },
    );
    const slow = {
      ...long,
      page: (...args: Parameters<typeof long.page>) => {
        effects.advance(20_000);
        return long.page(...args);
      },
    };
    const asked: number[] = [];
    const quick = scriptedSource(
      () => {
        asked.push(effects.now());
        return undefined;
      },
      { name: "audit", streams: ["audit"] },
    );
    const { go } = await opened([slow, quick], { intervalMs: 2 * MINUTE }, effects);
    const began = effects.now();
    await go();
    expect(dataLines(effects)).toEqual(Array.from({ length: 60 }, (_, at) => `long-${at}`));
    expect(effects.now() - began).toBeGreaterThanOrEqual(20 * MINUTE);
    const gaps = asked.map((at, index) => at - (asked[index - 1] ?? began));
    // Due every two minutes, and at most one share and one page late.
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * MINUTE + MINUTE + 20_000);
    expect(asked.length).toBeGreaterThanOrEqual(6);
  });

  it("says how the sources are while a back-fill lasts for hours", async () => {
    const effects = createFakeEffects();
    const long = scriptedSource(
      (cursor) => {
        effects.advance(10 * MINUTE);
        return cursor < 30 ? { items: [{ key: "i", records: [`r${cursor}`] }] } : undefined;
      },
      { name: "siem", streams: ["siem"] },
    );
    const { go } = await opened([onePage("audit"), long], {}, effects);
    await go();
    const said = healthLines(effects).filter(({ endpoint }) => endpoint === "audit");
    expect(said.length).toBeGreaterThanOrEqual(4);
  });

  it("lets a source that failed come after the others", async () => {
    const order: string[] = [];
    const noted = (name: string, error: Error | null) =>
      scriptedSource(
        () => {
          order.push(name);
          if (error !== null) throw error;
          return undefined;
        },
        { name, streams: [name] },
      );
    const sources = [noted("siem", badGateway()), noted("audit", null)];
    const { effects, go } = await opened(sources, { intervalMs: MINUTE });
    await go();
    effects.advance(MINUTE);
    await go();
    expect(order.filter((name, at) => name !== order[at - 1])).toEqual(["siem", "audit", "siem"]);
  });

  it.each([
    new ShipperGoneError("gone", { code: "shipper_gone" }),
    new StateError("full", { code: "state_enospc" }),
  ])("ends at %s", async (error) => {
    const audit = onePage("audit");
    const { go } = await opened([failingSource("siem", error), audit]);
    await expect(go()).rejects.toBe(error);
    expect(audit.asked).toEqual([]);
  });

  it("goes on with the other feeds where a defect ends one, logs its stack, counts it, and tells QRadar", async () => {
    const defect = new RangeError("Maximum call stack size exceeded");
    const audit = onePage("audit");
    const { effects, job, go } = await opened([failingSource("siem", defect), audit]);
    const results = await go();
    expect(results.map(({ error }) => error)).toMatchObject([{ code: "defect" }, null]);
    expect(audit.asked).toEqual([0]);
    expect(effects.logs).toContainEqual({
      level: "error",
      message: "A defect of the program (RangeError)",
      fields: expect.objectContaining({ code: "defect", source: "siem", stack: defect.stack }),
    });
    expect(job.ledger.checkpoint().sources.siem).toMatchObject({ failures: 1 });
    expect(effects.output()).toContain("A defect of the program (RangeError)");
  });

  it("asks no other stream of a source whose credentials are refused", async () => {
    const refused = new AuthError("wrong key", { code: "unauthorized" });
    const asked: string[] = [];
    const source = scriptedSource(
      (_cursor, stream) => {
        asked.push(stream);
        throw refused;
      },
      { name: "siem", streams: ["one", "two"] },
    );
    const { go } = await opened([source]);
    await go();
    expect(asked).toEqual(["one"]);
  });

  it("takes the other streams of a source of which one fails", async () => {
    const source = scriptedSource(
      (cursor, stream) => {
        if (stream === "one") throw badGateway();
        return cursor === 0 ? { items: [{ key: "item", records: [stream] }] } : undefined;
      },
      { name: "siem", streams: ["one", "two"] },
    );
    const { effects, job, go } = await opened([source]);
    expect(await go()).toMatchObject([{ records: 1, error: { code: "http_502" } }]);
    expect(dataLines(effects)).toEqual(["two"]);
    expect(state(job, "siem")).toMatchObject({ failures: 1, records: 1 });
  });

  it("asks nothing more once it is stopped, and is due at once", async () => {
    let stop: Stop = "no";
    const siem = scriptedSource(
      (cursor) => {
        stop = "item";
        return cursor < 3 ? { items: [{ key: `i${cursor}`, records: [`r${cursor}`] }] } : undefined;
      },
      { name: "siem", streams: ["siem"] },
    );
    const audit = onePage("audit");
    const { effects, job, go } = await opened([siem, audit]);
    await go(() => stop);
    expect(audit.asked).toEqual([]);
    expect(state(job, "siem")?.dueMs).toBeLessThanOrEqual(effects.now());
    expect(nextDue(job, effects.now())).toBe(0);
  });

  it("takes a request that the signal has ended for no failure", async () => {
    let stop: Stop = "no";
    const siem = scriptedSource(
      () => {
        stop = "now";
        throw new Error("SIGTERM");
      },
      { name: "siem", streams: ["siem"] },
    );
    const { job, go } = await opened([siem]);
    expect(await go(() => stop)).toEqual([{ source: "siem", records: 0, error: null }]);
    expect(state(job, "siem")).toMatchObject({ failures: 0 });
  });

  it("is covered until the earliest of its streams", async () => {
    const covered: Record<string, number> = { one: 300, two: 200 };
    const page = (stream: string): ScriptedPage => ({
      items: [],
      coveredUntilMs: covered[stream] ?? 0,
    });
    const source = scriptedSource((cursor, stream) => (cursor === 0 ? page(stream) : undefined), {
      name: "siem",
      streams: ["one", "two"],
    });
    const { job, go } = await opened([source]);
    await go();
    expect(state(job, "siem")?.coveredUntilMs).toBe(200);
  });
});
