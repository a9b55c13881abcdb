import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

function attributesOf(record: object | string) {
  return parseLeef(lineOf(record)).attributes;
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
    "::fffe:192.0.2.1",
    "64:ff9b::192.0.2.33",
  ])("%s is an address", (address) => expect(src(address)).toBe(address));

  it.each([
    ["203.0.113.5:25", "203.0.113.5"],
    ["[203.0.113.5]:65535", "203.0.113.5"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:192.0.2.1", "192.0.2.1"],
    ["[::ffff:192.0.2.1]:25", "192.0.2.1"],
  ])("%s is the address %s", (written, address) => expect(src(written)).toBe(address));

  it.each([
    "203.0.113.5:",
    "203.0.113.5:123456",
    "203.0.113.5:x",
    "[203.0.113.5",
    "[]",
    "[",
    "[mail.example.com]:25",
    "[2001:db8::1]443",
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
    ["API Application Console created", undefined, undefined],
    ["A, IP: ::ffff:192.0.2.1, Application = X", "192.0.2.1", "X"],
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
    ["Enrolled, Remote IP is 192.0.2.1", "192.0.2.1", undefined],
    [
      "A, Time: 19:33:05 BST, IP: : 192.0.2.1,, Application: SMTP, Reason: Locked",
      "192.0.2.1",
      "SMTP",
    ],
    ["A, IP Address :192.0.2.1", "192.0.2.1", undefined],
    ["A, IP=192.0.2.1", "192.0.2.1", undefined],
    ["A, ip address is [2001:db8::1]:443", "2001:db8::1", undefined],
    ["A, Time: 10:00:00 GMT IP 192.0.2.1 Application: X", "192.0.2.1", "X"],
    ["A, IP: ::1", "::1", undefined],
    ['Policy "Allow IP: 10.1.1.1" deleted, Time: 10:00:00, Application: X', undefined, "X"],
    ["Policy Allow IP 10.1.1.1 deleted", undefined, undefined],
    ["Policy with IP: 10.1.1.0/24 deleted", undefined, undefined],
    ["Policy with IP range: 10.1.1.1 - 10.1.1.9 deleted", undefined, undefined],
    ["Agent version: 10.1.1.1, IP version: 10.1.1.1, SIP: 10.1.1.1", undefined, undefined],
    ["Remote IP is 192.0.2.1, Date: 2026-01-01, Time: 10:11:12", "192.0.2.1", undefined],
  ])("%j", (text, address, application) => {
    expect(audit(text)).toEqual([address, application]);
  });

  const address = fc.oneof(
    fc.ipV4().filter((text) => text !== "0.0.0.0"),
    fc.ipV6().filter((text) => /[1-9a-f]/i.test(text)),
  );
  const name = fc.constantFrom(
    ...["IP: ", "IP:", "IP : ", "IP: : ", "IP=", "IP = ", "ip: ", "Ip Address: ", "IP Address :"],
    ...["IP address=", "IP-Address: ", "Remote IP is ", "remote IP : ", "Remote IP Address is "],
  );
  const behind = fc.constantFrom("", ",", ",, Application: X", " Application: X", ".", "\n", ")");

  it("gives the address under every name, whatever follows", () => {
    const front = fc.constantFrom("A, Date: 2026-01-01, Time: 18:17:30 BST, ", "A <B, C>, ", "A; ");
    fc.assert(
      fc.property(front, name, address, behind, (before, form, text, after) => {
        expect(audit(`${before}${form}${text}${after}`)[0]).toBe(text);
      }),
    );
  });

  it("gives the address without its port", () => {
    fc.assert(
      fc.property(name, fc.ipV4(), fc.nat(65_535), behind, (form, text, port, after) => {
        fc.pre(text !== "0.0.0.0");
        expect(audit(`A, ${form}${text}:${port}${after}`)[0]).toBe(text);
      }),
    );
  });

  it("never takes a version, a time, or what a text in front of the time says", () => {
    const word = fc.constantFrom(
      "version",
      "Version:",
      "build ",
      "at ",
      "SIP: ",
      "clip=",
      "Time: ",
    );
    const text = fc.tuple(word, fc.ipV4()).map((parts) => parts.join(""));
    const time = fc.constantFrom("12:30:45", "08:00", "18:17:30 GMT-04:00", "1:2:3");
    fc.assert(
      fc.property(text, name, fc.ipV4(), time, (version, form, forged, clock) => {
        fc.pre(!form.toLowerCase().startsWith("remote"));
        expect(audit(`Changed ${version}`)[0]).toBeUndefined();
        expect(audit(`Changed, ${form}${clock}`)[0]).toBeUndefined();
        const policy = `Policy ${form}${forged} deleted, Date: 2026-01-01, Time: ${clock}`;
        expect(audit(`${policy}, Application: X`)[0]).toBeUndefined();
        expect(audit(`${policy}, IP: 192.0.2.1, Application: X`)[0]).toBe("192.0.2.1");
      }),
    );
  });
});
