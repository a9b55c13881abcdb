import { describe, expect, it } from "vitest";
import type { MimecastClient } from "../../plugin/client/client.ts";
import type { AccountJob } from "../../plugin/collect/job.ts";
import { createEnginePool } from "../../plugin/encode/engine.ts";
import { DecodeError } from "../../plugin/errors.ts";
import type { Source, SourceContext } from "../../plugin/sources/source.ts";
import { badGateway, healthLines, MINUTE, onePage, state } from "../support/account_scripted.ts";
import { chunked, createFakeEffects } from "../support/fake_effects.ts";
import { type ScriptedPage, scriptedEngine, scriptedSource } from "../support/scripted.ts";
import { threeStreams, turnsOf } from "../support/scripted_turns.ts";

describe("collectSource() remembers", () => {
  it("up to when all streams are complete: the earliest", async () => {
    const effects = createFakeEffects();
    const { source } = threeStreams(effects, 0);
    const { job, take } = await turnsOf(source, {}, effects);
    await take();
    expect(state(job, "siem")).toMatchObject({ coveredUntilMs: 0xa, records: 3 });
    await take();
    expect(state(job, "siem")).toMatchObject({ coveredUntilMs: 0xa });
  });

  it("how many records the filter left out", async () => {
    const { job, take } = await turnsOf(onePage("audit", ["a", "-b", "-c", "d"]));
    expect(await take()).toMatchObject({ records: 2 });
    expect(state(job, "audit")).toMatchObject({ records: 2, filtered: 2 });
  });

  it("where the stream was when it met a gap, as a replay needs it", async () => {
    const damaged = new DecodeError("damaged", { code: "gzip_damaged" });
    const pageAt = (cursor: number): ScriptedPage | undefined => {
      if (cursor > 1) return undefined;
      const fail = () => ({ after: 0, error: damaged });
      const items = cursor === 0 ? [] : [{ key: "bad", records: ["x"], fail }];
      return cursor === 0 ? { items, gap: "too old" } : { items };
    };
    const replay = { again: (cursor: unknown) => [cursor] } as unknown as Source["replay"] & {};
    for (const values of [{}, { replay }]) {
      const { effects, job, take } = await turnsOf(scriptedSource(pageAt, values), {
        quarantineAfter: 1,
      });
      await take();
      const { gaps } = job.ledger.checkpoint();
      const base = { stream: "audit", atMs: effects.now() };
      const file = expect.stringMatching(/^audit-/);
      expect(gaps).toEqual([
        { ...base, item: "", reason: "too old", cursor: 0, file: null },
        { ...base, item: "bad", reason: "damaged", cursor: "replay" in values ? [1] : 1, file },
      ]);
      const told = ["Gap in audit: too old", 'Gap in audit, "bad": damaged'];
      expect(healthLines(effects).map(({ message }) => message)).toEqual(told);
      const logged = effects.logs.filter(({ message }) => message.includes("the gap is recorded"));
      expect(logged.map(({ fields }) => fields)).toEqual(
        gaps.map(({ item, reason, file: kept }) => {
          return { account: "acme", stream: "audit", item, reason, file: kept };
        }),
      );
    }
  });
});

describe("collectSource() gives a source", () => {
  /** What the source is asked with. */
  async function contextOf(values: Partial<AccountJob>, failures = 0) {
    const seen: SourceContext[] = [];
    const starts: number[][] = [];
    const source = {
      ...onePage("audit"),
      start: (_stream: string, startMs: number, nowMs: number) => {
        starts.push([startMs, nowMs]);
        return 0;
      },
      page: async (_stream: string, _cursor: unknown, context: SourceContext) => {
        seen.push(context);
        return { items: [], next: 0, more: false, coveredUntilMs: null };
      },
    };
    const { effects, job, take } = await turnsOf(source, values);
    const known = { startedMs: 0, dueMs: 0, error: null, coveredUntilMs: null, records: 0 };
    if (failures > 0) job.ledger.setSource("audit", { ...known, failures });
    await take();
    return { effects, context: seen[0]!, start: starts[0]! };
  }
  const [client, probe] = [{}, {}] as [MimecastClient, MimecastClient];

  it("the client that asks once where it failed the last time", async () => {
    expect((await contextOf({ client, probe })).context.client).toBe(client);
    expect((await contextOf({ client, probe }, 1)).context.client).toBe(probe);
    expect((await contextOf({ client }, 1)).context.client).toBe(client);
  });

  it("Mimecast's time, and its beginning by that", async () => {
    const clock = (aheadMs: number) => ({
      now: () => 7_000,
      aheadMs: () => aheadMs,
      answered() {},
    });
    const plain = await contextOf({});
    expect(plain.context.now()).toBe(plain.effects.now());
    expect(plain.start).toEqual([0, plain.effects.now()]);
    for (const [aheadMs, startMs] of [
      [3_000, -3_000],
      [-3_000, 0],
    ] as const) {
      const { context, start } = await contextOf({ clock: clock(aheadMs) });
      expect(context.now()).toBe(7_000);
      expect(start).toEqual([startMs, 7_000]);
    }
  });

  it("temporary files, until its page is done", async () => {
    const held: string[][] = [];
    const effects = createFakeEffects();
    const temporary = () => [...effects.disk.keys()].filter((path) => path.includes("/tmp/"));
    const source = {
      ...onePage("audit"),
      page: async (_stream: string, cursor: unknown, { spool }: SourceContext) => {
        held.push(temporary());
        for (const text of ["a", "bc"]) {
          const { path, size } = await spool(chunked([Buffer.from(text)]));
          expect([path.startsWith("/state/acme/tmp/"), size]).toEqual([true, text.length]);
        }
        held.push(temporary());
        const at = Number(cursor);
        return { items: [], next: at + 1, more: at < 2, coveredUntilMs: null };
      },
    };
    const { take } = await turnsOf(source, {}, effects);
    await take();
    expect(held.map(({ length }) => length)).toEqual([0, 2, 0, 2, 0, 2]);
    expect(temporary()).toEqual([]);
  });

  it("an engine, and takes it back unless an exception has left it in an unknown state", async () => {
    for (const [error, isKept] of [
      [null, true],
      [badGateway(), true],
      [new TypeError("x is not a function"), false],
    ] as const) {
      const pool = createEnginePool(() => scriptedEngine());
      const first = pool.borrow();
      pool.giveBack(first);
      const source = scriptedSource(() => {
        if (error !== null) throw error;
        return undefined;
      });
      const { take } = await turnsOf(source, { engines: pool });
      await take();
      expect(pool.borrow() === first).toBe(isKept);
    }
  });
});

describe("collectSource() tells the progress", () => {
  it("of each chunk and page, and of its end only where there was one", async () => {
    const effects = createFakeEffects();
    const told: unknown[] = [];
    const calls: (number | null)[] = [];
    const progress: AccountJob["progress"] = {
      turn(account, source, callsLeft) {
        told.push(["turn", account, source]);
        calls.push(callsLeft?.() ?? null);
        return {
          took: (records) => told.push(["took", records]),
          page: (coveredUntilMs) => {
            told.push(["page", coveredUntilMs]);
            effects.advance(MINUTE / 2);
          },
        };
      },
      end: (account, source) => told.push(["end", account, source]),
    };
    const { source } = threeStreams(effects, 0);
    const callsLeft = (of: Source) => (of === source ? 33 : null);
    const { take } = await turnsOf(source, { progress, callsLeft }, effects);
    await take();
    const turn = ["turn", "acme", "siem"];
    const first = [turn, ["took", 1], ["page", 0xc], ["took", 1], ["page", 0xa]];
    expect(told.splice(0)).toEqual(first);
    await take();
    expect(told.splice(0)).toEqual([turn, ["took", 1], ["page", 0xb], ["page", null]]);
    const short = await turnsOf(onePage("audit"), { progress });
    await short.take();
    const end = ["end", "acme", "audit"];
    expect(told).toEqual([["turn", "acme", "audit"], ["took", 1], ["page", null], end]);
    expect(calls).toEqual([33, 33, null]);
  });
});
