import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../support/amount.ts";
import {
  type BatchServer,
  createBatchClient,
  createBatchServer,
} from "../../support/batch_model.ts";
import type { ModelClient } from "../../support/model_client.ts";
import { playAll, playRecovery, recoverySteps, runOf } from "../../support/recovery_model.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
function world(startMs = NOW - 2 * DAY) {
  const server = createBatchServer(NOW);
  return { server, client: createBatchClient(server, startMs) };
}
let number = 0;
function addFile(server: BatchServer, dayMs = server.nowMs): string {
  const path = `/journal/${dayOf(dayMs)}/${number++}`;
  server.files.push({ path, day: dayOf(dayMs), shownMs: server.nowMs });
  return path;
}
const paths = (server: BatchServer) => server.files.map(({ path }) => path);

describe("a batch feed whose token is no good any more", () => {
  it.each([400, 404, 410, 414, 431, 500])(
    "begins again by date after a %i, once",
    async (status) => {
      const { server, client } = world();
      server.status = status;
      for (let day = 2; day >= 0; day--) addFile(server, NOW - day * DAY);
      await client.poll();
      server.epoch = 1;
      server.nowMs += 3 * DAY;
      addFile(server);
      await client.poll();
      expect(client.taken).toEqual(paths(server));
      expect(client.gaps).toEqual([]);
      // By date from the day before the last time that nothing was left.
      expect(server.asked.at(-1)).toMatchObject({ dateRangeStartsAt: dayOf(NOW - DAY) });
      expect(server.asked.at(-1)).not.toHaveProperty("dateRangeEndsAt");
    },
  );

  it("in the middle of a back-fill begins where the back-fill began", async () => {
    const { server, client } = world(NOW - 6 * DAY);
    server.pageSize = 2;
    for (let day = 6; day >= 0; day--) addFile(server, NOW - day * DAY);
    let pages = 0;
    client.kill = () => {
      if (++pages === 2) server.epoch = 1;
      return false;
    };
    await client.poll();
    expect(client.taken).toEqual(paths(server));
  });

  it.each([null, "dead"])(
    "asks for all that there is where a wrong clock left a day that has not come yet, token %j",
    async (nextPage) => {
      const { server, client } = world();
      addFile(server);
      await client.poll();
      for (let day = 6; day >= 0; day--) addFile(server, NOW - day * DAY);
      client.cursor = { ...(client.cursor as object), nextPage, startDay: "2999-12-24" };
      await client.poll();
      expect([...client.taken].sort()).toEqual(paths(server).sort());
      expect(client.gaps).toEqual([]);
      expect(client.cursor).toMatchObject({ startDay: dayOf(NOW - DAY) });
    },
  );

  it("misses nothing where the server's clock was wrong by years when its token was refused", async () => {
    const { server, client } = world();
    addFile(server);
    await client.poll();
    server.epoch = 1;
    server.nowMs += 30 * MINUTE;
    const list = server.files.splice(0);
    server.nowMs -= 400 * DAY;
    await runOf(client);
    server.nowMs += 400 * DAY;
    server.files.push(...list);
    server.epoch = 0;
    addFile(server);
    expect(await runOf(client)).toBe(null);
    expect(client.taken).toEqual(paths(server));
  });

  it("ends the run where each new token is refused too, and goes on once one is taken", async () => {
    const { server, client } = world();
    server.pageSize = 2;
    for (let count = 0; count < 7; count++) addFile(server);
    // Every token is dead before it can be used.
    client.kill = () => {
      server.epoch++;
      return false;
    };
    for (let poll = 0; poll < 20; poll++) {
      const before = server.asked.length;
      expect(await runOf(client)).toMatch(/^http_400$/);
      expect(server.asked.length - before).toBeLessThan(12);
      server.nowMs += 15 * MINUTE;
    }
    client.kill = () => false;
    expect(await runOf(client)).toBe(null);
    expect([...client.taken].sort()).toEqual(paths(server).sort());
  });

  it.each([20_000, 70_000])("of %i characters does not stop the feed for good", async (padding) => {
    const { server, client } = world();
    server.pageSize = 2;
    for (let count = 0; count < 5; count++) addFile(server);
    server.padding = padding;
    server.status = 414;
    for (let poll = 0; poll < 5; poll++) {
      client.kill = () => {
        server.epoch++;
        return false;
      };
      expect(await runOf(client)).toMatch(/token_too_long|http_414/);
      expect(JSON.stringify(client.cursor).length).toBeLessThan(70_000);
      server.nowMs += 15 * MINUTE;
    }
    client.kill = () => false;
    server.padding = 0;
    expect(await runOf(client)).toBe(null);
    expect([...client.taken].sort()).toEqual(paths(server).sort());
  });

  it("is not kept in the checkpoint where it is too long to be a token", async () => {
    const { server, client } = world();
    server.pageSize = 2;
    for (let count = 0; count < 5; count++) addFile(server);
    server.padding = 10_000_000;
    expect(await runOf(client)).toBe("token_too_long");
    expect(JSON.stringify(client.cursor).length).toBeLessThan(1_000);
  });

  it("that is answered empty for good is found out within an hour", async () => {
    const { server, client } = world();
    addFile(server);
    await client.poll();
    server.deadTokens = "empty";
    server.epoch = 1;
    server.nowMs += 5 * MINUTE;
    const late = addFile(server);
    const before = server.asked.length;
    for (let poll = 0; poll < 4; poll++) {
      server.nowMs += 15 * MINUTE;
      await client.poll();
    }
    expect(client.taken).toContain(late);
    // One for each poll, and one for all types, which this server refuses.
    expect(server.asked.length - before).toBe(5);
    const quiet = server.asked.length;
    for (let poll = 0; poll < 96; poll++) {
      server.nowMs += 15 * MINUTE;
      await client.poll();
    }
    expect(server.asked.length - quiet).toBeLessThanOrEqual(96 + 4);
    expect(client.taken).toEqual(paths(server));
  });

  it("left by an earlier version brings nothing twice, though its memory was shorter", async () => {
    const { server, client } = world();
    for (let count = 0; count < 500; count++) addFile(server);
    await client.poll();
    const { nextPage } = client.cursor as { nextPage: string };
    client.cursor = { nextPage, startDay: dayOf(NOW - 30 * DAY), recent: [] };
    for (let poll = 0; poll < 96; poll++) {
      server.nowMs += 15 * MINUTE;
      if (poll % 40 === 0) addFile(server);
      await client.poll();
    }
    expect(client.taken).toEqual(paths(server));
    expect(client.gaps).toEqual([]);
  });
});

describe("a batch feed of a type without files", () => {
  it.each([
    ["neither @nextPage nor isCaughtUp", false, false],
    ["no @nextPage", true, false],
    ["no isCaughtUp", false, true],
    ["both", true, true],
  ])("has no gap in a month, with %s", async (_name, hasCaughtUp, hasNextPage) => {
    const { server, client } = world(NOW - 7 * DAY);
    Object.assign(server, { hasCaughtUp, hasNextPage });
    for (let poll = 0; poll < 30 * 24; poll++) {
      await client.poll();
      server.nowMs += HOUR;
    }
    server.epoch = 1;
    await client.poll();
    addFile(server);
    await client.poll();
    expect(client.gaps).toEqual([]);
    expect(client.taken).toEqual(paths(server));
  });

  it("has one gap where it was stopped for longer than Mimecast keeps files", async () => {
    const { server, client } = world();
    await client.poll();
    server.epoch = 1;
    server.nowMs += 20 * DAY;
    addFile(server);
    await client.poll();
    expect(client.gaps).toHaveLength(1);
    expect(client.taken).toEqual(paths(server));
  });
});

describe("a batch feed on a host whose clock is wrong", () => {
  it.each([-5 * DAY, -3 * HOUR, 3 * HOUR, 5 * DAY, 40 * DAY])("by %i ms", async (aheadMs) => {
    const { server, client } = world(NOW - 5 * DAY);
    for (let day = 5; day >= 0; day--) addFile(server, NOW - day * DAY);
    client.aheadMs = aheadMs;
    for (let poll = 0; poll < 40; poll++) {
      await client.poll();
      server.nowMs += 6 * HOUR;
      addFile(server);
      if (poll % 7 === 6) server.epoch++;
      if (poll === 20) client.aheadMs = 0;
    }
    await client.poll();
    expect(client.taken).toEqual(paths(server));
    expect(client.gaps).toEqual([]);
  });
});

/** One thing that happens between two runs, or to one. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("files" as const),
    count: fc.integer({ min: 0, max: 7 }),
    lateHours: fc.integer({ min: 0, max: 23 }),
  }),
  ...recoverySteps(200),
  fc.record({ kind: fc.constant("fields" as const), hasCaughtUp: fc.boolean() }),
);

describe("a batch feed, whatever happens", () => {
  it("takes every file once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.integer({ min: 1, max: 12 * 60 })), { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, pageSize) => {
          const { server, client } = world(NOW - 6 * DAY);
          server.pageSize = pageSize;
          for (let day = 6; day >= 0; day--) addFile(server, NOW - day * DAY);
          await playAll({ server, client }, steps, play);
          expect([...client.taken].sort()).toEqual(paths(server).sort());
          expect(client.gaps).toEqual([]);
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(server: BatchServer, client: ModelClient, what: Step): void {
  switch (what.kind) {
    case "files":
      for (let count = 0; count < what.count; count++) {
        addFile(server, server.nowMs - what.lateHours * HOUR);
      }
      return;
    case "fields":
      server.hasCaughtUp = what.hasCaughtUp;
      return;
    default:
      playRecovery(server, client, what);
  }
}
