import { describe, expect, it } from "vitest";
import {
  healthRecord,
  isNearDeadline,
  longestSilenceMs,
  say,
  sourceHealth,
  unlessStopped,
} from "../../plugin/collect/health.ts";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";
import type { Delivery } from "../../plugin/deliver/delivery.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import { StoppedError } from "../../plugin/errors.ts";
import { createFakeEffects } from "../support/fake_effects.ts";
import { scriptedEngine } from "../support/scripted.ts";

describe("healthRecord()", () => {
  it("is one line of JSON with time and account, whatever the message holds", () => {
    const bytes = healthRecord(
      { status: "error", endpoint: "siem", message: "line\nfeed \u2028 |^=", lagSeconds: 12 },
      "acme",
      1_772_366_400_000,
    );
    const text = Buffer.from(bytes).toString("utf8");
    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      timestamp: 1_772_366_400_000,
      account: "acme",
      status: "error",
      endpoint: "siem",
      message: "line\nfeed \u2028 |^=",
      lagSeconds: 12,
    });
  });
});

describe("say()", () => {
  const spoken = async (values: Partial<Delivery>) => {
    const effects = createFakeEffects();
    const engine = scriptedEngine();
    const ended = { count: 0 };
    const watched = {
      ...engine,
      end: () => {
        ended.count++;
        engine.end();
      },
    };
    const delivery = { ...stdoutDelivery(effects, "once"), ...values };
    const health = { status: "ok", endpoint: "siem", message: "collecting" } as const;
    await say(effects, { name: "acme", engine: watched }, delivery, health);
    return { output: effects.output(), begun: engine.begun, ended: ended.count };
  };

  it("puts one line through the engine, as a record of its own kind", async () => {
    const { output, begun, ended } = await spoken({});
    expect(JSON.parse(output)).toMatchObject({ account: "acme", endpoint: "siem" });
    expect([begun, ended]).toEqual([["health"], 1]);
  });

  it("says nothing where only records are wanted", async () => {
    expect(await spoken({ silent: true })).toEqual({ output: "", begun: [], ended: 0 });
    expect((await spoken({ silent: false })).begun).toEqual(["health"]);
  });
});

describe("unlessStopped()", () => {
  it("tells whether it was said; what is no end of the run is thrown", async () => {
    expect(await unlessStopped(Promise.resolve())).toBe(true);
    expect(await unlessStopped(Promise.reject(new StoppedError("SIGTERM")))).toBe(false);
    const defect = new TypeError("x is not a function");
    await expect(unlessStopped(Promise.reject(defect))).rejects.toBe(defect);
  });
});

describe("longestSilenceMs()", () => {
  it("is from one health line to the next, at the shortest interval", () => {
    const poll = { healthIntervalMs: 3_600_000, maxRunMs: 840_000 };
    expect(longestSilenceMs(poll, [900_000, 300_000])).toBe(3_600_000 + 300_000 + 60_000 + 840_000);
  });
});

describe("isNearDeadline()", () => {
  it.each([
    [75, true],
    [74, false],
    [99, true],
  ])("%i of 100 hours after what is collected is %j", (hours, expected) => {
    expect(isNearDeadline(0, 100 * 3_600_000, hours * 3_600_000)).toBe(expected);
  });
});

describe("sourceHealth()", () => {
  const HOUR = 3_600_000;
  const now = Date.UTC(2026, 2, 8, 12);
  const siem = { name: "siem", retentionMs: 168 * HOUR };
  const covered = (hours: number) => ({
    ...NEW_SOURCE,
    answeredMs: now,
    coveredUntilMs: now - hours * HOUR,
  });

  it("names the lag in seconds", () => {
    expect(sourceHealth(siem, covered(1), 900_000, now)).toEqual({
      status: "ok",
      endpoint: "siem",
      message: "collecting",
      events: 0,
      lagSeconds: 3600,
    });
  });

  it("names what the mapping does not know, where something came within a day", () => {
    const seen = { kind: "type", name: "foo", count: 14, sinceMs: now, lastMs: now };
    const health = sourceHealth(siem, { ...covered(1), unknown: [seen] }, 900_000, now);
    expect(health).toMatchObject({ status: "ok", unknownCount: 14, unknownName: "type foo" });
  });

  it("warns in the last quarter of the time for which Mimecast keeps the data", () => {
    expect(sourceHealth(siem, covered(125), 900_000, now)?.status).toBe("ok");
    expect(
      sourceHealth(siem, { ...covered(127), failures: 3, error: "HTTP 502" }, 900_000, now),
    ).toMatchObject({
      status: "deadline",
      message:
        "Collected up to 2026-03-03T05:00:00Z; what follows is deleted at Mimecast from 2026-03-10T05:00:00Z on: HTTP 502",
    });
    expect(sourceHealth({ ...siem, retentionMs: null }, covered(9000), 900_000, now)?.status).toBe(
      "ok",
    );
  });

  it("is an error where the last poll failed", () => {
    const failed = { ...NEW_SOURCE, failures: 1, error: "HTTP 502" };
    expect(sourceHealth(siem, failed, 900_000, now)).toMatchObject({
      status: "error",
      message: "HTTP 502",
    });
  });

  it("says nothing before Mimecast has answered", () => {
    expect(sourceHealth(siem, NEW_SOURCE, 900_000, now)).toBeNull();
    expect(sourceHealth(siem, { ...NEW_SOURCE, startedMs: now }, 900_000, now)).not.toBeNull();
  });

  it("is an error where a feed is asked for three intervals and never had an answer", () => {
    const asked = (ago: number) => ({ ...NEW_SOURCE, askedSinceMs: now - ago });
    expect(sourceHealth(siem, asked(2_700_000), 900_000, now)).toBeNull();
    expect(sourceHealth(siem, asked(2_700_001), 900_000, now)).toMatchObject({
      status: "error",
      message: "Mimecast has never answered, asked since 2026-03-08T11:14:59Z",
    });
    const late = { ...asked(2_700_001), unanswered: "the time is over" };
    expect(sourceHealth(siem, late, 900_000, now)?.message).toBe(
      "Mimecast has never answered, asked since 2026-03-08T11:14:59Z: the time is over",
    );
  });

  it("is an error where there was no answer for three intervals, without any failure", () => {
    const answered = (ago: number) => ({ ...covered(1), answeredMs: now - ago });
    expect(sourceHealth(siem, answered(2_700_000), 900_000, now)?.status).toBe("ok");
    expect(sourceHealth(siem, answered(2_700_001), 900_000, now)).toMatchObject({
      status: "error",
      message: "nothing was collected since 2026-03-08T11:14:59Z",
    });
  });
});
