import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { categoryName } from "../../scripts/qradar/categories.ts";
import { contentXml } from "../../scripts/qradar/content_xml.ts";
import { customProperties } from "../../scripts/qradar/custom_properties.ts";
import { eventPairs, type Mapping, readMapping } from "../../scripts/qradar/mapping.ts";
import { manifestText } from "../../scripts/qradar/release.ts";
import { searches } from "../../scripts/qradar/searches.ts";
import { TYPE_TITLE } from "../../scripts/qradar/type_rows.ts";
import { outOfDate, qradarFiles } from "../../scripts/qradar_content.ts";
import { parseAql } from "../support/qradar/aql.ts";
import { propertiesOf } from "../support/qradar/aql_check.ts";
import {
  onlyType,
  pairKey,
  readContent,
  SHIPPED,
  shippedContent,
} from "../support/qradar/content.ts";
import { childrenOf, fieldsOf } from "../support/qradar/xml.ts";
import { zipEntries } from "../support/zip_entries.ts";

const FOLDER = resolve("config-examples/qradar");
const MAPPING = readMapping();
const CONTENT = await shippedContent();
const TYPE = onlyType(CONTENT);

/** The mapping after a change of one event. */
function changed(change: (mapping: Mapping) => unknown): Mapping {
  const copy = structuredClone(MAPPING);
  change(copy);
  return copy;
}

describe("config-examples/qradar", () => {
  test("is what the engine's mapping makes", async () => {
    expect(await outOfDate(qradarFiles(MAPPING), FOLDER)).toEqual([]);
  });

  test("is out of date after a change of the mapping, and the files are named", async () => {
    const severity = changed(({ events }) => Object.assign(events[0]!, { sev: 9 }));
    expect(await outOfDate(qradarFiles(severity), FOLDER)).toEqual([
      "events.csv",
      "mimecast-qradar-content.zip",
      "qids.txt",
    ]);
    const key = changed(({ attributes }) =>
      Object.assign(attributes.find(({ key }) => key === "tlsCipher")!, { key: "cipher" }),
    );
    expect(await outOfDate(qradarFiles(key), FOLDER)).toEqual(["custom-properties.csv"]);
  });

  test("names files that nothing writes any more, and files that are missing", async () => {
    const wanted = qradarFiles(MAPPING);
    wanted.delete("qids.txt");
    wanted.set("searches/new.aql", Buffer.from("SELECT 1"));
    expect(await outOfDate(wanted, FOLDER)).toEqual(["qids.txt", "searches/new.aql"]);
  });

  test.each([
    [
      "a cat that leads nowhere",
      ({ cats }: Mapping) => Object.assign(cats[0]!, { other: "x" }),
      /unknown event "x"/,
    ],
    [
      "an event that no cat leads to",
      ({ events }: Mapping) => (events as unknown[]).push({ id: "x" }),
      /"x"/,
    ],
    [
      "an unknown category",
      ({ events }: Mapping) => Object.assign(events[0]!, { category: 1 }),
      /low-level category/,
    ],
    [
      "a name with a comma",
      ({ events }: Mapping) => Object.assign(events[0]!, { name: "a,b" }),
      /must have no comma/,
    ],
  ])("refuses %s", (_name, change, message) => {
    expect(() => qradarFiles(changed(change))).toThrow(message);
  });
});

describe("npm run qradar -- --check", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  test("fails after a change of mapping.json and names the files; without --check it writes them", () => {
    const folder = mkdtempSync(join(tmpdir(), "qradar-content-"));
    folders.push(folder);
    const mapping = "plugin/engine/mapping.json";
    for (const part of [
      "scripts",
      "config-examples/qradar",
      "docs/qradar.md",
      mapping,
      "plugin/commands/qradar/content_names.ts",
      "package.json",
    ]) {
      cpSync(part, join(folder, part), { recursive: true });
    }
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const script = join(folder, "scripts/qradar_content.ts");
    const run = (args: string[], TZ = "Etc/UTC") =>
      spawnSync(process.execPath, [script, ...args], {
        encoding: "utf8",
        env: { ...process.env, TZ },
      });
    for (const zone of ["Pacific/Kiritimati", "America/Anchorage"]) {
      expect(run(["--check"], zone)).toMatchObject({ status: 0, stderr: "" });
    }
    const text = readFileSync(mapping, "utf8");
    const other = text.replace("Mimecast AV Virus Found", "Mimecast Virus");
    const quiet = other.replace(/("id": "health_ok".*?"category": )8006/, "$18052");
    writeFileSync(join(folder, mapping), quiet);
    const stale = ["events.csv", "mimecast-qradar-content.zip", "qids.txt", "rules.md"];
    expect(run(["--check"])).toMatchObject({
      status: 1,
      stderr: [...stale.map((file) => `config-examples/qradar/${file}`), "docs/qradar.md"]
        .map((file) => `${file} is out of date: run npm run qradar\n`)
        .join(""),
    });
    expect(run([]).status).toBe(0);
    expect(run(["--check"]).status).toBe(0);
  });
});

describe("the content", () => {
  test("maps every EventID and cat of the engine to the event's QID, and nothing else", () => {
    const pairs = eventPairs(MAPPING).map(({ event, cat }) => [pairKey(event.id, cat), event.name]);
    expect([...TYPE.qids].map(([key, qid]) => [key, qid.name])).toEqual(pairs);
    const names = new Set([...TYPE.qids.values()].map(({ name }) => name));
    expect(names.size).toBe(MAPPING.events.length);
  });

  test("gives QIDs the severity and category of the mapping, within QRadar's bounds", () => {
    for (const { event, cat } of eventPairs(MAPPING)) {
      const qid = TYPE.qids.get(pairKey(event.id, cat))!;
      expect(qid.severity).toBe(event.sev);
      expect(qid.lowLevelCategory).toBe(event.category);
      expect(qid.severity).toBeGreaterThanOrEqual(1);
      expect(qid.severity).toBeLessThanOrEqual(10);
      expect(qid.name.length).toBeLessThanOrEqual(255);
    }
  });

  test("says the same in qids.txt and events.csv", () => {
    const qids = readFileSync(join(FOLDER, "qids.txt"), "utf8").trimEnd().split("\n");
    const events = readFileSync(join(FOLDER, "events.csv"), "utf8").trimEnd().split("\n").slice(1);
    expect(qids).toHaveLength(MAPPING.events.length);
    expect(new Set(qids.map((line) => line.split(",")[1])).size).toBe(qids.length);
    for (const line of qids) expect(line).toMatch(/^,[^,]{1,255},[^,]{1,2048},([1-9]|10),\d{4,5}$/);
    const ofContent = [...TYPE.qids].map(([key, { name, severity, lowLevelCategory }]) =>
      [...key.split("\0"), name, severity, lowLevelCategory, categoryName(lowLevelCategory)].join(
        ",",
      ),
    );
    expect(events).toEqual(ofContent);
  });

  test("brings the properties that searches and rules use, those of IBM's dictionary by their id, and far fewer than there are attributes", () => {
    const properties = customProperties(MAPPING);
    const keys = new Set(MAPPING.attributes.map(({ key }) => key));
    for (const field of ["cat", "devTime", "src", "dst", "usrName"]) keys.delete(field);
    expect(new Set(properties.map(({ key }) => key))).toEqual(keys);
    expect(new Set(properties.map(({ name }) => name.toLowerCase())).size).toBe(keys.size);
    const inZip = properties.filter((property) => property.inZip);
    expect(TYPE.properties.map(({ id, name }) => [id, name])).toEqual(
      inZip.map(({ id, name }) => [id, name]),
    );
    const own = inZip.filter(({ shared }) => shared === null);
    expect(own.length).toBeLessThan(30);
    for (const { name } of own) expect(name).toMatch(/^Mimecast [A-Za-z0-9 ]+$/);
    for (const { key } of own.filter(({ forceparse }) => forceparse))
      expect(["messageId", "recipients", "sender"]).toContain(key);
    const used = new Set(searches(MAPPING).flatMap(({ aql }) => [...propertiesOf(parseAql(aql))]));
    for (const name of used) expect(inZip.map((each) => each.name)).toContain(name);
  });

  test("says the same in custom-properties.csv, with the key for expressions of the type LEEF", () => {
    const lines = readFileSync(join(FOLDER, "custom-properties.csv"), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("name,LEEF key,type,parse in advance,in the zip,regex,capture group");
    const cells = lines.slice(1).map((line) => line.split(","));
    const zipped = cells.filter((row) => row[4] === "yes");
    expect(
      zipped.map(([name, , type, early, , regex, group]) => [name, type, early, regex, group]),
    ).toEqual(
      TYPE.properties.map(({ name, type, forceparse, regex, captureGroup }) => [
        name,
        type,
        forceparse ? "yes" : "no",
        regex,
        String(captureGroup),
      ]),
    );
    for (const [, key, , , , regex] of cells) expect(regex).toContain(`]${key}=`);
  });

  test("packs the extension that is shipped", () => {
    expect(TYPE.extension).toBe(readFileSync(SHIPPED.extension, "utf8"));
  });

  test("has ids that are used once in each table", () => {
    for (const name of new Set(CONTENT.root.children.map((child) => child.name))) {
      if (name === "qradarversion") continue;
      const ids = childrenOf(CONTENT.root, name).map((node) => fieldsOf(node).id);
      expect(new Set(ids).size, name).toBe(ids.length);
    }
    const qids = childrenOf(CONTENT.root, "qidmap").map((node) => Number(fieldsOf(node).qid));
    expect(new Set(qids).size).toBe(qids.length);
    for (const qid of qids) expect(qid).toBeLessThan(2 ** 31);
  });

  test("is refused where a reference leads nowhere", () => {
    const xml = contentXml(MAPPING);
    const broken = xml.replace(/<qidmapid>\d+<\/qidmapid>/, "<qidmapid>1</qidmapid>");
    expect(() => readContent(broken)).toThrow("Cannot resolve qidmap 1");
    expect(() => readContent(xml.slice(0, -5))).toThrow(/unclosed|unexpected/);
  });
});

test("the zip holds the content, its manifest and its reports, without modes that would lock somebody out", async () => {
  const bytes = readFileSync(SHIPPED.content);
  const entries = await zipEntries(bytes, { strictNames: true });
  const rows = childrenOf(CONTENT.root, "report").map(fieldsOf);
  expect(rows.length).toBeGreaterThan(0);
  expect(entries.map(({ name }) => name)).toEqual([
    "mimecast-ContentExport.xml",
    "manifest.txt",
    ...rows.map(({ filedata }) => filedata),
  ]);
  expect(entries[0]!.content.toString("utf8")).toBe(contentXml(MAPPING));
  expect(entries[1]!.content.toString("utf8")).toBe(manifestText(TYPE_TITLE));
  const about = JSON.parse(readFileSync("package.json", "utf8"));
  expect(JSON.parse(manifestText(TYPE_TITLE)).doc.extension_manifest.version).toBe(about.version);
  // Central directory: made by FAT (0), external attributes none (APPNOTE 4.4.2, 4.4.15).
  for (let at = bytes.indexOf("PK\x01\x02"); at >= 0; at = bytes.indexOf("PK\x01\x02", at + 4)) {
    expect([bytes[at + 5], bytes.readUInt32LE(at + 38)]).toEqual([0, 0]);
  }
});
