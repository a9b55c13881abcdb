import { describe, expect, it } from "vitest";
import { answerDate, createMimecastClock } from "../../plugin/client/mimecast_clock.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const date = (ms: number) => ({ date: new Date(ms).toUTCString() });

describe("createMimecastClock()", () => {
  it.each([
    ["ahead", 900_000],
    ["behind", -7_200_000],
    ["a year ahead", 365 * 86_400_000],
  ])("gives Mimecast's time where this host's clock is %s", (_name, aheadMs) => {
    let localMs = NOW + aheadMs;
    const clock = createMimecastClock(() => localMs);
    expect([clock.now(), clock.aheadMs()]).toEqual([NOW + aheadMs, null]);
    clock.answered(date(NOW));
    expect([clock.now(), clock.aheadMs()]).toEqual([NOW, aheadMs]);
    localMs += 5_000;
    expect(clock.now()).toBe(NOW + 5_000);
  });

  it("forgets a difference that is over", () => {
    let localMs = NOW + 900_000;
    const clock = createMimecastClock(() => localMs);
    clock.answered(date(NOW));
    localMs = NOW + 60_000;
    clock.answered(date(NOW + 60_000));
    expect([clock.now(), clock.aheadMs()]).toEqual([NOW + 60_000, 0]);
  });

  it("takes whole seconds and the way of the answer for no difference", () => {
    const clock = createMimecastClock(() => NOW + 1_900);
    clock.answered(date(NOW + 999));
    expect([clock.now(), clock.aheadMs()]).toEqual([NOW + 1_900, 0]);
    const ahead = createMimecastClock(() => NOW + 2_000);
    ahead.answered(date(NOW));
    expect(ahead.aheadMs()).toBe(2_000);
  });
});

describe("answerDate()", () => {
  it.each<[string, Record<string, string>, number | null]>([
    ["a Date", date(NOW), NOW],
    ["no Date", {}, null],
    ["a Date that is none", { date: "yesterday" }, null],
    ["an answer out of a cache", { ...date(NOW), age: "30" }, null],
    ["an answer that no cache has kept", { ...date(NOW), age: "0" }, NOW],
    ["a gateway's page", { ...date(NOW), "content-type": "text/html; charset=utf-8" }, null],
  ])("reads %s", (_name, headers, expected) => {
    expect(answerDate(headers)).toBe(expected);
  });
});
