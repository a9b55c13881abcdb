import { describe, expect, it } from "vitest";
import { dueAgain, nextDue } from "../../plugin/collect/account.ts";
import { DecodeError } from "../../plugin/errors.ts";
import {
  badGateway,
  dataLines,
  failingSource,
  healthLines,
  MINUTE,
  onePage,
  opened,
} from "../support/account_scripted.ts";
import { at, shipper } from "../support/delivery_values.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { scriptedSource } from "../support/scripted.ts";

describe("collectAccount() with a damaged item", () => {
  const error = new DecodeError("damaged gzip", { code: "gzip_damaged" });
  const damaged = () =>
    scriptedSource(
      (cursor) =>
        cursor === 0
          ? {
              items: [
                { key: "../bad\n", records: ["x"], fail: () => ({ after: 0, error }) },
                { key: "good", records: ["g"] },
              ],
            }
          : undefined,
      { name: "siem", streams: ["siem receipt"] },
    );

  it("keeps its bytes, records the gap, tells QRadar, and only then goes on", async () => {
    const { effects, job, go } = await opened([damaged()], { values: { quarantineAfter: 2 } });
    await go();
    expect(dataLines(effects)).toEqual([]);
    expect(job.ledger.checkpoint().gaps).toEqual([]);
    effects.advance(15 * MINUTE);
    expect(await go()).toEqual([{ source: "siem", records: 1, error: null }]);
    expect(dataLines(effects)).toEqual(["g"]);
    const [gap, ...more] = job.ledger.checkpoint().gaps;
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ stream: "siem receipt", item: "../bad\n", reason: "damaged gzip" });
    const path = `/state/acme/quarantine/${gap?.file}`;
    expect(Buffer.from(effects.disk.get(path) ?? []).toString()).toBe("raw bytes of ../bad\n");
    expect(healthLines(effects)).toContainEqual(
      expect.objectContaining({
        status: "error",
        message: 'Gap in siem receipt, "../bad\\n": damaged gzip',
      }),
    );
  });

  it("removes the page's temporary files, also those of a page that fails", async () => {
    const seen: string[] = [];
    const source = scriptedSource(() => undefined, {
      name: "siem",
      streams: ["siem"],
      async page(_stream, cursor, context) {
        const { path, size } = await context.spool(
          (async function* () {
            yield Buffer.from("zip");
          })(),
        );
        expect(size).toBe(3);
        expect([...effects.disk.keys()].filter((name) => name.includes("/tmp/"))).toEqual([path]);
        seen.push(path);
        if (cursor === 2) throw badGateway();
        return { items: [], next: Number(cursor) + 1, more: true, coveredUntilMs: null };
      },
    });
    const effects = createFakeEffects();
    const { go } = await opened([source], {}, effects);
    await go();
    expect(new Set(seen).size).toBe(3);
    expect([...effects.disk.keys()].filter((name) => name.includes("/tmp/"))).toEqual([]);
  });
});

describe("collectAccount() and health", () => {
  it("says once an interval how every source is", async () => {
    const { effects, go } = await opened([onePage("siem")]);
    await go();
    expect(healthLines(effects)).toMatchObject([
      { status: "ok", endpoint: "siem", message: "collecting", events: 1, account: "acme" },
    ]);
    effects.advance(15 * MINUTE);
    await go();
    expect(healthLines(effects)).toHaveLength(1);
    effects.advance(45 * MINUTE);
    await go();
    expect(healthLines(effects)).toHaveLength(2);
  });

  it("is not silenced by a clock that was set back", async () => {
    const { effects, go } = await opened([onePage("siem")]);
    await go();
    effects.advance(-365 * 86_400_000);
    await go();
    expect(healthLines(effects)).toHaveLength(2);
  });

  it("says a failure when it begins, not at every run", async () => {
    const { effects, go } = await opened([failingSource("siem", badGateway())]);
    for (let i = 0; i < 3; i++) {
      await go();
      effects.advance(15 * MINUTE);
    }
    const errors = healthLines(effects).filter((line) => line.status === "error");
    expect(errors[0]).toMatchObject({ endpoint: "siem", message: "Cannot list: HTTP 502" });
    expect(errors).toHaveLength(1);
    effects.advance(15 * MINUTE);
    await go();
    // One when it begins, one in the round of the hour.
    expect(healthLines(effects).filter((line) => line.status === "error")).toHaveLength(2);
  });

  it("tells a hole that a source had to accept once, although the page is asked for again", async () => {
    let ask = 0;
    const source = scriptedSource(
      (cursor) => {
        if (cursor > 0) return undefined;
        const fail = () => (ask++ < 2 ? { after: 0, error: badGateway() } : null);
        return { items: [{ key: "a", records: ["a"], fail }], gap: "token unknown" };
      },
      { name: "siem", streams: ["siem"] },
    );
    const { effects, job, go } = await opened([source]);
    for (let i = 0; i < 3; i++) {
      await go();
      effects.advance(15 * MINUTE);
    }
    expect(dataLines(effects)).toEqual(["a"]);
    expect(job.ledger.checkpoint().gaps).toMatchObject([
      { stream: "siem", item: "", reason: "token unknown", cursor: 0, file: null },
    ]);
    const told = healthLines(effects).filter((line) => line.message.startsWith("Gap in"));
    expect(told).toHaveLength(1);
  });
});

describe("dueAgain()", () => {
  it("makes the sources due whose streams are sent again", async () => {
    const effects = createFakeEffects();
    const sources = [onePage("siem"), onePage("audit", [])];
    const first = await opened(sources, {}, effects);
    await first.go();
    await first.job.ledger.close("drained");
    const second = await opened(sources, { options: { shipper: shipper(913) } }, effects);
    expect(second.job.ledger.again).toEqual(["siem", "audit"]);
    expect(nextDue(second.job, effects.now())).toBe(effects.now() + 15 * MINUTE);
    dueAgain(second.job);
    expect(nextDue(second.job, effects.now())).toBe(0);
    expect(second.job.ledger.position("siem")).toEqual(at(0));
    await second.go();
    expect(dataLines(effects)).toEqual(["siem-1", "siem-1"]);
  });
});
