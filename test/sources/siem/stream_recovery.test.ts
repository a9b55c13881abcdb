import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../support/amount.ts";
import type { ModelClient } from "../../support/model_client.ts";
import { playAll, playRecovery, recoverySteps, runOf } from "../../support/recovery_model.ts";
import {
  createStreamClient,
  createStreamServer,
  type ModelRecord,
  type StreamServer,
} from "../../support/stream_model.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function world(startMs = NOW - 20 * HOUR) {
  const server = createStreamServer(NOW);
  return { server, client: createStreamClient(server, startMs) };
}
let number = 0;
function add(server: StreamServer, timestamp = server.nowMs, eventType = "receipt"): string {
  const processingId = `p${number++}`;
  server.records.push({ processingId, eventType, timestamp, shownMs: server.nowMs });
  return processingId;
}
const ids = (server: StreamServer) =>
  server.records.map(({ processingId }) => processingId as string);
const startsOf = (server: StreamServer) =>
  server.asked.flatMap(({ dateRangeStartsAt: start }) =>
    start === undefined ? [] : [Date.parse(start)],
  );

describe("a stream whose token is no good any more", () => {
  it.each([400, 404, 414, 431, 500])("begins again by date after a %i", async (status) => {
    const { server, client } = world();
    server.status = status;
    for (let hour = 19; hour >= 0; hour--) add(server, NOW - hour * HOUR);
    await client.poll();
    server.epoch = 1;
    server.nowMs += HOUR;
    add(server);
    await client.poll();
    expect(client.taken).toEqual(ids(server));
    expect(client.gaps).toEqual([]);
    // An overlap before the last time that nothing was left.
    expect(startsOf(server).at(-1)).toBe(NOW - 10 * MINUTE);
  });

  it("in the middle of a back-fill that is not in the order of time begins where that began", async () => {
    const { server, client } = world();
    server.pageSize = 4;
    for (const type of ["receipt", "av", "journal"]) {
      for (let hour = 19; hour >= 0; hour--) add(server, NOW - hour * HOUR, type);
    }
    let pages = 0;
    client.kill = () => {
      if (++pages === 6) server.epoch = 1;
      return false;
    };
    await client.poll();
    expect(startsOf(server)).toEqual([NOW - 20 * HOUR, NOW - 20 * HOUR]);
    expect(client.taken).toEqual(ids(server));
  });

  it("makes no gap on a quiet tenant", async () => {
    const { server, client } = world();
    add(server, NOW - HOUR);
    for (let poll = 0; poll < 30 * 12; poll++) {
      await client.poll();
      server.nowMs += 5 * MINUTE;
    }
    server.epoch = 1;
    await client.poll();
    expect(client.gaps).toEqual([]);
    expect(client.taken).toEqual(ids(server));
  });

  it("ends the run where each new token is refused too, and goes on once one is taken", async () => {
    const { server, client } = world();
    server.pageSize = 2;
    for (let count = 0; count < 7; count++) add(server, NOW - count * MINUTE);
    client.kill = () => {
      server.epoch++;
      return false;
    };
    for (let poll = 0; poll < 10; poll++) {
      const before = server.asked.length;
      expect(await runOf(client)).toBe("http_400");
      expect(server.asked.length - before).toBeLessThan(12);
      server.nowMs += 15 * MINUTE;
    }
    client.kill = () => false;
    expect(await runOf(client)).toBe(null);
    expect([...client.taken].sort()).toEqual(ids(server).sort());
  });

  it.each([20_000, 10_000_000])("of %i characters does not stop it for good", async (padding) => {
    const { server, client } = world();
    server.pageSize = 2;
    for (let count = 0; count < 5; count++) add(server, NOW - count * MINUTE);
    server.padding = padding;
    server.status = 414;
    client.kill = () => {
      server.epoch++;
      return false;
    };
    for (let poll = 0; poll < 3; poll++) {
      expect(await runOf(client)).toMatch(/token_too_long|http_414/);
      expect(JSON.stringify(client.cursor).length).toBeLessThan(70_000);
      server.nowMs += 15 * MINUTE;
    }
    client.kill = () => false;
    server.padding = 0;
    expect(await runOf(client)).toBe(null);
    expect([...client.taken].sort()).toEqual(ids(server).sort());
  });

  it("and that is answered empty for good, is found out within an hour", async () => {
    const { server, client } = world();
    add(server, NOW - HOUR);
    await client.poll();
    server.deadTokens = "empty";
    server.epoch = 1;
    server.nowMs += MINUTE;
    const missed = add(server);
    for (let poll = 0; poll < 12; poll++) {
      await client.poll();
      server.nowMs += 5 * MINUTE;
    }
    await client.poll();
    expect(client.taken).toEqual(ids(server));
    expect(client.taken).toContain(missed);
    const quiet = server.asked.length;
    for (let poll = 0; poll < 288; poll++) {
      server.nowMs += 5 * MINUTE;
      await client.poll();
    }
    expect(server.asked.length - quiet).toBeLessThanOrEqual(288 + 24);
  });
});

describe("equal records of a stream", () => {
  const pages = async (...lists: readonly (readonly Partial<ModelRecord>[])[]) => {
    const { server, client } = world();
    const all = [...lists];
    let page = 0;
    server.answer = () => {
      const value = all.shift() ?? [];
      return {
        value,
        "@nextPage": `t${value.length > 0 ? ++page : page}`,
        isCaughtUp: all.length === 0,
      };
    };
    await client.poll();
    return { taken: client.taken, client, server };
  };
  const bare = { eventType: "process", timestamp: NOW - HOUR };
  const named = { ...bare, processingId: "p" };

  it("without a processingId are several, on one page and on two", async () => {
    expect((await pages([bare, bare])).taken).toHaveLength(2);
    expect((await pages([bare], [bare])).taken).toHaveLength(2);
    expect((await pages([bare, bare], [bare], [bare, bare])).taken).toHaveLength(5);
  });

  it("with one are two on one page, and the same record on the next", async () => {
    expect((await pages([named, named])).taken).toHaveLength(2);
    expect((await pages([named], [named, { ...named, processingId: "q" }])).taken).toHaveLength(2);
  });

  it("are the same ones where the same page is asked for again", async () => {
    const { client, server } = await pages([bare]);
    server.answer = () => ({ value: [bare, bare], "@nextPage": "t1", isCaughtUp: true });
    await client.poll();
    await client.poll();
    expect(client.taken).toHaveLength(3);
  });

  it("are the same ones where the stream begins again by date", async () => {
    const { client, server } = await pages([bare, bare]);
    server.answer = () => ({ value: [bare, bare], "@nextPage": "u", isCaughtUp: true });
    client.cursor = { ...(client.cursor as object), nextPage: null, redoing: 1 };
    await client.poll();
    expect(client.taken).toHaveLength(2);
  });
});

describe("a stream's position", () => {
  it("that a wrong clock left in the future is put right", async () => {
    const { server, client } = world();
    client.cursor = { nextPage: null, from: NOW + 50 * HOUR, stalls: 0, types: null, ids: [] };
    await client.poll();
    expect(startsOf(server)).toEqual([NOW - 10 * MINUTE]);
    expect(client.cursor).toMatchObject({ from: NOW - 10 * MINUTE });
    client.cursor = {
      nextPage: `0:${NOW}:0:`,
      from: NOW + 50 * HOUR,
      stalls: 0,
      types: null,
      ids: [],
    };
    server.nowMs += MINUTE;
    await client.poll();
    expect((client.cursor as { from: number }).from).toBeLessThanOrEqual(server.nowMs);
  });

  it.each([-30 * HOUR, -3 * HOUR, 3 * HOUR, 30 * HOUR, 400 * 24 * HOUR])(
    "is right on a host whose clock is wrong by %i ms",
    async (aheadMs) => {
      const { server, client } = world();
      for (let hour = 19; hour >= 0; hour--) add(server, NOW - hour * HOUR);
      client.aheadMs = aheadMs;
      for (let poll = 0; poll < 60; poll++) {
        await client.poll();
        server.nowMs += 30 * MINUTE;
        add(server);
        if (poll % 7 === 6) server.epoch++;
        if (poll === 40) client.aheadMs = 0;
      }
      await client.poll();
      expect(client.taken).toEqual(ids(server));
      expect(client.gaps).toEqual([]);
    },
  );
});

/** One thing that happens between two runs, or to one. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("records" as const),
    count: fc.integer({ min: 0, max: 9 }),
    lateMinutes: fc.integer({ min: 0, max: 9 }),
  }),
  ...recoverySteps(60),
  fc.record({
    kind: fc.constant("answers" as const),
    hasCaughtUp: fc.boolean(),
    repeats: fc.integer({ min: 0, max: 3 }),
  }),
);

describe("a stream, whatever happens", () => {
  it("takes every record once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.integer({ min: 1, max: 30 })), { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, pageSize) => {
          const { server, client } = world(NOW - 10 * HOUR);
          server.pageSize = pageSize;
          for (const type of ["receipt", "av"]) {
            for (let hour = 5; hour >= 0; hour--) add(server, NOW - hour * HOUR, type);
          }
          await playAll({ server, client }, steps, play);
          expect([...client.taken].sort()).toEqual(ids(server).sort());
          expect(client.gaps).toEqual([]);
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(server: StreamServer, client: ModelClient, what: Step): void {
  switch (what.kind) {
    case "records":
      for (let count = 0; count < what.count; count++) {
        add(server, server.nowMs - what.lateMinutes * MINUTE);
      }
      return;
    case "answers":
      server.hasCaughtUp = what.hasCaughtUp;
      server.repeats = what.repeats;
      return;
    default:
      playRecovery(server, client, what);
  }
}
