import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../plugin/engine.ts";
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
    expect(user(mail("inbound", { recipients: null }))).toBe("sender@example.net");
    expect(user(mail("outbound", { senderEnvelope: "<>" }))).toBe("first@example.com");
  });

  it("of a delivery does not go by its route, which is a policy", () => {
    expect(user(mail(null, { type: "delivery", route: "Outbound policy" }))).toBe(
      "first@example.com",
    );
  });

  it("of a click is who clicked, whatever the direction", () => {
    expect(user(mail("outbound", { type: "url protect" }))).toBe("first@example.com");
  });

  it("is sender or recipient where the settings say so", () => {
    expect(user(mail("inbound"), "sender")).toBe("sender@example.net");
    expect(user(mail("outbound"), "recipient")).toBe("first@example.com");
    expect(user({ auditType: "x", eventInfo: "", user: "Doe, Jo" }, "sender")).toBe("Doe, Jo");
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
