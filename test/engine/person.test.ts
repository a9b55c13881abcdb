import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../plugin/encode/engine.ts";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

function attributesOf(record: object, settings: Partial<EngineSettings> = {}) {
  return parseLeef(lineOf(record, settings)).attributes;
}

describe("usrName", () => {
  const mail = (direction: string | null, more = {}) => ({
    type: "receipt",
    direction,
    senderEnvelope: "<sender@example.net>",
    recipients: "first@example.com, second@example.com",
    ...more,
  });
  const user = (record: object, usrName: EngineSettings["usrName"] = "internal") =>
    attributesOf(record, { usrName }).get("usrName");

  it("is the internal party", () => {
    expect(user(mail("Inbound"))).toBe("first@example.com");
    expect(user(mail("outbound"))).toBe("sender@example.net");
    expect(user(mail("Internal"))).toBe("sender@example.net");
    expect(user(mail(null))).toBe("first@example.com");
    expect(user(mail(null, { route: "Outbound" }))).toBe("sender@example.net");
    expect(user(mail("Internal", { senderEnvelope: "<>" }))).toBe("first@example.com");
  });

  it("of mail between strangers is nobody, but for who clicked", () => {
    expect(user(mail("External"))).toBe(undefined);
    expect(user(mail(null, { type: "journal", route: "EXTERNAL" }))).toBe(undefined);
    expect(user(mail("external", { type: "url protect" }))).toBe("first@example.com");
  });

  it.each([
    ["Jo Lind <jo@example.com>", "jo@example.com"],
    ["Lind, Jo <jo@example.com>", "jo@example.com"],
    ['"ceo@evil.example" <jo@example.com>, x@example.net', "jo@example.com"],
    ["jo@example.com, Ana <ana@example.com>", "jo@example.com"],
    ["<jo@example.com>,<ana@example.com>", "jo@example.com"],
    ["Jo <jo@example.com", undefined],
    ["Jo > <jo@example.com>", "jo@example.com"],
    ["Jo", "Jo"],
  ])("of %j is the address in it", (recipients, wanted) =>
    expect(user(mail("inbound", { recipients }))).toBe(wanted),
  );

  it("of a delivery does not go by its route, which is a policy", () => {
    expect(user(mail(null, { type: "delivery", route: "Outbound policy" }))).toBe(
      "first@example.com",
    );
  });

  it("of a click is who clicked; of a link that was scanned in internal mail, its sender", () => {
    const link = { scanResult: "malicious", type: null };
    const click = { ...link, creationMethod: "User Click" };
    const scan = { ...link, creationMethod: "Entry Scan" };
    expect(user(mail("internal", click))).toBe("first@example.com");
    expect(user(mail("internal", scan))).toBe("sender@example.net");
    expect(user(mail("outbound", click))).toBe("sender@example.net");
    expect(user(mail("inbound", scan))).toBe("first@example.com");
    expect(user(mail(null, { type: "url protect" }))).toBe("first@example.com");
  });

  it("of a leak without a direction is nobody: its recipients are strangers", () => {
    const leak = { senderAddress: "a@example.com", recipientAddress: "b@example.net", policy: "p" };
    const at = (route?: string) => user({ ...leak, route, eventTime: "2026-01-01T00:00:00+0000" });
    expect([at(), at("outbound"), at("internal"), at("inbound")]).toEqual([
      undefined,
      "a@example.com",
      "a@example.com",
      "b@example.net",
    ]);
  });

  it("is never the sender of mail that is not known to come from inside", () => {
    const TYPES = [
      "receipt",
      "process",
      "delivery",
      "journal",
      "spam",
      "av",
      "impersonation protect",
    ];
    const MORE = [
      "attachment protect",
      "url protect",
      "internal email protect",
      "entities",
      "mailflow",
    ];
    const direction = fc.constantFrom(
      ...[null, "", "Inbound", "INBOUND", "inbound", "External", "unknown", "none"],
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPES, ...MORE, "urlclick", "something new"),
        direction,
        fc.option(fc.emailAddress(), { nil: null }),
        fc.emailAddress(),
        (type, from, recipients, stranger) => {
          fc.pre(recipients !== stranger);
          const record = { type, direction: from, recipients, senderEnvelope: stranger };
          expect(user(record)).not.toBe(stranger);
        },
      ),
    );
  });

  it("is sender or recipient where the settings say so", () => {
    expect(user(mail("inbound"), "sender")).toBe("sender@example.net");
    expect(user(mail("outbound"), "recipient")).toBe("first@example.com");
    const audit = (name: string) => user({ auditType: "x", eventInfo: "", user: name }, "sender");
    expect(audit("Doe, Jo")).toBe("Doe, Jo");
    expect(audit("Doe, Jo <jo@example.com>")).toBe("jo@example.com");
  });

  it("comes out of lists and objects", () => {
    expect(user(mail("inbound", { recipients: ["a@example.com", "b@example.com"] }))).toBe(
      "a@example.com",
    );
    const released = { heldReason: "x", to: [{ emailAddress: "c@example.com" }], fromEnv: {} };
    expect(user(released)).toBe("c@example.com");
  });

  it("has at most 255 bytes", () => {
    const long = `${"ü".repeat(300)}@example.com`;
    expect(user(mail("inbound", { recipients: long }))).toBe("ü".repeat(127));
  });
});
