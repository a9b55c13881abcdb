import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { EngineSettings, RecordKind } from "../../plugin/encode/engine.ts";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };
import { eventsOf, readMapping } from "../../scripts/qradar/mapping.ts";
import { EVENT_IDS, encodeWith, engineWith } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

const FIXTURES = new URL("../fixtures/records/", import.meta.url);
const FILES = readdirSync(FIXTURES).filter((name) => /\.(ndjson|txt)$/.test(name));

/** The family is the file's name; the rest of it is for people. */
function kindOf(file: string): RecordKind {
  const name = file.replace(/\.\w+$/, "");
  return name.startsWith("siem") || name === "malformed" ? "siem" : (name as RecordKind);
}

function encodeFile(file: string, settings: Partial<EngineSettings>, kind = kindOf(file)) {
  const bytes = readFileSync(new URL(file, FIXTURES));
  const records = bytes.toString("utf8").trimEnd().split("\n").length;
  const api = file.startsWith("siem_v1") ? "1.0" : "2.0";
  const encoded = encodeWith(engineWith({ api, ...settings }), kind, [bytes]);
  expect(encoded.lines).toHaveLength(records);
  expect(encoded.records).toBe(records);
  return encoded;
}

const golden = (name: string) => `../golden/lines/${name}`;

describe("golden lines", () => {
  it.each(FILES)("%s as LEEF", async (file) => {
    const { bytes, lines, malformed } = encodeFile(file, {});
    for (const line of lines) {
      expect(EVENT_IDS).toContain(parseLeef(line, { maxLineBytes: 4096 }).eventId);
    }
    expect(malformed).toBe(file === "malformed.txt" ? lines.length : 0);
    await expect(bytes.toString("utf8")).toMatchFileSnapshot(golden(`${file}.leef`));
  });

  it.each(FILES)("%s as JSON with the line in it", async (file) => {
    const { bytes, lines } = encodeFile(file, { format: "json+leef" });
    const leef = encodeFile(file, {}).lines;
    for (const [index, line] of lines.entries()) {
      expect(JSON.parse(line).message).toBe(leef[index]);
    }
    await expect(bytes.toString("utf8")).toMatchFileSnapshot(golden(`${file}.json_leef`));
  });

  it.each(FILES)("%s is found out by its fields alone", (file) => {
    const told = encodeFile(file, {}).lines;
    const found = encodeFile(file, {}, "auto").lines;
    expect(found).toEqual(told);
  });

  it("tab mode and LEEF 1.0", async () => {
    const tab = encodeFile("siem_v2.ndjson", { delimiter: "tab" });
    const one = encodeFile("siem_v1.ndjson", { delimiter: "tab", leefVersion: "1.0" });
    for (const line of [...tab.lines, ...one.lines]) parseLeef(line, { maxLineBytes: 4096 });
    await expect(tab.bytes.toString("utf8")).toMatchFileSnapshot(golden("siem_v2.tab.leef"));
    await expect(one.bytes.toString("utf8")).toMatchFileSnapshot(golden("siem_v1.leef_1.leef"));
  });

  it("have every EventID of the closed list, each with its record type", () => {
    const seen = new Map<string, string>();
    for (const line of FILES.flatMap((file) => encodeFile(file, {}).lines)) {
      const { eventId, attributes } = parseLeef(line);
      seen.set(eventId, attributes.get("cat") as string);
    }
    expect([...seen.keys()].sort()).toEqual(MAPPING.events.map(({ id }) => id).sort());
    for (const cat of MAPPING.cats) {
      for (const id of eventsOf(readMapping(), cat))
        expect(`${id} ${seen.get(id)}`).toBe(`${id} ${cat.cat}`);
    }
  });
});
