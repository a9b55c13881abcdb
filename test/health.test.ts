import { describe, expect, it } from "vitest";
import { healthRecord } from "../plugin/health.ts";

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
