import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXTENSION_NAME } from "../../../plugin/commands/qradar/content_names.ts";
import { eventFindings, type Finding } from "../../../plugin/commands/qradar/event_findings.ts";
import { testEvents } from "../../../plugin/commands/qradar/test_events.ts";
import type { AccountConfig, Config } from "../../../plugin/config/config.ts";
import { loadEngine } from "../../../plugin/encode/engine.ts";
import type { FullLogSource } from "../../support/qradar/api_log_sources.ts";
import { SHIPPED } from "../../support/qradar/content.ts";
import {
  byExtensionsManagement,
  emptyConsole,
  type Holdings,
} from "../../support/qradar/content_import.ts";
import { installedConsole } from "../../support/qradar/installed_console.ts";

/** What a console with a fault shows of the test events, and what is said of it. */

const folder = "config-examples/qradar";
const { expected, lines } = testEvents(
  {
    output: {
      format: "leef",
      maxLineBytes: 4096,
      delimiter: "^",
      leefVersion: "2.0",
      usrName: "internal",
    },
    mapping: { rename: {}, drop: [], severity: {} },
  } as unknown as Config,
  { label: "acme", api: "2.0", hostname: "mimecast-acme" } as unknown as AccountConfig,
  {
    engine: loadEngine(readFileSync("dist/mimecast.wasm")),
    tables: {
      events: readFileSync(`${folder}/events.csv`, "utf8"),
      properties: readFileSync(`${folder}/custom-properties.csv`, "utf8"),
    },
    nowMs: Date.UTC(2026, 0, 31, 8, 0, 0, 123),
    run: "0a1b2c3d",
  },
);

interface At {
  readonly holdings: Holdings;
  readonly logSources: FullLogSource[];
}

async function installed(): Promise<At> {
  const holdings = emptyConsole();
  await byExtensionsManagement(holdings, readFileSync(SHIPPED.content), { overwrite: true });
  const id = (table: string) => Number([...holdings.tables.get(table)!.values()][0]!.id);
  const source = {
    id: 112,
    name: "Mimecast @ acme",
    type_id: id("sensordevicetype"),
    log_source_extension_id: id("device_ext"),
    enabled: true,
    requires_deploy: false,
    protocol_parameters: [{ id: 0, name: "identifier", value: "mimecast-acme" }],
  };
  return { holdings, logSources: [source as FullLogSource] };
}

/** Every finding, "what is found, not wanted: remedy". */
function findings(
  { holdings, logSources }: At,
  relay: (line: string) => string = (line) => line,
): string[] {
  const classification = { qids: [], mappings: [], properties: [], expressions: [] };
  const show = installedConsole({ holdings, logSources, classification });
  const typeIds = [...holdings.tables.get("sensordevicetype")!.values()].map(({ id }) =>
    Number(id),
  );
  const own = logSources.map(({ id, type_id, requires_deploy: undeployed }) => ({
    id,
    hasOurType: typeIds.includes(type_id),
    undeployed,
  }));
  const names = [...(holdings.tables.get("ariel_regex_property")?.values() ?? [])];
  const shared = [
    "Application name",
    "Destination Host Name",
    "File Hash",
    "Filename",
    "Policy",
    "URL",
    "VirusName",
  ];
  const there = [...shared, ...names.map(({ propertyname }) => propertyname!)];
  const sent = Buffer.from(lines).toString().trimEnd().split("\n");
  const all = sent.flatMap((line, index): readonly Finding[] => {
    const payload = relay(line);
    const event = show({ payload, packetIp: "203.0.113.1", receivedMs: Date.UTC(2026, 1, 1) });
    const { shown, logSourceId = -1 } = event;
    const values = there.map((name) => {
      const value = shown.properties.get(name);
      return [name, value === undefined ? null : String(value)] as const;
    });
    const found = {
      uid: expected[index]!.uid,
      logSourceId,
      logSource: shown.logSource,
      name: shown.eventName,
      category: shown.category,
      severity: shown.severity,
      timeMs: shown.timeMs,
      user: shown.username,
      source: shown.sourceIp,
      destination: shown.destinationIp,
      properties: new Map(values),
    };
    return eventFindings(expected[index]!, found, own);
  });
  return all.map(
    ({ what, wanted, found, remedy }) => `${what} is ${found}, not ${wanted}: ${remedy}`,
  );
}

describe("eventFindings()", () => {
  test("has nothing to say of a console as install leaves it", async () => {
    expect(findings(await installed())).toEqual([]);
  });

  test.each<[string, RegExp, (at: At) => void]>([
    [
      "a log source that is missing",
      /^log source is SIM Generic.*qradar install/,
      ({ logSources }) => logSources.splice(0),
    ],
    [
      "a log source that is not deployed",
      /^log source is SIM Generic.*Deploy Changes/,
      ({ logSources }) => Object.assign(logSources[0]!, { requires_deploy: true }),
    ],
    [
      "an extension that is not chosen",
      /^event name is .*extension of its type/,
      ({ logSources }) => Object.assign(logSources[0]!, { log_source_extension_id: null }),
    ],
    [
      "a severity that somebody has changed",
      /^severity is 9, not 2: .*has changed the QID/,
      ({ holdings }) => editQid(holdings, { severity: "9" }),
    ],
    [
      "a category that somebody has changed",
      /^category is Mail Denied, not Mail In Progress: .*has changed the QID/,
      ({ holdings }) => editQid(holdings, { lowlevelcategory: "18005" }),
    ],
    [
      "an event that somebody has renamed",
      /^event name is Mimecast Good Mail, not Mimecast Receipt Accepted: Somebody has mapped it/,
      ({ holdings }) => editQid(holdings, { qname: "Mimecast Good Mail" }),
    ],
    [
      "mappings that are not there",
      /^event name is .*older content.*qradar install/,
      ({ holdings }) => {
        const rows = holdings.tables.get("dsmevent")!;
        for (const [key, { customevent }] of rows) if (customevent !== "false") rows.delete(key);
      },
    ],
    [
      "a property that is not there",
      /^property Mimecast Subject is not on the console.*qradar install/,
      ({ holdings }) => removeProperty(holdings, "Mimecast Subject", true),
    ],
    [
      "a property without an expression",
      /^property Mimecast Subject is empty.*expression/,
      ({ holdings }) => removeProperty(holdings, "Mimecast Subject", false),
    ],
  ])("names %s", async (_name, wanted, spoil) => {
    const at = await installed();
    spoil(at);
    const found = findings(at);
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) expect(each).toMatch(wanted);
  });

  test.each<[string, RegExp, (line: string) => string]>([
    [
      "a relay that puts a header of its own in front",
      /^log source is SIM Generic.*identifier of the log source/,
      (line) => `<13>1 2026-01-01T00:00:00Z relay - - - - ${line.slice(line.indexOf("LEEF:"))}`,
    ],
    [
      "a time zone",
      /^time is .*off by 120 minutes, a time zone/,
      (line) => line.replace("T08:", "T10:"),
    ],
    [
      "a header without a time",
      /^time is .*was not read/,
      (line) => line.replace(/^(<\d+>)1 \S+ /, "$1Jan 31 08:03:10 "),
    ],
    [
      "a value that is changed on the way",
      /^property Mimecast Subject is Test event, not .*rewrites the line/,
      (line) => line.replace("Test event of mimecast-input^recip", "Test event^recip"),
    ],
    [
      "a user that is missing",
      /^user is nothing, not test-/,
      (line) => line.replace("^usrName=", "^x="),
    ],
    [
      "an address that is missing",
      /^source address is 203.0.113.1, not 192.0.2.1/,
      (line) => line.replace("^src=", "^x="),
    ],
  ])("names %s", async (_name, wanted, relay) => {
    const found = findings(await installed(), relay);
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) expect(each).toMatch(wanted);
  });
});

function editQid(holdings: Holdings, change: Record<string, string>): void {
  const rows = [...holdings.tables.get("qidmap")!.values()];
  Object.assign(rows.find(({ qname }) => qname === "Mimecast Receipt Accepted")!, change);
}

/** With its property, or its expressions alone. */
function removeProperty(holdings: Holdings, name: string, whole: boolean): void {
  const properties = holdings.tables.get("ariel_regex_property")!;
  const [key, row] = [...properties].find(([, { propertyname }]) => propertyname === name)!;
  const expressions = holdings.tables.get("ariel_property_expression")!;
  for (const [each, { ap_id }] of expressions) if (ap_id === row.id) expressions.delete(each);
  if (whole) properties.delete(key);
}

test("the extension has the name that the content gives it", async () => {
  const { holdings } = await installed();
  const [row] = [...holdings.tables.get("device_ext")!.values()];
  expect(row!.name ?? row!.devicename).toBe(EXTENSION_NAME);
});
