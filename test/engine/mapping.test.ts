import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../plugin/engine.ts";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

function attributesOf(record: object | string, settings: Partial<EngineSettings> = {}) {
  return parseLeef(lineOf(record, settings)).attributes;
}

describe("src and dst", () => {
  const src = (senderIp: unknown) => attributesOf({ type: "receipt", senderIp }).get("src");

  it.each([
    "192.0.2.1",
    "255.255.255.255",
    "2001:db8::1",
    "2001:DB8:0:0:8:800:200C:417A",
    "::1",
    "1::",
    "::ffff:192.0.2.1",
    "64:ff9b::192.0.2.33",
  ])("%s is an address", (address) => expect(src(address)).toBe(address));

  it.each([
    "mail.example.com",
    "0.0.0.0",
    "::",
    "0:0:0:0:0:0:0:0",
    "192.0.2",
    "192.0.2.1.5",
    "192.0.2.256",
    "192.0.02.1",
    "192.0.2.1 ",
    "192.0.2.-1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "fe80::1%eth0",
    "::ffff:192.0.2.256",
    "Internal IP",
    "",
    null,
    12,
    ["192.0.2.1"],
    "192.0.2.1\u0000",
  ])("%j is none", (address) => expect(src(address)).toBeUndefined());

  it("of a delivery is the destination; of a link protection who clicked", () => {
    const delivery = attributesOf({
      type: "delivery",
      destinationIp: "192.0.2.9",
      senderIp: "192.0.2.1",
    });
    expect([delivery.get("dst"), delivery.get("src")]).toEqual(["192.0.2.9", undefined]);
    const click = { type: "url protect", sourceIp: "203.0.113.9", senderIp: "192.0.2.1" };
    expect(attributesOf(click).get("src")).toBe("203.0.113.9");
    expect(attributesOf({ ...click, sourceIp: null }).get("src")).toBe("192.0.2.1");
  });
});

describe("an audit event", () => {
  const audit = (eventInfo: string) => {
    const attributes = attributesOf({ auditType: "Search Action", eventInfo });
    return [attributes.get("src"), attributes.get("application")];
  };

  it.each([
    [
      "A, Date: 2026-01-01, Time: 18:17:30 BST, IP: 192.0.2.1, Application: Console, Method: Cloud",
      "192.0.2.1",
      "Console",
    ],
    [
      "A Date: 2026-01-01 Time: 16:39:17 +0100 IP: 192.0.2.1 Application: Administration Console",
      "192.0.2.1",
      "Administration Console",
    ],
    ["A, remote IP : 2001:db8::1 application : LFS", "2001:db8::1", "LFS"],
    ["A, Remote IP is null", undefined, undefined],
    ["No IP at all, zip: 192.0.2.1", undefined, undefined],
    [
      "Name <x, IP: 192.0.2.66, Application: Fake> changed, IP: 192.0.2.1, Application: Console",
      "192.0.2.1",
      "Console",
    ],
    ["Ends in IP: 192.0.2.1.", "192.0.2.1", undefined],
    ["Applications: none, IP: 300.1.1.1", undefined, undefined],
    ["two\nlines, IP: 192.0.2.1, Application: a^b|c", "192.0.2.1", "a b/c"],
    ["IP:192.0.2.1", "192.0.2.1", undefined],
    ["", undefined, undefined],
  ])("%j", (text, address, application) => {
    expect(audit(text)).toEqual([address, application]);
  });
});

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

describe("spamProcessingDetail", () => {
  const detail = {
    rbl: { allow: false, info: "" },
    spf: { info: "SOFTFAIL", allow: true },
    dkim: { allow: true, info: 'say "PASS" \\' },
    dmarc: { allow: true, info: null },
    permittedSender: { allow: true, info: "NONE" },
    verdict: { categories: [{ name: "spam", info: "no" }], decision: "spam", risk: "high" },
  };
  const text = JSON.stringify(detail);
  const expected = {
    rbl: "deny",
    spf: "SOFTFAIL",
    dkim: 'say "PASS" \\',
    dmarc: "allow",
    spamVerdict: "spam",
  };
  const read = (spamProcessingDetail: unknown) => {
    const attributes = attributesOf({ type: "receipt", spamProcessingDetail });
    return Object.fromEntries(
      Object.keys(expected).flatMap((key) =>
        attributes.has(key) ? [[key, attributes.get(key)]] : [],
      ),
    );
  };
  const python = `{'rbl': {'allow': False, 'info': ''}, 'spf': {'info': 'SOFTFAIL', 'allow': True}, 'dkim': {'allow': True, 'info': "it's"}, 'dmarc': {'allow': True, 'info': None}, 'verdict': {'categories': [{'name': 'spam'}], 'decision': 'spam'}}`;

  it("is read as an object, as JSON in a string, and encoded twice", () => {
    expect(read(detail)).toEqual(expected);
    expect(read(text)).toEqual(expected);
    expect(read(JSON.stringify(text))).toEqual(expected);
    expect(read(JSON.stringify(detail, null, 1).replaceAll("\n", ""))).toEqual(expected);
  });

  it("is read in Python's spelling", () => {
    expect(read(python)).toEqual({ ...expected, dkim: "it's" });
  });

  it("is read from a key=value line", () => {
    const line = `datetime=2026-01-01T00:00:00+0000|Act=Acc|SpamProcessingDetail=${text}|Dir=Inbound`;
    expect(attributesOf(line).get("spf")).toBe("SOFTFAIL");
    expect(attributesOf(line).get("dkim")).toBe('say "PASS" \\');
  });

  it("a value can't pass for a name", () => {
    for (const info of [
      'x","decision":"clean',
      '{"spf":{"info":"PASS"}}',
      '\\","info":"PASS',
      "',",
    ]) {
      const forged = { ...detail, rbl: { allow: true, info } };
      const twice = JSON.stringify(JSON.stringify(forged));
      for (const form of [forged, JSON.stringify(forged), twice]) {
        const { rbl, ...others } = read(form);
        const { rbl: _, ...honest } = expected;
        expect(others).toEqual(honest);
        expect(rbl).toBe(info);
      }
    }
  });

  it.each([
    "{",
    "null",
    "[]",
    "{}",
    '{"spf":',
    '{"spf":{"info":"x',
    "{'spf': {'info': 'x",
    '"',
    '"{',
    "{'",
    '{"spf":5,"verdict":[]}',
    "x".repeat(40_000),
  ])("%j tells nothing and breaks nothing", (broken) => expect(read(broken)).toEqual({}));

  it("a check may be a plain text", () => {
    expect(read({ spf: "PASS", verdict: "clean" })).toEqual({ spf: "PASS", spamVerdict: "clean" });
  });
});

describe("the settings' mapping", () => {
  const record = {
    type: "receipt",
    action: "Rej",
    subject: "s",
    rejectionType: "Virus",
    senderDomain: "d",
  };

  it("renames, leaves out and weighs", () => {
    const line = parseLeef(
      lineOf(record, {
        mapping: {
          rename: { subject: "mailSubject", cat: "cat" },
          drop: ["senderDomain", "sev"],
          severity: {},
        },
      }),
    );
    expect([...line.attributes.keys()]).toEqual([
      "cat",
      "devTime",
      "accountName",
      "action",
      "mailSubject",
      "eventUid",
      "rejectionType",
      "timeMissing",
    ]);
    expect(line.pri).toBe(132);
  });

  it("a severity that is set holds whatever the record says", () => {
    const mapping = { rename: {}, drop: [], severity: { receipt_rejected: 3 } };
    expect(attributesOf(record).get("sev")).toBe("7");
    expect(attributesOf(record, { mapping }).get("sev")).toBe("3");
  });
});

describe("devTime", () => {
  const time = (record: object) => {
    const { attributes, timeMs } = parseLeef(lineOf({ type: "av", ...record }));
    return [attributes.get("devTime"), attributes.get("timeMissing"), timeMs];
  };

  it.each([
    [{ timestamp: 1767225600123 }, 1767225600123],
    [{ timestamp: "1767225600123" }, 1767225600123],
    [{ timestamp: 1767225600 }, 1767225600000],
    [{ datetime: "2026-01-01T01:00:00+0100" }, 1767225600000],
    [{ datetime: "2025-12-31T19:00:00-05:00" }, 1767225600000],
    [{ datetime: "2026-01-01T00:00:00Z" }, 1767225600000],
    [{ datetime: "2026-01-01T00:00:00.5Z" }, 1767225600500],
    [{ datetime: "2026-01-01T00:00:00.123456Z" }, 1767225600123],
    [{ datetime: "2026-01-01 00:00:00" }, 1767225600000],
    [{ datetime: "2026-1-1T0:00:00+0000" }, 1767225600000],
    [{ datetime: "2026-01-01T00:00Z" }, 1767225600000],
    [{ datetime: "2024-02-29T23:59:59+0000" }, 1709251199000],
    [{ datetime: "2100-03-01T00:00:00+0000" }, 4107542400000],
    [{ timestamp: "soon", datetime: "2026-01-01T00:00:00Z" }, 1767225600000],
  ])("of %j", (record, expected) => {
    expect(time(record)).toEqual([String(expected), undefined, expected]);
  });

  it.each([
    {},
    { timestamp: "" },
    { timestamp: -1 },
    { timestamp: "1.5e12" },
    { timestamp: 99999999999999 },
    { timestamp: 5 },
    { datetime: "yesterday" },
    { datetime: "2026-13-01T00:00:00Z" },
    { datetime: "2026-01-32T00:00:00Z" },
    { datetime: "2026-01-01T24:00:00Z" },
    { datetime: "2026-01-01T00:60:00Z" },
    { datetime: "2026-01-01T00:00:00 BST" },
    { datetime: "2026-01-01T00:00:00.Z" },
    { datetime: "2026-01-01T00:00:00+01" },
    { datetime: "0000-01-01T00:00:00Z" },
    { datetime: "1999-01-01T00:00:00Z" },
    { datetime: ["2026-01-01T00:00:00Z"] },
  ])("of %j is the fixed time, and the line says so", (record) => {
    expect(time(record)).toEqual(["1000000000000", "1", 1000000000000]);
  });

  it("agrees with Date over four centuries of days", () => {
    for (let day = 12_000; day < 60_000; day += 37) {
      const ms = day * 86_400_000 + (day % 86_400) * 1000 + (day % 1000);
      expect(time({ timestamp: ms })[2]).toBe(ms);
      const text = new Date(ms).toISOString();
      expect(time({ datetime: text })[2]).toBe(ms);
    }
  });
});
