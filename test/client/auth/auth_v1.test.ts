import { describe, expect, test } from "vitest";
import { mimecastDate, sign, signedHeaders } from "../../../plugin/client/auth/auth_v1.ts";

/** Published vectors: the first of a public client's tests, the others by the same algorithm (RFC 2104, SHA-1). */
const KEYS = {
  api: "1.0",
  appId: "00000000-0000-4000-8000-000000000001",
  appKey: "ApplicationKey",
  accessKey: "AccessKey",
  secretKey: "U2VjcmV0S2V5",
} as const;
const NONCE = {
  nowMs: Date.UTC(2022, 7, 21, 13, 49, 40),
  requestId: "3d796b76-4180-40e5-8f7c-6e0fd643b1a9",
};

describe("signedHeaders()", () => {
  test.each([
    ["/api/test/some-url", "WOywLsnZlsE+D6bp/ug6uch5kxc="],
    ["/api/audit/get-siem-logs", "/E9f3imOLVOG2Jz9hcCVHcyz8Bc="],
    ["/api/audit/get-audit-events", "lu3KtMlmlYrj4w6zuR/+Hk75EHY="],
  ])("signs %s as published", (uri, signature) => {
    expect(signedHeaders(KEYS, uri, NONCE)).toEqual({
      authorization: `MC AccessKey:${signature}`,
      "x-mc-app-id": KEYS.appId,
      "x-mc-date": "Sun, 21 Aug 2022 13:49:40 UTC",
      "x-mc-req-id": NONCE.requestId,
    });
  });
});

describe("sign()", () => {
  test("depends on every part", () => {
    const date = mimecastDate(NONCE.nowMs);
    const all = [
      sign(KEYS, date, "id", "/a"),
      sign(KEYS, date, "id", "/b"),
      sign(KEYS, date, "id2", "/a"),
      sign(KEYS, mimecastDate(0), "id", "/a"),
      sign({ ...KEYS, appKey: "x" }, date, "id", "/a"),
      sign({ ...KEYS, secretKey: "eA==" }, date, "id", "/a"),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("mimecastDate()", () => {
  test("pads the day and says UTC", () => {
    expect(mimecastDate(Date.UTC(2015, 10, 4, 2, 5, 1))).toBe("Wed, 04 Nov 2015 02:05:01 UTC");
  });
});
