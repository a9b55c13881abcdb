import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SHIPPED } from "./content.ts";
import { JODA_TIME, parseDate, SIMPLE_DATE_FORMAT } from "./date_format.ts";
import { readExtension } from "./extension.ts";
import { leefEvent } from "./leef_event.ts";
import { syslogHeader } from "./syslog_header.ts";

describe("syslogHeader()", () => {
  const receivedMs = Date.UTC(2026, 5, 1);
  test.each([
    [
      "<134>1 2026-03-06T12:00:01.250Z mimecast-acme LEEF:2.0|",
      "mimecast-acme",
      Date.UTC(2026, 2, 6, 12, 0, 1, 250),
    ],
    [
      "<134>1 2026-03-06T12:00:01+07:00 host app 12 - - LEEF:2.0|",
      "host",
      Date.UTC(2026, 2, 6, 5, 0, 1),
    ],
    ["<180>May  6 16:43:53 pan.test LEEF:1.0|", "pan.test", Date.UTC(2026, 4, 6, 16, 43, 53)],
    ["May 2 03:15:26 mvs LEEF:2.0|", "mvs", Date.UTC(2026, 4, 2, 3, 15, 26)],
  ])("%s", (payload, host, timeMs) => {
    expect(syslogHeader(payload, receivedMs)).toEqual({ host, timeMs });
  });

  test.each([
    "LEEF:2.0|a|b|1|c|",
    "123 <134>1 2026-03-06T12:00:01Z host LEEF:2.0|",
    "<134>Foo 1 01:02:03 host LEEF:",
    "",
  ])("no header: %j", (payload) => expect(syslogHeader(payload, receivedMs)).toBeNull());
});

describe("leefEvent()", () => {
  test.each([
    ["LEEF:2.0|V|P|1|id|^|a=1^b=x=y", { a: "1", b: "x=y" }],
    ["LEEF:2.0|V|P|1|id|x5E|a=1^b=2", { a: "1", b: "2" }],
    ["LEEF:2.0|V|P|1|id|0x09|a=1\tb=2", { a: "1", b: "2" }],
    ["LEEF:2.0|V|P|1|id|x7C|a=1|b=2", { a: "1", b: "2" }],
    ["LEEF:2.0|V|P|1|id|a=1\tb=2|3", { a: "1", b: "2|3" }],
    ["LEEF:1.0|V|P|1|id|\ta=1\tb=", { a: "1", b: "" }],
    ["<1>x LEEF:2.0|V|P|1|id|^|a=1^a=2^nothing", { a: "1" }],
  ])("%j", (payload, attributes) => {
    expect(leefEvent(payload)?.eventId).toBe("id");
    expect(Object.fromEntries(leefEvent(payload)!.attributes)).toEqual(attributes);
  });

  test.each(["", "CEF:0|a", "LEEF:3.0|V|P|1|id|", "LEEF:2.0|V|P|1"])("no LEEF: %j", (payload) => {
    expect(leefEvent(payload)).toBeNull();
  });

  const SAMPLES = "../shared/samples/qradar/leef/real_leef_lines.txt";
  const there = existsSync(SAMPLES);
  if (!there) process.stderr.write(`skipped: ${SAMPLES} is not there\n`);
  test.skipIf(!there)("lines of real devices", () => {
    const lines = readFileSync(SAMPLES, "utf8").split("\n");
    const events = lines
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.replaceAll("<tab>", "\t"))
      .map((line) => ({
        line,
        event: leefEvent(line)!,
        header: syslogHeader(line, Date.UTC(2024, 0)),
      }));
    expect(events.map(({ header }) => header?.host)).not.toContain(undefined);
    expect(
      events.map(({ event }) => `${event.vendor} ${event.attributes.get("sev") ?? "-"}`),
    ).toEqual([
      "IBMQRadarMvs -",
      "Raz-Lee iSecurity 10",
      "Fidelis Cybersecurity 4",
      "CyberX 2",
      "McAfee 10",
      // Pipes between the attributes of a LEEF 1.0 line: IBM's own DSM for the device reads these.
      "Palo Alto Networks -",
    ]);
    const times = events.flatMap(({ event: { attributes } }) => {
      const [format, text] = [attributes.get("devTimeFormat"), attributes.get("devTime")];
      return format === undefined || text === undefined
        ? []
        : [parseDate(SIMPLE_DATE_FORMAT, format, text)];
    });
    expect(times).toEqual([
      Date.UTC(2024, 4, 2, 6, 15, 26, 250),
      Date.UTC(2019, 3, 24, 15, 31, 58),
      Date.UTC(2019, 4, 5, 15, 28, 54),
      Date.UTC(2018, 8, 18, 3, 28, 8),
    ]);
  });
});

describe("parseDate()", () => {
  test.each([
    ["yyyy-MM-dd'T'HH:mm:ss.SSSX", "2026-03-06T12:00:01.250Z", Date.UTC(2026, 2, 6, 12, 0, 1, 250)],
    [
      "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
      "2026-03-06T12:00:01.250+05:30",
      Date.UTC(2026, 2, 6, 6, 30, 1, 250),
    ],
    ["dd.MM.yyyy HH:mm:ss Z", "06.03.2026 12:00:01 +0100", Date.UTC(2026, 2, 6, 11, 0, 1)],
    ["yyyy-MM-dd", "2026-03-06T12", null],
  ])("%s of %s", (format, text, timeMs) =>
    expect(parseDate(SIMPLE_DATE_FORMAT, format, text)).toBe(timeMs),
  );

  test("reads by Joda-Time, which has other letters for zones", () => {
    const timeMs = Date.UTC(2026, 2, 6, 12, 0, 1, 250);
    const format = "yyyy-MM-dd'T'HH:mm:ss.SSS Z";
    for (const letters of [JODA_TIME, SIMPLE_DATE_FORMAT])
      expect(parseDate(letters, format, "2026-03-06T12:00:01.250 +0000")).toBe(timeMs);
    const withX = "yyyy-MM-dd'T'HH:mm:ss.SSSX";
    expect(() => parseDate(JODA_TIME, withX, "2026-03-06T12:00:01.250Z")).toThrow(
      "illegal pattern component: X",
    );
  });

  test("refuses a letter that it does not know", () => {
    expect(() => parseDate(SIMPLE_DATE_FORMAT, "ww", "1")).toThrow("illegal pattern component: ww");
  });
});

describe("readExtension()", () => {
  const xml = readFileSync(SHIPPED.extension, "utf8");

  test("reads the shipped file", () => {
    const extension = readExtension(xml);
    expect(extension.patterns.size).toBe(9);
    expect([...extension.formats]).toEqual([["DeviceTime", "yyyy-MM-dd'T'HH:mm:ss.SSS Z"]]);
  });

  test.each([
    ["another namespace", xml.replace("event_parsing/", "other/"), /xmlns/],
    ["a key that is no attribute", xml.replaceAll("pattern-id=", "pattern="), /pattern/],
    [
      "a reference to no pattern",
      xml.replace('pattern-id="UserName', 'pattern-id="User'),
      /pattern-id/,
    ],
    ["an unknown field", xml.replace('field="UserName"', 'field="User"'), /field/],
    ["a pattern of another kind", xml.replace('type="JavaPattern"', 'type="LeefKey"'), /type/],
    [
      "an identity rule that is none",
      xml.replace("OverrideAndNeverSend", "Never"),
      /send-identity/,
    ],
    [
      "an unknown element",
      xml.replace("match-group ", "group ").replace("/match-group", "/group"),
      /group/,
    ],
    ["text that is no XML", xml.replace("]]>", ""), /./],
    ["a broken pattern", xml.replace("([^|]+)", "([^|]+"), /[Rr]egular expression/],
  ])("refuses %s", (_name, text, message) => {
    expect(() => readExtension(text)).toThrow(message);
  });

  const payload =
    "<134>1 2026-03-06T12:00:01.250Z h LEEF:2.0|Mimecast|Email Security|2.0|av|^|cat=av";

  test("sends no identity of a sender as an asset", () => {
    expect(xml).toContain('send-identity="OverrideAndNeverSend"');
  });

  test("relies on no adaptive pattern: what is not plain Java fills no field", () => {
    expect([...readExtension(xml).read(payload).keys()].sort()).toEqual([
      "DeviceTime",
      "EventCategory",
      "EventName",
    ]);
    const adaptive = readExtension(xml.replaceAll(' use-default-pattern="true"', ""));
    expect(adaptive.read(payload).size).toBe(0);
  });

  test("has the time of the header where the format of DeviceTime is none of Joda-Time's", () => {
    const timeOf = (text: string): number | null => {
      const extension = readExtension(text);
      return extension.time(extension.read(payload));
    };
    expect(timeOf(xml)).toBe(Date.UTC(2026, 2, 6, 12, 0, 1, 250));
    expect(timeOf(xml.replace("SSS Z", "SSSX"))).toBeNull();
  });
});
