import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isKnownError } from "../../../plugin/errors.ts";
import { siemV2 } from "../../../plugin/sources/siem/siem_v2.ts";
import { runs } from "../../support/amount.ts";
import {
  type BatchServer,
  createBatchClient,
  createBatchServer,
} from "../../support/batch_model.ts";
import { createModelSession, type ModelClient } from "../../support/model_client.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TYPES = siemV2.streams.map((stream) => stream.slice("siem:".length));

/** All types of one account, as one process collects them. */
function world(types: readonly string[] = TYPES) {
  const server = createBatchServer(NOW);
  server.takesJoined = true;
  const session = createModelSession(server);
  const clients = types.map((type) => createBatchClient(server, NOW - DAY, type, session));
  return { server, clients };
}
let number = 0;
function addFile(server: BatchServer, type = "journal"): string {
  const path = `/${type.replaceAll(" ", "_")}/${number++}`;
  const day = new Date(server.nowMs).toISOString().slice(0, 10);
  server.files.push({ path, day, shownMs: server.nowMs, type });
  return path;
}
/** A run that ends at its first error, as far as the stream is concerned; the others go on. */
async function run(clients: readonly ModelClient[]): Promise<void> {
  for (const client of clients) {
    try {
      await client.poll();
    } catch (error) {
      if (!isKnownError(error)) throw error;
    }
  }
}
const taken = (clients: readonly ModelClient[]) => clients.flatMap((each) => each.taken).sort();
const paths = (server: BatchServer) => server.files.map(({ path }) => path).sort();
const joined = (server: BatchServer) =>
  server.asked.filter(({ type }) => (type as string).includes(",")).length;

describe("one call for all types", () => {
  it("answers for ten where there is nothing new", async () => {
    const { server, clients } = world();
    await run(clients);
    server.nowMs += 15 * MINUTE;
    await run(clients);
    const before = server.asked.length;
    for (let poll = 0; poll < 3; poll++) {
      server.nowMs += 10 * MINUTE;
      await run(clients);
    }
    expect(server.asked.length - before).toBe(3);
    expect(server.asked.at(-1)).toMatchObject({ type: TYPES.join(","), pageSize: "100" });
  });

  it("saves 60 % of the calls of a quiet day, and each file comes with the next poll", async () => {
    const { server, clients } = world();
    for (let poll = 0; poll < 96; poll++) {
      if (poll % 24 === 7) addFile(server, TYPES[poll % TYPES.length]);
      await run(clients);
      expect(taken(clients)).toEqual(paths(server));
      server.nowMs += 15 * MINUTE;
    }
    expect(server.asked.length).toBeLessThan(96 * TYPES.length * 0.4);
  });

  it("that is refused is not asked again for a day, and every type goes on by itself", async () => {
    const { server, clients } = world();
    server.takesJoined = false;
    for (let poll = 0; poll < 96; poll++) {
      addFile(server, TYPES[poll % TYPES.length]);
      await run(clients);
      expect(taken(clients)).toEqual(paths(server));
      server.nowMs += 15 * MINUTE;
    }
    expect(joined(server)).toBeLessThanOrEqual(2);
  });

  it("is not asked where a poll brings more than a page of files", async () => {
    const { server, clients } = world(["journal", "receipt"]);
    server.pageSize = 3;
    for (let poll = 0; poll < 20; poll++) {
      for (let count = 0; count < 5; count++) addFile(server, "receipt");
      await run(clients);
      server.nowMs += 15 * MINUTE;
    }
    expect(taken(clients)).toEqual(paths(server));
    expect(joined(server)).toBeLessThanOrEqual(2);
  });

  it("whose token is dead keeps a file back for an hour at most", async () => {
    const { server, clients } = world();
    for (let poll = 0; poll < 3; poll++) {
      await run(clients);
      server.nowMs += 5 * MINUTE;
    }
    const answer = server.answer.bind(server);
    server.answer = (query) =>
      query.type?.includes(",") && query.nextPage !== undefined
        ? { value: [], "@nextPage": query.nextPage, isCaughtUp: true }
        : answer(query);
    addFile(server);
    for (let poll = 0; poll < 12; poll++) {
      await run(clients);
      server.nowMs += 5 * MINUTE;
    }
    await run(clients);
    expect(taken(clients)).toEqual(paths(server));
  });

  it("is no help to a position that is asked for again", () => {
    const cursor = { nextPage: "a", startDay: "2026-03-01", recent: [], caughtUp: 1, probe: "b" };
    expect(siemV2.replay?.again(cursor)).toMatchObject({ nextPage: "a", caughtUp: 0 });
  });
});

const step = fc.record({
  files: fc.array(fc.constantFrom("journal", "av", "spam"), { maxLength: 5 }),
  tokens: fc.constantFrom("good" as const, "refused" as const, "empty" as const),
  takesJoined: fc.boolean(),
  kill: fc.constantFrom(null, 0, 1, 2),
  during: fc.constantFrom(null, "journal", "av", "spam"),
  minutes: fc.integer({ min: 0, max: 40 }),
});

describe("one call for all types, whatever happens", () => {
  it("takes every file once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, pageSize) => {
          const { server, clients } = world(["journal", "av", "spam"]);
          server.pageSize = pageSize;
          for (const what of steps) {
            for (const type of what.files) addFile(server, type);
            server.takesJoined = what.takesJoined;
            if (what.tokens !== "good") {
              server.deadTokens = what.tokens;
              server.epoch++;
            }
            for (const [index, client] of clients.entries()) {
              let pages = 0;
              client.kill = () => {
                server.nowMs += 3_000;
                if (pages++ === 0 && what.during !== null) addFile(server, what.during);
                return what.kill === index;
              };
            }
            await run(clients);
            server.nowMs += what.minutes * MINUTE;
          }
          for (const client of clients) client.kill = () => false;
          for (let poll = 0; poll < 4; poll++) {
            server.nowMs += 61 * MINUTE;
            await run(clients);
          }
          expect(taken(clients)).toEqual(paths(server));
          expect(clients.flatMap(({ gaps }) => gaps)).toEqual([]);
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});
