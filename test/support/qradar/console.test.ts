import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { categoryName } from "../../../scripts/qradar/categories.ts";
import { customProperties } from "../../../scripts/qradar/custom_properties.ts";
import { readMapping } from "../../../scripts/qradar/mapping.ts";
import { qidOf } from "../../../scripts/qradar/type_rows.ts";
import { runs } from "../amount.ts";
import { encodeWith, engineWith } from "../engine_lines.ts";
import { TYPE_NAMES, typeRow } from "../fake_mimecast/record_types.ts";
import { recordText, type Shape } from "../fake_mimecast/records/record.ts";
import { type LeefLine, parseLeef } from "../leef_reference.ts";
import { type AnalystEvent, type Console, type LogSourceType, shippedConsole } from "./console.ts";
import { type GoldenLine, goldenLines } from "./golden_lines.ts";

const MAPPING = readMapping();
const EVENTS = new Map(MAPPING.events.map((event) => [event.id, event]));
const PROPERTIES = customProperties(MAPPING).filter(({ inZip }) => inZip);
const LINES = goldenLines();
const TYPES: readonly LogSourceType[] = ["Universal LEEF", "Mimecast Email Security"];
const PACKET_IP = "198.51.100.200";
const RECEIVED_MS = Date.UTC(2026, 2, 6);

const consoles = new Map<LogSourceType, Console>();
for (const type of TYPES) {
  const logSource = { name: "Mimecast @ mimecast-acme", identifier: "mimecast-acme", type };
  consoles.set(type, await shippedConsole([logSource]));
}

function show(type: LogSourceType, payload: string): AnalystEvent {
  return consoles.get(type)!({ payload, packetIp: PACKET_IP, receivedMs: RECEIVED_MS });
}

/** What must be seen of a line, from the mapping and the reference reader: nothing of the stand-in is in it. */
function expected(type: LogSourceType, { eventId, attributes }: LeefLine): AnalystEvent {
  const event = EVENTS.get(eventId)!;
  const properties = PROPERTIES.flatMap(
    ({ name, key, type: kind }): [string, string | number][] => {
      const value = attributes.get(key);
      if (value === undefined) return [];
      if (kind === "string") return [[name, value]];
      return /^-?\d+(\.\d+)?$/.test(value) ? [[name, Number(value)]] : [];
    },
  );
  return {
    qid: qidOf(event.id),
    eventName: event.name,
    categoryId: event.category,
    category: categoryName(event.category),
    severity: type === "Universal LEEF" ? Number(attributes.get("sev")) : event.sev,
    timeMs: Number(attributes.get("devTime")),
    username: attributes.get("usrName") ?? null,
    sourceIp: attributes.get("src") ?? PACKET_IP,
    destinationIp: attributes.get("dst") ?? PACKET_IP,
    logSource: "Mimecast @ mimecast-acme",
    properties: new Map(properties),
    known: true,
  };
}

describe.each(TYPES)("a log source of the type %s", (type) => {
  const files = [...new Set(LINES.map(({ file }) => file))];

  test.each(files)("shows every golden line of %s as the mapping says", (file) => {
    const lines = LINES.filter((line) => line.file === file);
    expect(lines.length).toBeGreaterThan(0);
    for (const { text, leef } of lines) expect(show(type, text)).toEqual(expected(type, leef));
  });

  test("shows every attribute that has a field or a property of the zip", () => {
    const keys = new Map(PROPERTIES.map(({ key, name }) => [key, name]));
    for (const { text, leef } of LINES) {
      const { properties } = show(type, text);
      for (const [key, value] of leef.attributes) {
        if (!keys.has(key)) continue;
        expect(`${key}=${properties.get(keys.get(key)!)}`).toBe(`${key}=${value}`);
      }
    }
  });
});

test("the golden lines have every EventID, both API generations, both delimiters and both versions of LEEF", () => {
  const values = (of: (leef: LeefLine) => string) =>
    [...new Set(LINES.map(({ leef }) => of(leef)))].sort();
  expect(values(({ eventId }) => eventId)).toEqual([...EVENTS.keys()].sort());
  expect(values(({ version }) => version)).toEqual(["1.0", "2.0"]);
  expect(values(({ delimiter }) => delimiter)).toEqual(["\t", "^"]);
  expect(values(({ leefVersion }) => leefVersion)).toEqual(["1.0", "2.0"]);
});

test("what an analyst sees of one line of each event", async () => {
  const first = new Map<string, GoldenLine>();
  for (const line of LINES) if (!first.has(line.leef.eventId)) first.set(line.leef.eventId, line);
  const rows = [...first.values()].map(({ text }) => {
    const event = show("Universal LEEF", text);
    const time = new Date(event.timeMs).toISOString();
    const properties = [...event.properties].map(([name, value]) => `    ${name}: ${value}\n`);
    const head = [time, event.eventName, event.category, event.severity, event.username ?? "N/A"];
    return `${[...head, event.sourceIp, event.destinationIp].join(" | ")}\n${properties.join("")}`;
  });
  await expect(rows.sort().join("")).toMatchFileSnapshot("../../golden/qradar/analyst_view.txt");
});

const shapes = TYPE_NAMES.filter((type) => type !== "threat_intel").flatMap((type) => {
  const { v1, v2 } = typeRow(type);
  const all: Shape[] = [...(v1 === undefined ? [] : ["v1" as const]), "batch", "stream"];
  return (v2 === undefined ? (["v1"] as const) : all).map((shape) => [type, shape] as const);
});

test.each(shapes)("no record of the fake is unknown: %s as %s", (type, shape) => {
  const atMs = Date.UTC(2026, 2, 6, 12);
  const records = Array.from({ length: 60 }, (_, index) =>
    recordText({ type, index, seed: 11, atMs: atMs + index }, shape),
  );
  const engine = engineWith({ api: shape === "v1" ? "1.0" : "2.0" });
  const { lines } = encodeWith(engine, typeRow(type).source, [
    Buffer.from(`${records.join("\n")}\n`),
  ]);
  expect(lines).toHaveLength(records.length);
  for (const line of lines) {
    for (const kind of TYPES) expect(show(kind, line)).toEqual(expected(kind, parseLeef(line)));
  }
});

describe("what an attacker writes", () => {
  const record = {
    type: "receipt",
    action: "Acc",
    direction: "Inbound",
    timestamp: 1_767_225_600_000,
  };
  const lineOf = (values: Readonly<Record<string, string>>): string =>
    encodeWith(engineWith(), "siem", [Buffer.from(`${JSON.stringify({ ...record, ...values })}\n`)])
      .lines[0]!;

  test("in a subject, a sender or a file name never becomes a field of its own", () => {
    const text = fc.string({
      unit: fc.constantFrom(
        "^",
        "\t",
        "|",
        "=",
        "\n",
        "\r",
        "a",
        " ",
        "LEEF:2.0|Mimecast|Email Security|2.0|av|^|",
        "sev=9",
        "src=203.0.113.9",
        "usrName=x",
        "\u2028",
        "\u0085",
        "é",
      ),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, text, text, (subject, senderEnvelope, fileName) => {
        const line = lineOf({ subject, senderEnvelope, fileName, recipients: "jo@example.com" });
        for (const type of TYPES) {
          const event = show(type, line);
          expect(event).toMatchObject({
            eventName: "Mimecast Receipt Accepted",
            severity: 2,
            username: "jo@example.com",
            sourceIp: PACKET_IP,
            timeMs: record.timestamp,
          });
          const names = [...event.properties.keys()];
          const own = [
            "Subject",
            "Sender",
            "Action",
            "Direction",
            "Account",
            "Recipients",
            "Recipient Count",
            "Event UID",
            "Severity",
            "Truncated",
          ];
          for (const name of names)
            expect(["Filename", ...own.map((title) => `Mimecast ${title}`)]).toContain(name);
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("what is not mapped or not known", () => {
  const line = LINES[0]!.text;

  test.each(TYPES)("an EventID without a mapping is unknown (%s)", (type) => {
    const event = show(type, line.replace(/(\|)[a-z_]+(\|\^\|)/, "$1new_event$2"));
    expect(event).toMatchObject({
      eventName: "Unknown",
      known: false,
      logSource: "Mimecast @ mimecast-acme",
    });
  });

  test.each(TYPES)("a known EventID with another cat is unknown (%s)", (type) => {
    expect(show(type, line.replace(/cat=\w+/, "cat=other")).known).toBe(false);
  });

  test("a line that is no LEEF is stored under the name of the type", () => {
    const event = show(
      "Mimecast Email Security",
      "<13>1 2026-03-06T12:00:00.000Z mimecast-acme hello",
    );
    expect(event).toMatchObject({
      eventName: "Mimecast Email Security Message",
      category: "Custom Rule Engine Message",
      known: false,
    });
  });

  test("the rest of a line that was too long belongs to no log source", () => {
    const event = show("Universal LEEF", line.slice(120));
    expect(event).toMatchObject({ known: false, logSource: `SIM Generic Log DSM :: ${PACKET_IP}` });
  });

  test("a host that no log source names", () => {
    const event = show("Universal LEEF", line.replace("mimecast-acme", "mimecast-other"));
    expect(event).toMatchObject({
      known: false,
      logSource: "SIM Generic Log DSM :: mimecast-other",
    });
  });
});
