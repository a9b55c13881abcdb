import { describe, expect, it } from "vitest";
import { createMimecastClock } from "../../plugin/client/mimecast_clock.ts";
import { clockText } from "../../plugin/collect/clock_watch.ts";
import { parseCheckpoint, serializeCheckpoint } from "../../plugin/state/checkpoint.ts";
import { healthLines, MINUTE, onePage, opened } from "../support/account_scripted.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

/** An account whose clock is told Mimecast's time, `aheadMs` behind this host's. */
async function withClock(aheadMs: number) {
  const effects = createFakeEffects();
  const clock = createMimecastClock(() => effects.now());
  const tell = (ms: number) => clock.answered({ date: new Date(effects.now() - ms).toUTCString() });
  tell(aheadMs);
  const account = await opened([onePage("audit")], { values: { clock } }, effects);
  const said = () => effects.logs.filter(({ message }) => message.includes("clock"));
  const told = () => healthLines(effects).filter(({ endpoint }) => endpoint === "collector");
  return { ...account, effects, tell, said, told };
}

describe("a clock that differs from Mimecast's", () => {
  it.each([900_000, -7_200_000])(
    "by %i ms is logged, told to QRadar and kept for status, once an hour",
    async (aheadMs) => {
      const { effects, job, go, said, told } = await withClock(aheadMs);
      await go();
      expect(said()).toEqual([
        expect.objectContaining({
          level: "warn",
          message: clockText(aheadMs),
          fields: expect.objectContaining({
            code: "clock_wrong",
            hint: expect.stringContaining("NTP"),
          }),
        }),
      ]);
      expect(told()).toEqual([
        expect.objectContaining({
          status: "error",
          message: expect.stringContaining(clockText(aheadMs)),
        }),
      ]);
      const checkpoint = job.ledger.checkpoint();
      expect(checkpoint.clockAheadMs).toBeCloseTo(aheadMs, -4);
      expect(parseCheckpoint(serializeCheckpoint(checkpoint), "x").clockAheadMs).toBe(
        checkpoint.clockAheadMs,
      );
      effects.advance(20 * MINUTE);
      await go();
      expect([said().length, told().length]).toEqual([1, 1]);
      effects.advance(60 * MINUTE);
      await go();
      expect([said().length, told().length]).toEqual([1, 2]);
    },
  );

  it("that becomes wrong between two hourly lines is told at once, and is over when it is right", async () => {
    const { effects, job, go, tell, said, told } = await withClock(0);
    await go();
    expect([said(), told()]).toEqual([[], []]);
    effects.advance(20 * MINUTE);
    tell(120_000);
    await go();
    expect([said().length, told().length]).toEqual([1, 1]);
    effects.advance(20 * MINUTE);
    tell(1_000);
    await go();
    expect(said().at(-1)).toMatchObject({ level: "info" });
    expect(job.ledger.checkpoint().clockAheadMs).toBeUndefined();
  });

  it("by less than a minute is nothing", async () => {
    const { go, said, told } = await withClock(59_000);
    await go();
    expect([said(), told()]).toEqual([[], []]);
  });
});

describe("clockText()", () => {
  it.each([
    [60_400, "This host's clock is 60 s ahead of Mimecast's"],
    [-7_200_000, "This host's clock is 7200 s behind Mimecast's"],
  ])("of %i ms", (aheadMs, text) => {
    expect(clockText(aheadMs)).toBe(text);
  });
});

it("is wrong from a minute on", async () => {
  for (const [aheadMs, times] of [
    [59_000, 0],
    [60_000, 1],
  ] as const) {
    const { go, said, told } = await withClock(aheadMs);
    await go();
    expect([said().length, told().length]).toEqual([times, times]);
  }
});
