import { describe, expect, it } from "vitest";
import { ApiError } from "../../../plugin/errors.ts";
import {
  askBatch,
  type BatchAnswer,
  dayOf,
  hasMore,
  isFresh,
  isSettled,
  laterDay,
} from "../../../plugin/sources/siem/batch_answer.ts";
import type { Listing } from "../../../plugin/sources/siem/batch_listing.ts";
import { type BatchPosition, batchStart } from "../../../plugin/sources/siem/batch_position.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const linked = (key: string) => ({ key, url: `https://s3.example${key}`, size: 1 });

interface Given {
  readonly listed?: readonly string[];
  readonly fresh?: readonly string[];
  readonly next?: string | null;
  readonly isTokenTooLong?: boolean;
  readonly isCaughtUp?: boolean | null;
  /** The token that was asked with. */
  readonly token?: string | null;
}

function answerOf(given: Given): BatchAnswer {
  const { listed = [], fresh = listed, next = null, token = null } = given;
  const position = { ...batchStart("2026-02-28"), nextPage: token };
  const { isTokenTooLong = false, isCaughtUp = null } = given;
  return {
    listing: { files: listed.map(linked), nextPage: next, isTokenTooLong, isCaughtUp },
    asked: position,
    startDay: position.startDay,
    mimecastMs: NOW,
    files: fresh.map(linked),
    remembering: position,
  };
}

describe("isSettled()", () => {
  it.each<[boolean, string, Given]>([
    [true, "nothing at all by date", {}],
    [false, "nothing at all by a token, which may be dead", { token: "t", isCaughtUp: true }],
    [true, "nothing more, by a token, where Mimecast does not say", { token: "t" }],
    [true, "files that end the list by date", { listed: ["/a"], isCaughtUp: true }],
    [true, "files that end the list by token", { listed: ["/a"], token: "t", isCaughtUp: true }],
    [true, "an end by date with a token to go on", { next: "t", isCaughtUp: true }],
    [false, "a list that goes on", { listed: ["/a"], next: "t", isCaughtUp: false }],
    [false, "an empty page that says that there is more", { token: "t", isCaughtUp: false }],
    [false, "new files where Mimecast does not say", { listed: ["/a"], token: "t" }],
    [false, "known files and another token", { listed: ["/a"], fresh: [], token: "t", next: "u" }],
    [true, "known files and no other token", { listed: ["/a"], fresh: [], token: "t", next: "t" }],
    [false, "a token that is none", { isTokenTooLong: true }],
    [false, "a token that is none, by token", { token: "t", isTokenTooLong: true }],
    [true, "an end with a token that is none", { isTokenTooLong: true, isCaughtUp: true }],
    [true, "nothing new by date with a token to go on", { next: "t" }],
  ])("is %j of %s", (expected, _what, given) => {
    expect(isSettled(answerOf(given))).toBe(expected);
  });
});

describe("hasMore()", () => {
  it.each<[boolean, Given]>([
    [false, { listed: ["/a"], next: "u", isCaughtUp: true }],
    [true, { listed: ["/a"], next: "u", isCaughtUp: false }],
    [true, { listed: ["/a"], next: "u" }],
    [true, { listed: ["/a"], fresh: [], next: "u" }],
    [true, { next: "u", isCaughtUp: false }],
    [false, { next: "u" }],
    [true, { listed: ["/a"], token: "u", next: "u" }],
    [false, { listed: ["/a"], fresh: [], token: "u", next: "u", isCaughtUp: false }],
    [false, { token: "u" }],
  ])("is %j of %j", (expected, given) => {
    expect(hasMore(answerOf(given))).toBe(expected);
  });
});

describe("isFresh()", () => {
  it.each([
    [0, true],
    [HOUR_MS - 1, true],
    [HOUR_MS, false],
    [-1, false],
  ])("%i ms after the token last brought something is %j", (laterMs, expected) => {
    const position = { ...batchStart("2026-02-28"), aliveMs: NOW };
    expect(isFresh(position, NOW + laterMs)).toBe(expected);
  });
});

describe("days", () => {
  it("are those of UTC, and sort by time", () => {
    expect(dayOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999))).toBe("2026-02-28");
    expect(laterDay("2026-02-28", "2026-03-01")).toBe("2026-03-01");
    expect(laterDay("2026-03-01", "2026-02-28")).toBe("2026-03-01");
  });
});

describe("askBatch()", () => {
  /** Mimecast: what it answers by token and by date; the calls that came. */
  function mimecast(answers: {
    readonly token: Partial<Listing> | Error;
    readonly date: Partial<Listing> | Error;
  }) {
    const calls: ("token" | "date")[] = [];
    return {
      calls,
      ask: async (at: Readonly<Record<string, string>>) => {
        const by = "nextPage" in at ? "token" : "date";
        calls.push(by);
        const answer = answers[by];
        if (answer instanceof Error) throw answer;
        const empty = { files: [], nextPage: "new", isTokenTooLong: false, isCaughtUp: true };
        return { listing: { ...empty, ...answer }, headers: { date: new Date(NOW).toUTCString() } };
      },
    };
  }
  const refusal = new ApiError("no", { code: "http_400", status: 400, retryable: false });
  const broken = new ApiError("no", { code: "http_502", status: 502, retryable: true });
  const position = (values: Partial<BatchPosition> = {}): BatchPosition => ({
    ...batchStart("2026-03-01"),
    nextPage: "old",
    aliveMs: NOW - 60_000,
    ...values,
  });
  const idle = { aliveMs: NOW - HOUR_MS };
  const cutOff = { isTokenTooLong: true, nextPage: null, isCaughtUp: null };

  it.each<
    [string, Partial<BatchPosition>, Parameters<typeof mimecast>[0], string[], string | null]
  >([
    ["by token", {}, { token: {}, date: {} }, ["token"], "old"],
    ["by date without one", { nextPage: null }, { token: {}, date: {} }, ["date"], null],
    ["by date where it is refused", {}, { token: refusal, date: {} }, ["token", "date"], null],
    [
      "by date where it has long brought nothing",
      idle,
      { token: {}, date: {} },
      ["token", "date"],
      null,
    ],
    [
      "by token where it brings files after all",
      idle,
      { token: { files: [linked("/a")] }, date: {} },
      ["token"],
      "old",
    ],
    [
      "by token where there is more",
      idle,
      { token: { isCaughtUp: false }, date: {} },
      ["token"],
      "old",
    ],
    [
      "by token where only that works",
      idle,
      { token: {}, date: refusal },
      ["token", "date"],
      "old",
    ],
    [
      "by date at once where a check is due anyway",
      { ...idle, isCaughtUp: true },
      { token: {}, date: {} },
      ["date"],
      null,
    ],
    [
      "by token where that check is refused",
      { ...idle, isCaughtUp: true },
      { token: { files: [linked("/a")] }, date: refusal },
      ["date", "token"],
      "old",
    ],
    [
      "by token where no check is due",
      { isCaughtUp: true },
      { token: {}, date: {} },
      ["token"],
      "old",
    ],
    [
      "by token of an earlier version, whose age is not known",
      { aliveMs: 0, isCaughtUp: true },
      { token: {}, date: {} },
      ["token"],
      "old",
    ],
    [
      "by token for two days where the list by date would bring files again",
      { ...idle, knownFromMs: null, isCaughtUp: true },
      { token: {}, date: {} },
      ["token"],
      "old",
    ],
    [
      "by date after two days",
      { aliveMs: NOW - 48 * HOUR_MS, knownFromMs: null, isCaughtUp: true },
      { token: {}, date: {} },
      ["date"],
      null,
    ],
    [
      "by date where the clock was set back",
      { aliveMs: NOW + 1, isCaughtUp: true },
      { token: {}, date: {} },
      ["date"],
      null,
    ],
    [
      "by date where the next token is none",
      {},
      { token: cutOff, date: {} },
      ["token", "date"],
      null,
    ],
    [
      "by token where that is the end anyway",
      {},
      { token: { ...cutOff, isCaughtUp: true }, date: {} },
      ["token"],
      "old",
    ],
    [
      "by token where the next one is none, but files come",
      {},
      { token: { ...cutOff, files: [linked("/a")] }, date: {} },
      ["token"],
      "old",
    ],
  ])("asks %s", async (_what, values, answers, calls, asked) => {
    const server = mimecast(answers);
    const answer = await askBatch(server.ask, position(values), { now: () => NOW });
    expect(server.calls).toEqual(calls);
    expect(answer.asked.nextPage).toBe(asked);
  });

  it("throws what is no refusal, and a token that is none where nothing leads on", async () => {
    const now = () => NOW;
    for (const [answers, error] of [
      [{ token: broken, date: {} }, broken],
      [{ token: {}, date: broken }, broken],
    ] as const) {
      await expect(askBatch(mimecast(answers).ask, position(idle), { now })).rejects.toBe(error);
    }
    for (const date of [cutOff, refusal]) {
      const { ask } = mimecast({ token: cutOff, date });
      const tooLong = { code: "token_too_long", retryable: true };
      await expect(askBatch(ask, position(), { now })).rejects.toMatchObject(tooLong);
    }
    const restarts = { count: 3, lastMs: NOW - 1 };
    const { ask, calls } = mimecast({ token: cutOff, date: {} });
    await expect(askBatch(ask, position({ restarts }), { now })).rejects.toMatchObject({
      code: "token_too_long",
    });
    expect(calls).toEqual(["token"]);
  });
});
