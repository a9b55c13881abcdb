import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../../plugin/errors.ts";
import {
  askStream,
  hasMoreRecords,
  isStalled,
  type StreamAnswer,
} from "../../plugin/sources/stream_answer.ts";
import { type StreamPosition, streamStart } from "../../plugin/sources/stream_position.ts";
import { type ClientAnswer, createFakeContext } from "../support/fake_context.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const refusal = new ApiError("no", { code: "http_400", status: 400, retryable: false });
const broken = new NetworkError("reset", { code: "network" });
const record = { processingId: "p", timestamp: NOW };

const position = (values: Partial<StreamPosition> = {}): StreamPosition => ({
  ...streamStart(NOW - 2 * HOUR_MS, null),
  nextPage: "old",
  aliveMs: NOW - 60_000,
  ...values,
});
const page = (more: Readonly<Record<string, unknown>> = {}): ClientAnswer => ({
  json: { value: [], isCaughtUp: true, ...more },
});
const cutOff = { "@nextPage": "x".repeat(65_537), isCaughtUp: undefined };
const idle = { aliveMs: NOW - HOUR_MS };

describe("askStream()", () => {
  it.each<[string, Partial<StreamPosition>, readonly ClientAnswer[], string | null]>([
    ["by token", {}, [page()], "old"],
    ["by date without one", { nextPage: null }, [page()], null],
    ["by date where it is refused", {}, [refusal, page()], null],
    ["by date where it has long brought nothing", idle, [page(), page()], null],
    ["by token for an hour less a moment", { aliveMs: idle.aliveMs + 1 }, [page()], "old"],
    ["by date where the clock was set back", { aliveMs: NOW + 1 }, [page(), page()], null],
    ["by token where its age is not known", { aliveMs: 0 }, [page()], "old"],
    ["by token where it brings something", idle, [page({ value: [record] })], "old"],
    ["by token where there is more", idle, [page({ isCaughtUp: false, "@nextPage": "n" })], "old"],
    ["by token where only that works", idle, [page(), refusal], "old"],
    ["by date where the next token is none", {}, [page(cutOff), page()], null],
    ["by token where that is the end", {}, [page({ ...cutOff, isCaughtUp: true })], "old"],
    ["by token where records come", {}, [page({ ...cutOff, value: [record] })], "old"],
  ])("asks %s", async (_what, values, answers, asked) => {
    const context = createFakeContext(answers);
    const answer = await askStream(position(values), context);
    expect(answer.asked.nextPage).toBe(asked);
    expect(context.requests).toHaveLength(answers.length);
  });

  it("asks for the types with the token, and without them where Mimecast refuses that", async () => {
    const context = createFakeContext([refusal, page()]);
    const answer = await askStream(position({ types: "av,spam" }), context);
    expect(answer.asked.nextPage).toBe("old");
    expect(context.requests.map(({ query }) => query)).toEqual([
      { pageSize: "100", types: "av,spam", nextPage: "old" },
      { pageSize: "100", nextPage: "old" },
    ]);
  });

  it.each([
    ["a token that is none, and nothing else", [page(cutOff), page(cutOff)], "token_too_long"],
    ["a token that is none, and no list by date", [page(cutOff), refusal], "token_too_long"],
    ["no list", [page({ value: undefined })], "unexpected_answer"],
  ])("throws at %s", async (_what, answers, code) => {
    const asked = askStream(position(), createFakeContext(answers));
    await expect(asked).rejects.toMatchObject({ code, retryable: true });
  });

  it("throws what is no refusal", async () => {
    for (const answers of [[broken], [page(), broken]]) {
      await expect(askStream(position(idle), createFakeContext(answers))).rejects.toBe(broken);
    }
  });

  it("begins again three times a minute at most", async () => {
    const restarts = { count: 3, lastMs: NOW - 1 };
    const refused = createFakeContext([refusal]);
    await expect(askStream(position({ restarts }), refused)).rejects.toBe(refusal);
    const cut = createFakeContext([page(cutOff)]);
    await expect(askStream(position({ restarts }), cut)).rejects.toMatchObject({
      code: "token_too_long",
    });
  });

  it.each([
    [undefined, null],
    ["", null],
    [7, null],
    ["n", "n"],
    ["x".repeat(65_536), "x".repeat(65_536)],
  ])("reads the next token (case %#)", async (given, next) => {
    const context = createFakeContext([page({ "@nextPage": given, isCaughtUp: "yes" })]);
    expect(await askStream(position(), context)).toMatchObject({ next, isCaughtUp: null });
  });
});

describe("isStalled() and hasMoreRecords()", () => {
  it.each([
    // next, new records, caught up, stalls -> stalled, more
    ["old", 0, false, 0, true, true],
    ["old", 0, false, 2, true, true],
    ["old", 0, false, 3, true, false],
    [null, 0, false, 3, true, false],
    ["n", 0, false, 3, false, true],
    ["old", 1, false, 3, false, true],
    ["n", 0, true, 0, false, false],
    ["n", 1, true, 0, false, false],
    ["n", 1, null, 0, false, true],
    ["n", 0, null, 0, false, false],
    ["old", 1, null, 3, false, true],
  ])("next %j, %i new, caught up %j, %i stalls: stalled %j, more %j", (...row) => {
    const [next, fresh, isCaughtUp, stalls, stalled, more] = row;
    const keep = Array.from({ length: fresh }, () => true);
    const answer: StreamAnswer = {
      asked: position({ stalls }),
      fromMs: null,
      text: "",
      records: keep,
      keep,
      ids: [],
      next,
      isTokenTooLong: false,
      isCaughtUp,
      mimecastMs: NOW,
    };
    expect([isStalled(answer), hasMoreRecords(answer)]).toEqual([stalled, more]);
  });
});
