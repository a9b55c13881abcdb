import { describe, expect, test } from "vitest";
import { type Budget, FULL_BUDGET, pause } from "../../../plugin/client/budget/budget.ts";
import {
  budgetName,
  parseBudget,
  serializeBudget,
} from "../../../plugin/client/budget/budget_file.ts";
import {
  budgetFiles,
  keptBudgets,
  memoryBudget,
} from "../../../plugin/client/budget/shared_budget.ts";
import type { Credentials } from "../../../plugin/client/client.ts";
import { createFakeEffects } from "../../support/fake_effects.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const FOLDER = "/state/.rate_limits";
const HOST = "https://api.services.mimecast.com";
const V2: Credentials = { api: "2.0", clientId: "client-id-value", clientSecret: "secret-value" };
const V1: Credentials = {
  api: "1.0",
  appId: "app",
  appKey: "app-key-value",
  accessKey: "access-key-value",
  secretKey: "secret-key-value",
};
const TWO = { batch: { calls: 2, perMs: 60_000 } };

const budgetsIn = (effects: ReturnType<typeof createFakeEffects>) =>
  keptBudgets(effects, budgetFiles(effects, FOLDER));

describe("keptBudgets()", () => {
  test("gives accounts with the same credential the same budget", async () => {
    const budgets = budgetsIn(createFakeEffects());
    const one = await budgets.of(V2, HOST, TWO);
    const two = await budgets.of({ ...V2 }, HOST, {});
    const other = await budgets.of({ ...V2, clientId: "another" }, HOST, TWO);
    expect([one.take("batch"), two.take("batch")]).toEqual([0, 0]);
    expect(one.take("batch")).toBe(60_000);
    expect(two.take("batch")).toBe(60_000);
    expect(other.take("batch")).toBe(0);
    await one.pause(NOW + 5_000);
    expect(two.take("stream")).toBe(5_000);
    expect(other.take("stream")).toBe(0);
  });

  test("holds across runs", async () => {
    const effects = createFakeEffects();
    const first = await budgetsIn(effects).of(V2, HOST, TWO);
    first.take("batch");
    await first.answered({});
    first.take("batch");
    await first.answered({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7000" });
    const next = await budgetsIn(effects).of(V2, HOST, TWO);
    expect(next.take("other")).toBe(7_000);
    effects.advance(7_000);
    expect(next.take("batch")).toBe(53_000);
    effects.advance(53_000);
    expect(next.take("batch")).toBe(0);
  });

  test("after a pause one call goes ahead of the others", async () => {
    const effects = createFakeEffects();
    const budget = await budgetsIn(effects).of(V2, HOST, {});
    expect([budget.take("other"), budget.take("other")]).toEqual([0, 0]);
    await budget.pause(NOW + 5_000);
    effects.advance(5_000);
    expect([budget.take("other"), budget.take("batch")]).toEqual([0, 1_000]);
    effects.advance(1_000);
    expect([budget.take("batch"), budget.take("other")]).toEqual([0, 0]);
    const next = await budgetsIn(effects).of(V2, HOST, {});
    expect([next.take("other"), next.take("other")]).toEqual([0, 0]);
  });

  test("after a pause that an earlier run has met, one call goes ahead of the others", async () => {
    const effects = createFakeEffects();
    await (await budgetsIn(effects).of(V2, HOST, {})).pause(NOW + 5_000);
    const next = await budgetsIn(effects).of(V2, HOST, {});
    expect(next.take("other")).toBe(5_000);
    effects.advance(5_000);
    expect([next.take("other"), next.take("other")]).toEqual([0, 1_000]);
  });

  test("two processes with the same credential learn of each other's calls", async () => {
    const effects = createFakeEffects();
    const one = await budgetsIn(effects).of(V2, HOST, TWO);
    const two = await budgetsIn(effects).of(V2, HOST, TWO);
    one.take("batch");
    await one.answered({});
    effects.advance(10);
    two.take("batch");
    await two.answered({});
    expect(two.take("batch")).toBeGreaterThan(59_000);
  });

  test("the file tells nothing of the credential", async () => {
    const effects = createFakeEffects();
    const budgets = budgetsIn(effects);
    for (const credentials of [V1, V2]) {
      const budget = await budgets.of(credentials, HOST, TWO);
      await budget.answered({});
    }
    const written = [...effects.disk].map(([path, bytes]) => path + Buffer.from(bytes));
    expect(written).toHaveLength(2);
    for (const secret of ["key-value", "client-id", "secret-value"]) {
      expect(written.join("\n")).not.toContain(secret);
    }
    const names = [
      budgetName(V1, HOST),
      budgetName({ ...V1, accessKey: "another" }, HOST),
      budgetName(V2, HOST),
      budgetName({ ...V2, clientId: "another" }, HOST),
    ];
    expect(new Set(names).size).toBe(4);
    expect(budgetName({ ...V1, secretKey: "new" }, HOST)).toBe(names[0]);
    expect(budgetName({ ...V2, clientSecret: "new" }, HOST)).toBe(names[2]);
    expect(budgetName(V1, HOST)).not.toBe(budgetName(V1, "https://eu-api.mimecast.com"));
  });

  test("a disk that is full is said once and stops nothing", async () => {
    const effects = createFakeEffects({
      onFile: (operation) => {
        if (operation === "overwrite") throw new Error("ENOSPC");
      },
    });
    const budget = await budgetsIn(effects).of(V2, HOST, TWO);
    for (let call = 0; call < 2; call++) {
      expect(budget.take("batch")).toBe(0);
      await budget.answered({});
    }
    expect(budget.take("batch")).toBeGreaterThan(0);
    await budget.answered({});
    expect(effects.logs.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test("a file that can't be read is said once and is nothing known", async () => {
    const effects = createFakeEffects({
      onFile: (operation) => {
        if (operation === "read") throw new Error("EACCES");
      },
    });
    const budget = await budgetsIn(effects).of(V2, HOST, TWO);
    expect(effects.logs).toMatchObject([
      { level: "warn", fields: { error: "Error: EACCES", path: expect.stringContaining(FOLDER) } },
    ]);
    expect([budget.take("batch"), budget.take("batch")]).toEqual([0, 0]);
    await budget.answered({});
    expect(budget.take("batch")).toBe(60_000);
  });
});

describe("memoryBudget()", () => {
  test.each([
    ["missing", {}, 0],
    ["zero", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0" }, 0],
    ["huge", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999" }, 0],
    ["long", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "86400000" }, 900_000],
    ["text", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "not an integer value" }, 0],
    ["text", { "x-ratelimit-remaining": "none", "x-ratelimit-reset": "5000" }, 0],
    ["usable", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5000" }, 5_000],
  ])("headers that are %s", async (_name, headers: Record<string, string>, delayMs) => {
    const budget = memoryBudget(() => NOW);
    await budget.answered(headers);
    expect(budget.take("other")).toBe(delayMs);
    expect(budget.take("other")).toBe(delayMs);
  });

  test("tells how many calls may go", () => {
    const budget = memoryBudget(() => NOW, TWO);
    expect([budget.left("batch"), budget.left("other")]).toEqual([2, null]);
    budget.take("batch");
    expect(budget.left("batch")).toBe(1);
  });
});

describe("parseBudget()", () => {
  const budget = pause(FULL_BUDGET, NOW + 60_000);

  test("reads what was written, also over a longer line", () => {
    expect(parseBudget(serializeBudget(budget), NOW)).toEqual(budget);
    const longer = Buffer.from(serializeBudget(budget));
    const over = Buffer.concat([longer, Buffer.from("rest of an earlier line\n")]);
    expect(parseBudget(over, NOW)).toEqual(budget);
  });

  test("takes a torn or foreign file for nothing known", () => {
    const bytes = serializeBudget(budget);
    for (let length = 0; length < bytes.length; length++) {
      expect(parseBudget(bytes.subarray(0, length), NOW)).toEqual(FULL_BUDGET);
    }
    expect(parseBudget(null, NOW)).toEqual(FULL_BUDGET);
    expect(parseBudget(Buffer.from("0123456789abcdef {}\n"), NOW)).toEqual(FULL_BUDGET);
    // The right checksum of nothing.
    expect(parseBudget(Buffer.from("e3b0c44298fc1c14 \n"), NOW)).toEqual(FULL_BUDGET);
    const changed = Buffer.from(
      String(Buffer.from(bytes)).replace('"remaining":null', '"remaining":9'),
    );
    expect(changed.length).not.toBe(bytes.length);
    expect(parseBudget(changed, NOW)).toEqual(FULL_BUDGET);
  });

  test("takes of each value only what it may be", () => {
    const parsed = (value: unknown) => parseBudget(serializeBudget(value as Budget), NOW);
    const known = {
      remaining: 7,
      pausedUntilMs: NOW + 900_000,
      calls: { batch: [1, 2], stream: [3], other: [] },
    };
    expect(parsed(known)).toEqual(known);
    expect(parsed({ ...known, pausedUntilMs: NOW + 900_001 }).pausedUntilMs).toBe(0);
    expect(
      parsed({
        remaining: "7",
        pausedUntilMs: "9",
        calls: { batch: [1, "2", null, 3], stream: "3", other: 5 },
      }),
    ).toEqual({ ...FULL_BUDGET, calls: { batch: [1, 3], stream: [], other: [] } });
    for (const value of [5, [], null, { calls: [] }, { calls: null }]) {
      expect(parsed(value)).toEqual(FULL_BUDGET);
    }
  });

  test("forgets a pause that was noted while the clock was years ahead", () => {
    const wrong = pause(FULL_BUDGET, NOW + 3 * 365 * 86_400_000);
    expect(parseBudget(serializeBudget(wrong), NOW).pausedUntilMs).toBe(0);
  });
});
