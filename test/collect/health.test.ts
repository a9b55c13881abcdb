import { describe, expect, it } from "vitest";
import { healthRecord, sourceHealth } from "../../plugin/collect/health.ts";
import { NEW_SOURCE } from "../../plugin/collect/schedule.ts";

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
