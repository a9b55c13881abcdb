import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { attributesTable } from "../../scripts/leef/attributes_table.ts";
import { eventsTable } from "../../scripts/leef/events_table.ts";
import { seenNames } from "../../scripts/leef/seen_names.ts";
import { withEvents } from "../../scripts/leef_docs.ts";
import { type Mapping, readMapping } from "../../scripts/qradar/mapping.ts";
import { goldenLines } from "../support/qradar/golden_lines.ts";

const PAGE = readFileSync("docs/leef.md", "utf8");
const ATTRIBUTES = readFileSync("docs/leef-attributes.csv", "utf8");
const MAPPING = readMapping();
const SEEN = seenNames();

/** The cells of the row that begins so. */
function rowOf(table: string, first: string): string[] {
  const row = table.split("\n").find((line) => line.startsWith(`| ${first} |`));
  return row!.slice(2, -2).split(" | ");
}

function changed(change: (mapping: Mapping) => unknown): Mapping {
  const copy = structuredClone(MAPPING);
  change(copy);
  return copy;
}

describe("docs/leef.md and docs/leef-attributes.csv", () => {
  test("hold the tables of the engine's mapping", () => {
    expect(withEvents(PAGE, MAPPING)).toBe(PAGE);
    expect(attributesTable(MAPPING, SEEN)).toBe(ATTRIBUTES);
  });

  test("are out of date after a change of the mapping", () => {
    const severity = changed(({ events }) => Object.assign(events[0]!, { sev: 9 }));
    expect(withEvents(PAGE, severity)).not.toBe(PAGE);
    const name = changed(({ fields }) => (fields.subject as string[]).push("IP"));
    expect(attributesTable(name, SEEN)).not.toBe(ATTRIBUTES);
  });

  test("have a row for every EventID, cat and attribute", () => {
    const ids = [...PAGE.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    for (const { id } of MAPPING.events) expect(ids).toContain(id);
    for (const { cat } of MAPPING.cats) expect(PAGE).toContain(`| \`${cat}\` |`);
    const keys = ATTRIBUTES.split("\n").map((line) => line.split(",")[0]);
    for (const { key } of MAPPING.attributes) expect(keys).toContain(key);
  });

  test("shows a golden line", () => {
    const shown = /^<134>.*(?=…$)/m.exec(PAGE)![0];
    expect(goldenLines().some(({ text }) => text.startsWith(shown))).toBe(true);
  });

  test("are refused without the marks", () => {
    expect(() => withEvents("", MAPPING)).toThrow("docs/leef.md must hold");
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
  const table = eventsTable(MAPPING);
  test.each([
    ["`receipt_accepted`", "action or subtype is `acc` or `allow`"],
    [
      "`ttp_url_scan_malicious`",
      "`ttp_url_malicious` where creationMethod is there without `click`",
    ],
    ["`process_accepted`", "action or subtype is `acc` or `allow`"],
    ["`receipt_other`", "anything else"],
    ["`journal`", "always"],
    ["`audit_logon_failed`", "auditType is `logon authentication failed`"],
  ])("says when: %s", (id, when) => expect(rowOf(table, id)[2]).toBe(when));

  test("says when the severity is another one", () => {
    expect(rowOf(table, "`dlp_block`")[3]).toBe("6; 3 where route holds `inbound`");
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
