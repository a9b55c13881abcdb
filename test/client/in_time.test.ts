import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { inTime } from "../../plugin/client/in_time.ts";
import { TimeoutError } from "../../plugin/client/network_error.ts";

const never = new Promise<never>(() => {});

describe("inTime()", () => {
  test("gives the outcome, and leaves nothing behind", async () => {
    const ended = new AbortController();
    expect(await inTime(Promise.resolve(5), 60_000, ended)).toBe(5);
    const failed = inTime(Promise.reject(new Error("no")), 60_000, ended);
    await expect(failed).rejects.toThrow("no");
    await Promise.resolve();
    expect(getEventListeners(ended.signal, "abort")).toEqual([]);
    expect(ended.signal.aborted).toBe(false);
  });

  test("an exchange that was in time is not ended later", async () => {
    const ended = new AbortController();
    await inTime(Promise.resolve(), 5, ended);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended.signal.aborted).toBe(false);
  });

  test("ends the exchange once its time is over", async () => {
    const ended = new AbortController();
    const late = new TimeoutError("too slow");
    await expect(inTime(never, 1, ended, late)).rejects.toBe(late);
    expect(ended.signal.reason).toBe(late);
    await expect(inTime(never, 1, new AbortController())).rejects.toThrow("no answer in time");
  });

  test("ends with the reason of whoever ended the exchange, before or meanwhile", async () => {
    const ended = new AbortController();
    const waiting = inTime(never, 60_000, ended);
    ended.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(inTime(never, 60_000, ended)).rejects.toThrow("stopped");
  });
});
