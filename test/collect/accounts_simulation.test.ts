import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { budgetFiles, keptBudgets } from "../../plugin/client/budget/shared_budget.ts";
import type { Credentials } from "../../plugin/client/client.ts";
import { createClient } from "../../plugin/client/mimecast_client.ts";
import { ONE_ATTEMPT } from "../../plugin/client/retry.ts";
import { run } from "../../plugin/collect/run.ts";
import { lendingPatience, type Slot } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import type { Effects, HttpRequest, LogLevel } from "../../plugin/effects.ts";
import { EXIT } from "../../plugin/errors.ts";
import { sourceNamed } from "../../plugin/sources/registry.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { inProcessFetch } from "../support/fake_mimecast/in_process.ts";
import { addRecords, createWorld, type World } from "../support/fake_mimecast/world.ts";
import { openScripted } from "../support/scripted_account.ts";
import { createSimulatedClock } from "../support/simulated_clock.ts";

/**
 * Fifty accounts in one process for ten minutes of simulated time, five of them broken in different ways, and one that
 * has a week to catch up with under a tight rate limit.
 */
const START_MS = Date.UTC(2026, 2, 1, 12);
const MINUTE = 60_000;
const ACCOUNTS = 50;
const LATENCY_MS = 40;
const LIMIT = { calls: 20, perMs: MINUTE };
const AUDIT = "/api/audit/get-audit-events";
const TTP_URL = "/api/ttp/url/get-logs";

const [EXPIRED, LIMITED, HANGING, DAMAGED, BAD_GATEWAY, BEHIND] = [0, 7, 14, 21, 28, 36];
const BROKEN = [EXPIRED, LIMITED, HANGING, DAMAGED, BAD_GATEWAY];
const nameOf = (number: number) => `account-${String(number).padStart(2, "0")}`;
const HEALTHY = Array.from({ length: ACCOUNTS }, (_, number) => number).filter(
  (number) => !BROKEN.includes(number) && number !== BEHIND,
);

interface Asked {
  readonly path: string;
  readonly atMs: number;
  readonly status: number;
}

interface Simulation {
  readonly asked: ReadonlyMap<string, readonly Asked[]>;
  readonly worlds: ReadonlyMap<string, World>;
  readonly logs: readonly { level: LogLevel; message: string; account: unknown; code: unknown }[];
  /** Bytes in use after two minutes, and after each further one. */
  readonly usedBytes: readonly number[];
  readonly exitCode: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let seen: Simulation;
beforeAll(async () => {
  seen = await simulate();
});

describe("fifty accounts, five of them broken", () => {
  it("the healthy ones are asked on time to the second", () => {
    for (const number of HEALTHY) {
      for (const path of [AUDIT, TTP_URL]) {
        expectOnTime(pollsOf(askedOf(number, path)));
      }
    }
  });

  it("the healthy ones have delivered everything that was there at their last poll", () => {
    for (const number of HEALTHY) {
      const world = worldOf(number);
      for (const type of ["audit", "ttp_url"] as const) {
        // The last poll is at minute 9; a record every five seconds.
        expect(world.ledger.count(type)).toBeGreaterThanOrEqual(9 * 12);
      }
      expect(world.violations).toEqual([]);
    }
  });

  it("no budget is ever exceeded: the fake has nothing to refuse", () => {
    const counted = [...HEALTHY, BEHIND, HANGING].map((number) => {
      const asked = seen.asked.get(nameOf(number)) ?? [];
      expect(asked.filter(({ status }) => status === 429)).toEqual([]);
      return Math.max(...asked.map(({ atMs }) => inWindow(asked, atMs)));
    });
    expect(Math.max(...counted)).toBeLessThanOrEqual(LIMIT.calls);
    // The one that is behind uses all of it.
    expect(counted[HEALTHY.length]).toBe(LIMIT.calls);
  });

  it("a feed that hangs does not keep the other feed of its account", () => {
    expect(askedOf(HANGING, AUDIT).length).toBeGreaterThan(1);
    expectOnTime(pollsOf(askedOf(HANGING, TTP_URL)));
    expect(worldOf(HANGING).ledger.count("ttp_url")).toBeGreaterThanOrEqual(9 * 12);
  });

  it("a 429 for ever is asked less and less, and never between the pauses", () => {
    const times = (seen.asked.get(nameOf(LIMITED)) ?? [])
      .filter(({ path }) => path !== "/oauth/token")
      .map(({ atMs }) => atMs);
    expect(times.length).toBeGreaterThan(1);
    for (const [index, atMs] of times.entries()) {
      const before = times[index - 1];
      if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(5_000);
    }
  });

  it("each broken account says what is wrong with it, and no other says anything", () => {
    const errors = seen.logs.filter(({ level }) => level === "error");
    const codes = (number: number) => [
      ...new Set(
        errors.filter(({ account }) => account === nameOf(number)).map(({ code }) => code),
      ),
    ];
    expect(codes(EXPIRED)).toEqual(["binding_expired"]);
    expect(codes(LIMITED)).toEqual(["rate_limited"]);
    expect(codes(HANGING)).toEqual(["timeout"]);
    expect(codes(DAMAGED)).toEqual(["checkpoint_broken"]);
    expect(codes(BAD_GATEWAY)).toEqual(["http_502"]);
    expect(new Set(errors.map(({ account }) => account))).toEqual(new Set(BROKEN.map(nameOf)));
    expect(seen.exitCode).toBe(EXIT.partial);
  });

  it("memory is flat", () => {
    const [first, ...later] = seen.usedBytes;
    expect(later.length).toBeGreaterThanOrEqual(7);
    // A measurement may fall on a page in progress: of the last ones the lowest counts.
    expect(Math.min(...later.slice(-3)) - first!).toBeLessThan(4 * 1_048_576);
  });
});

function expectOnTime(polls: readonly number[]): void {
  expect(polls).toHaveLength(10);
  // All accounts begin at once and wait their turn: four at a time, a few calls of 40 ms each.
  expect(polls[0]! - START_MS).toBeLessThan(5_000);
  for (const [index, atMs] of polls.entries()) {
    const lateMs = atMs - (polls[index - 1] ?? atMs - MINUTE) - MINUTE;
    expect(Math.abs(lateMs)).toBeLessThan(1_000);
  }
}

function askedOf(number: number, path: string): readonly Asked[] {
  return (seen.asked.get(nameOf(number)) ?? []).filter((each) => each.path === path);
}

/** When each poll began: the calls of one follow each other at once. */
function pollsOf(asked: readonly Asked[]): readonly number[] {
  const times = asked.map(({ atMs }) => atMs);
  return times.filter((atMs, index) => index === 0 || atMs - times[index - 1]! > MINUTE / 2);
}

function worldOf(number: number): World {
  return seen.worlds.get(`${nameOf(number)}.example`)!;
}

/** Calls in the window that begins with this one. */
function inWindow(asked: readonly Asked[], fromMs: number): number {
  return asked.filter(
    ({ path, atMs }) => path !== "/oauth/token" && atMs >= fromMs && atMs < fromMs + LIMIT.perMs,
  ).length;
}

async function simulate(): Promise<Simulation> {
  const clock = createSimulatedClock(START_MS);
  const worlds = new Map(
    Array.from({ length: ACCOUNTS }, (_, number) => [`${nameOf(number)}.example`, world(number)]),
  );
  const asked = new Map<string, Asked[]>();
  const logs: Simulation["logs"][number][] = [];
  const effects = simulatedEffects(clock, worlds, asked, logs);
  await effects.files.replace(`/state/${nameOf(DAMAGED)}/checkpoint`, Buffer.from("half a"));

  const delivery = stdoutDelivery(effects, "follow");
  const budgets = keptBudgets(effects, budgetFiles(effects, "/state/.rate_limits"));
  const stopping = new AbortController();
  const plans = Array.from({ length: ACCOUNTS }, (_, number) => ({
    name: nameOf(number),
    open: async (_place: Slot, signal: AbortSignal) => {
      const credentials = credentialsOf(number, worlds.get(`${nameOf(number)}.example`)!);
      const { api } = credentials;
      const account = {
        name: nameOf(number),
        baseUrl: `https://${nameOf(number)}.example`,
        downloadHosts: [],
      };
      const budget = await budgets.of(credentials, account.baseUrl, { other: LIMIT });
      const options = { budget, signal };
      const job = await openScripted(effects, {
        name: nameOf(number),
        sources: [sourceNamed(api, "audit"), sourceNamed(api, "ttp_url")],
        intervalMs: MINUTE,
        options: { api, safety: delivery.safety },
        values: {
          client: createClient(account, credentials, effects, options),
          probe: createClient(account, credentials, effects, { ...options, retry: ONE_ATTEMPT }),
        },
      });
      const startMs = START_MS - (number === BEHIND ? 7 * 86_400_000 : MINUTE);
      return {
        job: { ...job, sources: job.sources.map((each) => ({ ...each, startMs })) },
        release: () => {},
      };
    },
  }));
  const running = run(effects, plans, delivery, {
    mode: "follow",
    maxRunMs: 0,
    maxConcurrency: 4,
    patience: (slot) => lendingPatience(effects, slot),
    signal: stopping.signal,
    shipperAlive: async () => true,
  });
  const usedBytes: number[] = [];
  for (let minute = 1; minute <= 9; minute++) {
    await clock.runUntil(START_MS + minute * MINUTE + 30_000);
    if (minute < 2) continue;
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    usedBytes.push(heapUsed + arrayBuffers);
  }
  stopping.abort(new Error("SIGTERM"));
  await clock.runUntil(START_MS + 10 * MINUTE);
  return { asked, worlds, logs, usedBytes, exitCode: await running };
}

/** Ten minutes of records, one every five seconds of each type; a week of them where the account is behind. */
function world(number: number): World {
  const made = createWorld({
    api: number % 2 === 0 ? "1.0" : "2.0",
    seed: number + 1,
    now: () => START_MS,
    records: {},
    spanMs: 0,
    switches: {
      ...(number === EXPIRED ? { auth: "expired" as const } : {}),
      rateLimit: { limit: LIMIT.calls, windowMs: LIMIT.perMs },
    },
  });
  const type = (amount: number) => ({ audit: amount, ttp_url: amount });
  if (number === BEHIND) {
    addRecords(made, type(8_000), START_MS - 7 * 86_400_000, START_MS);
  }
  addRecords(made, type(120), START_MS, START_MS + 10 * MINUTE);
  if (number === LIMITED) {
    made.faults.push({ path: "/api/*", fault: "rate_limited", times: 0, reset: "5000" });
  }
  if (number === HANGING) made.faults.push({ path: AUDIT, fault: "hang", times: 0 });
  if (number === BAD_GATEWAY) made.faults.push({ path: "/api/*", fault: "html_502", times: 0 });
  return made;
}

function credentialsOf(number: number, { credentials }: World): Credentials {
  const { appId, appKey, accessKey, secretKey, clientId, clientSecret } = credentials;
  return number % 2 === 0
    ? { api: "1.0", appId, appKey, accessKey, secretKey }
    : { api: "2.0", clientId, clientSecret };
}

/** The fakes of the other tests, without what they remember of each write. */
function simulatedEffects(
  clock: ReturnType<typeof createSimulatedClock>,
  worlds: ReadonlyMap<string, World>,
  asked: Map<string, Asked[]>,
  logs: Simulation["logs"][number][],
): Effects {
  const fake = createFakeEffects();
  for (const each of worlds.values()) each.now = () => clock.now();
  const fetch = inProcessFetch(worlds, clock, LATENCY_MS);
  return {
    ...fake,
    ...clock,
    async fetch(request: HttpRequest) {
      const { host, pathname: path } = new URL(request.url);
      const name = host.replace(".example", "");
      const atMs = clock.now();
      const list = asked.get(name) ?? [];
      asked.set(name, list);
      const at = list.push({ path, atMs, status: 0 }) - 1;
      const answer = await fetch(request);
      list[at] = { path, atMs, status: answer.status };
      return answer;
    },
    stdout: { kind: "pipe", write: async () => {}, sync: async () => {} },
    log(level, message, fields = {}) {
      if (level === "error")
        logs.push({ level, message, account: fields.account, code: fields.code });
    },
  };
}
