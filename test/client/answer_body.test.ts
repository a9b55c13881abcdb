import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answerBody } from "../../plugin/client/answer_body.ts";
import { TimeoutError } from "../../plugin/client/network_error.ts";
import { collect } from "../support/fake_effects.ts";

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A body of `count` pieces of `bytes` each, one every `everyMs`. */
function dripping(bytes: number, everyMs: number, count = Number.POSITIVE_INFINITY): PassThrough {
  const body = new PassThrough();
  let sent = 0;
  const timer = setInterval(() => {
    if (body.destroyed || sent++ >= count) {
      clearInterval(timer);
      if (!body.destroyed) body.end();
    } else body.write(Buffer.alloc(bytes));
  }, everyMs);
  return body;
}

function read(body: PassThrough, leftMs = Number.POSITIVE_INFINITY) {
  const ended = new AbortController();
  const failed = (error: unknown) => error as Error;
  const rules = { timeoutMs: 60_000, leftMs, ended, failed, done: () => {} };
  const startMs = performance.now();
  return collect(answerBody(body, rules)).then(
    (bytes) => ({ bytes: bytes.length, ms: performance.now() - startMs, error: null }),
    (error: Error) => ({ bytes: 0, ms: performance.now() - startMs, error }),
  );
}

describe("answerBody()", () => {
  test("a byte now and then is not enough, whatever the pauses", async () => {
    for (const everyMs of [2_000, 20_000, 59_000]) {
      const reading = read(dripping(1, everyMs));
      await vi.advanceTimersByTimeAsync(150_000);
      const { error, ms } = await reading;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error?.message).toContain("too slowly");
      expect(ms).toBeLessThan(130_000);
    }
  });

  test("a slow line that keeps its pace is waited for as long as it takes", async () => {
    const reading = read(dripping(10_000, 2_000, 1_000));
    await vi.advanceTimersByTimeAsync(2_100_000);
    expect(await reading).toMatchObject({ bytes: 10_000_000, error: null });
  });

  test("what has to be there in all by a moment is not waited for longer, at any pace", async () => {
    const reading = read(dripping(1_000_000, 1_000), 10_000);
    await vi.advanceTimersByTimeAsync(20_000);
    const { error, ms } = await reading;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(ms).toBeLessThan(11_000);
  });

  test("the time in which the reader does not ask does not count", async () => {
    const body = new PassThrough();
    body.write("one");
    const rules = {
      timeoutMs: 1_000,
      leftMs: 5_000,
      ended: new AbortController(),
      failed: (error: unknown) => error as Error,
      done: () => {},
    };
    const pieces = answerBody(body, rules)[Symbol.asyncIterator]();
    await pieces.next();
    await vi.advanceTimersByTimeAsync(3_600_000);
    body.end("two");
    expect(String((await pieces.next()).value)).toBe("two");
    expect((await pieces.next()).done).toBe(true);
  });
});
