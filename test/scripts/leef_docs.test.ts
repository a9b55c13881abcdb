import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { attributesTable } from "../../scripts/leef/attributes_table.ts";
import { eventsTable } from "../../scripts/leef/events_table.ts";
import { seenNames } from "../../scripts/leef/seen_names.ts";
import { type Mapping, readMapping } from "../../scripts/qradar/mapping.ts";
import { goldenLines } from "../support/qradar/golden_lines.ts";

const PAGE = readFileSync("docs/leef.md", "utf8");
const EVENTS = readFileSync("docs/leef-events.csv", "utf8");
const ATTRIBUTES = readFileSync("docs/leef-attributes.csv", "utf8");
const MAPPING = readMapping();
const SEEN = seenNames();

function changed(change: (mapping: Mapping) => unknown): Mapping {
  const copy = structuredClone(MAPPING);
  change(copy);
  return copy;
}

describe("docs/leef.md and its tables", () => {
  test("hold the engine's mapping", () => {
    expect(eventsTable(MAPPING)).toBe(EVENTS);
    expect(attributesTable(MAPPING, SEEN)).toBe(ATTRIBUTES);
  });

  test("are out of date after a change of the mapping", () => {
    const severity = changed(({ events }) => Object.assign(events[0]!, { sev: 9 }));
    expect(eventsTable(severity)).not.toBe(EVENTS);
    const name = changed(({ fields }) => (fields.subject as string[]).push("IP"));
    expect(attributesTable(name, SEEN)).not.toBe(ATTRIBUTES);
  });

  test("have a row for every EventID, cat and attribute", () => {
    const column = (text: string, at: number) =>
      text.split("\n").map((line) => line.split(",")[at]);
    for (const { id } of MAPPING.events) expect(column(EVENTS, 0)).toContain(id);
    for (const { cat } of MAPPING.cats) expect(column(EVENTS, 1)).toContain(cat);
    for (const { key } of MAPPING.attributes) expect(column(ATTRIBUTES, 0)).toContain(key);
  });

  test("shows a golden line", () => {
    const shown = /^<134>.*(?=…$)/m.exec(PAGE)![0];
    expect(goldenLines().some(({ text }) => text.startsWith(shown))).toBe(true);
  });
});

test("npm run leef -- --check names the page that is out of date; without --check it is written", () => {
  const folder = mkdtempSync(join(tmpdir(), "leef-docs-"));
  const mapping = "plugin/engine/mapping.json";
  try {
    for (const part of ["scripts", "plugin", "docs", "test/fixtures", "package.json"]) {
      cpSync(part, join(folder, part), { recursive: true });
    }
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const script = join(folder, "scripts/leef_docs.ts");
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
    expect(run("--check")).toMatchObject({ status: 0, stderr: "" });
    const text = readFileSync(mapping, "utf8");
    writeFileSync(join(folder, mapping), text.replace('"rejectionType", "RejType"', '"RejType"'));
    expect(run("--check")).toMatchObject({
      status: 1,
      stderr: "docs/leef-attributes.csv is out of date: run npm run leef\n",
    });
    expect(run().status).toBe(0);
    expect(run("--check").status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("eventsTable()", () => {
  test.each([
    ["receipt_accepted", "receipt,action or subtype is acc or allow"],
    [
      "ttp_url_scan_malicious",
      "ttp_url,ttp_url_malicious where creationMethod is there without click",
    ],
    ["receipt_other", "receipt,anything else"],
    ["journal", "journal,always"],
    ["audit_reporting", "audit,category is reporting"],
  ])("says when: %s", (id, when) => expect(EVENTS).toContain(`\n${id},${when},`));

  test("says when the severity is another one", () => {
    expect(EVENTS).toMatch(/^dlp_block,.*,6; 3 where route holds inbound,/m);
  });
});

describe("attributesTable()", () => {
  test("puts names under the generation whose records have them", () => {
    expect(ATTRIBUTES).toMatch(/^messageId,without angle brackets,messageId,"MsgId, msgid",/m);
  });

  test("refuses a way of making a value that it has no words for", () => {
    const unknown = changed(({ attributes }) => Object.assign(attributes[9]!, { as: "new" }));
    expect(() => attributesTable(unknown, SEEN)).toThrow('"new" must have words');
  });
});
