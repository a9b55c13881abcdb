import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { categoryName } from "../../scripts/qradar/categories.ts";
import { contentXml } from "../../scripts/qradar/content_xml.ts";
import { customProperties } from "../../scripts/qradar/custom_properties.ts";
import { eventPairs, type Mapping, readMapping } from "../../scripts/qradar/mapping.ts";
import { outOfDate, qradarFiles } from "../../scripts/qradar_content.ts";
import { pairKey, readContent, SHIPPED, shippedContent } from "../support/qradar/content.ts";
import { childrenOf, fieldsOf, parseXml, type XmlNode } from "../support/qradar/xml.ts";
import { zipEntries } from "../support/zip_entries.ts";

const FOLDER = resolve("config-examples/qradar");
const MAPPING = readMapping();
const CONTENT = await shippedContent();

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
      Object.assign(attributes.at(-1)!, { key: "shortened" }),
    );
    expect(await outOfDate(qradarFiles(key), FOLDER)).toEqual([
      "custom-properties.csv",
      "mimecast-qradar-content.zip",
    ]);
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
    for (const part of ["scripts", "config-examples/qradar", mapping, "package.json"]) {
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
    writeFileSync(join(folder, mapping), text.replace("Mimecast AV Virus Found", "Mimecast Virus"));
    const stale = ["events.csv", "mimecast-qradar-content.zip", "qids.txt", "rules.md"];
    expect(run(["--check"])).toMatchObject({
      status: 1,
      stderr: stale
        .map((file) => `config-examples/qradar/${file} is out of date: run npm run qradar\n`)
        .join(""),
    });
    expect(run([]).status).toBe(0);
    expect(run(["--check"]).status).toBe(0);
  });
});

describe("the content", () => {
  test("maps every EventID and cat of the engine to the event's QID, and nothing else", () => {
    const pairs = eventPairs(MAPPING).map(({ event, cat }) => [pairKey(event.id, cat), event.name]);
    expect([...CONTENT.qids].map(([key, qid]) => [key, qid.name])).toEqual(pairs);
    const names = new Set([...CONTENT.qids.values()].map(({ name }) => name));
    expect(names.size).toBe(MAPPING.events.length);
  });

  test("gives QIDs the severity and category of the mapping, within QRadar's bounds", () => {
    for (const { event, cat } of eventPairs(MAPPING)) {
      const qid = CONTENT.qids.get(pairKey(event.id, cat))!;
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
    const ofContent = [...CONTENT.qids].map(([key, { name, severity, lowLevelCategory }]) =>
      [...key.split("\0"), name, severity, lowLevelCategory, categoryName(lowLevelCategory)].join(
        ",",
      ),
    );
    expect(events).toEqual(ofContent);
  });

  test("has a property for each attribute that QRadar has no field for, with a name of its own", () => {
    const keys = new Set(MAPPING.attributes.map(({ key }) => key));
    for (const field of ["cat", "devTime", "src", "dst", "usrName"]) keys.delete(field);
    const properties = customProperties(MAPPING);
    expect(new Set(properties.map(({ key }) => key))).toEqual(keys);
    expect(new Set(properties.map(({ name }) => name.toLowerCase())).size).toBe(keys.size);
    for (const { name } of properties) expect(name).toMatch(/^Mimecast [A-Za-z0-9 ]+$/);
    expect(CONTENT.properties.map(({ name }) => name)).toEqual(properties.map(({ name }) => name));
    expect(
      properties
        .filter(({ forceparse }) => forceparse)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(["messageId", "recipients", "sender", "sha256", "url"]);
  });

  test("says the same in custom-properties.csv", () => {
    const lines = readFileSync(join(FOLDER, "custom-properties.csv"), "utf8").trimEnd().split("\n");
    const rows = CONTENT.properties.map(({ name, type, forceparse, regex, captureGroup }) => {
      const key = /\]([A-Za-z0-9]+)=/.exec(regex)?.[1];
      return [name, key, type, forceparse ? "yes" : "no", regex, captureGroup].join(",");
    });
    expect(rows.join("")).not.toContain('"');
    expect(lines).toEqual(["name,key,type,parse in advance,regex,capture group", ...rows]);
  });

  test("packs the extension that is shipped", () => {
    expect(CONTENT.extension).toBe(readFileSync(SHIPPED.extension, "utf8"));
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

const EXPORT = "../shared/samples/qradar/extension/dsmoutput.txt-ContentExport.xml";
const SAMPLE = existsSync(EXPORT) ? parseXml(readFileSync(EXPORT, "utf8")) : null;
if (SAMPLE === null) process.stderr.write(`skipped: ${EXPORT} is not there\n`);

/** What is allowed in a table: every order of fields that the export has. */
function shapesOf(root: XmlNode): Map<string, Set<string>> {
  const shapes = new Map<string, Set<string>>();
  for (const { name, children } of root.children) {
    const shape = children.map((child) => child.name).join(" ");
    shapes.set(name, (shapes.get(name) ?? new Set()).add(shape));
  }
  return shapes;
}

describe.skipIf(SAMPLE === null)("the content beside a real export of QRadar", () => {
  test("has the same root, tables in the same order, and rows with the same fields in the same order", () => {
    const sample = SAMPLE!;
    expect(CONTENT.root.name).toBe(sample.name);
    const order = (root: XmlNode) => [...new Set(root.children.map(({ name }) => name))];
    const there = order(sample);
    expect(order(CONTENT.root)).toEqual(there.filter((name) => order(CONTENT.root).includes(name)));
    const real = shapesOf(sample);
    for (const [name, shapes] of shapesOf(CONTENT.root)) {
      for (const shape of shapes) expect(real.get(name), name).toContain(shape);
    }
    const left = there.filter((name) => !order(CONTENT.root).includes(name)).sort();
    expect(left).toEqual([
      "ariel_property_json_expression",
      "sensordevice",
      "sensorprotocol",
      "sensorprotocolconfig",
      "sensorprotocolconfigparameters",
    ]);
  });

  test("uses ids of protocols and pipes as the export does", () => {
    const real = childrenOf(SAMPLE!, "sensordeviceprotocols").map(
      (node) => fieldsOf(node).sensorprotocolid,
    );
    for (const node of childrenOf(CONTENT.root, "sensordeviceprotocols")) {
      expect(real).toContain(fieldsOf(node).sensorprotocolid);
    }
    const rates = (root: XmlNode) =>
      new Set(
        childrenOf(root, "qidmap")
          .map(fieldsOf)
          .map((row) =>
            [row.catpipename, row.ratelongwindow, row.rateshortwindow, row.rateinterval].join(" "),
          ),
      );
    for (const rate of rates(CONTENT.root)) expect([...rates(SAMPLE!)]).toContain(rate);
    const pipes = new Map(
      childrenOf(SAMPLE!, "qidmap")
        .map(fieldsOf)
        .map((row) => [row.lowlevelcategory!, row.catpipename]),
    );
    for (const row of childrenOf(CONTENT.root, "qidmap").map(fieldsOf)) {
      const pipe = pipes.get(row.lowlevelcategory!);
      if (pipe !== undefined) expect(row.catpipename).toBe(pipe);
    }
  });

  test("packs an extension with the elements and attributes of exported ones", () => {
    const real = parseXml(
      readFileSync("../shared/samples/qradar/lsx/neuvector_json_syslog.lsx.xml", "utf8"),
    );
    const own = parseXml(CONTENT.extension);
    expect([own.name, ...own.attributes]).toEqual([real.name, ...real.attributes]);
    const attributes = (root: XmlNode, name: string) => {
      const nodes = [
        ...childrenOf(root, name),
        ...childrenOf(root, "match-group").flatMap((group) => childrenOf(group, name)),
      ];
      return new Set(nodes.flatMap((node) => [...node.attributes.keys()]));
    };
    for (const name of ["pattern", "matcher", "event-match-multiple"]) {
      const known = attributes(real, name).add("ext-data");
      for (const attribute of attributes(own, name)) expect([...known], name).toContain(attribute);
    }
  });
});

test("the zip holds the content and nothing else", async () => {
  const entries = await zipEntries(readFileSync(SHIPPED.content), { strictNames: true });
  expect(entries.map(({ name }) => name)).toEqual(["mimecast-ContentExport.xml"]);
  expect(entries[0]!.content.toString("utf8")).toBe(contentXml(MAPPING));
});
