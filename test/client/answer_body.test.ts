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

  test("a body of which nothing comes is no answer; one that has begun comes too slowly", async () => {
    const reading = read(dripping(1, 3_600_000));
    await vi.advanceTimersByTimeAsync(61_000);
    expect((await reading).error?.message).toBe("no answer in time");
    const late = read(dripping(1_000, 1_000), -5);
    await vi.advanceTimersByTimeAsync(1);
    expect((await late).error?.message).toContain("too slowly");
  });

  test("says once that it has ended, and destroys what has failed", async () => {
    const calls: string[] = [];
    const rules = (body: PassThrough) => ({
      timeoutMs: 60_000,
      leftMs: Number.POSITIVE_INFINITY,
      ended: new AbortController(),
      failed: (error: unknown) => new Error("ours", { cause: error }),
      done: () => {
        calls.push(`done ${body.destroyed}`);
      },
    });
    const whole = new PassThrough();
    whole.end("abc");
    expect(String(await collect(answerBody(whole, rules(whole))))).toBe("abc");
    expect(calls).toEqual(["done true"]);
    const broken = new PassThrough();
    const reading = collect(answerBody(broken, rules(broken)));
    broken.destroy(new Error("reset"));
    await expect(reading).rejects.toMatchObject({ message: "ours", cause: { message: "reset" } });
    expect(calls).toHaveLength(1);
    const left = new PassThrough();
    left.write("abc");
    const pieces = answerBody(left, rules(left))[Symbol.asyncIterator]();
    await pieces.next();
    expect(await pieces.return?.(undefined)).toEqual({ done: true, value: undefined });
    expect([left.destroyed, calls.length]).toEqual([true, 2]);
    // Nobody reads any more: this must not end the process.
    expect(left.emit("error", new Error("late"))).toBe(true);
    const slow = new PassThrough();
    const ended = { ...rules(slow), timeoutMs: 5 };
    const waiting = collect(answerBody(slow, ended));
    const refused = expect(waiting).rejects.toThrow("ours");
    await vi.advanceTimersByTimeAsync(5);
    await refused;
    expect([slow.destroyed, ended.ended.signal.aborted]).toEqual([true, true]);
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
