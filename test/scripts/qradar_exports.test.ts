import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { customProperties } from "../../scripts/qradar/custom_properties.ts";
import { readMapping } from "../../scripts/qradar/mapping.ts";
import { manifestText } from "../../scripts/qradar/release.ts";
import { OFFENSE_BY } from "../../scripts/qradar/rules.ts";
import { TYPE_NAME, TYPE_TITLE } from "../../scripts/qradar/type_rows.ts";
import { onlyType, readContent, SHIPPED, shippedContent } from "../support/qradar/content.ts";
import {
  byCommandLine,
  byExtensionsManagement,
  emptyConsole,
} from "../support/qradar/content_import.ts";
import { readExtension } from "../support/qradar/extension.ts";
import {
  exportFile,
  HAVE_EXPORTS,
  realExport,
  realExports,
  reportsOf,
} from "../support/qradar/real_exports.ts";
import { rulesOf } from "../support/qradar/rules.ts";
import { childrenOf, fieldsOf, parseXml, type XmlNode } from "../support/qradar/xml.ts";
import { zipEntries } from "../support/zip_entries.ts";

/** Our content held against what real consoles wrote: nothing here is typed in from them. */

const CONTENT = await shippedContent();
const MAPPING = readMapping();

const tablesOf = (root: XmlNode): Set<string> => new Set(root.children.map(({ name }) => name));
const rowsOf = (root: XmlNode, table: string) => childrenOf(root, table).map(fieldsOf);

/** What a value looks like, where a table does not list its values. */
function domainOf(value: string): string {
  if (/^(true|false)$/.test(value)) return "truth";
  if (/^-?\d+$/.test(value)) return "number";
  return value === "" ? "empty" : "text";
}

/** Columns whose values are a small set in every console: ours must be among them. */
const ENUMERATED: Readonly<Record<string, readonly string[]>> = {
  qidmap: ["catpipename", "ratelongwindow", "rateshortwindow", "rateinterval", "reverseip"],
  dsmevent: ["credibility", "unravelevent", "routepoint", "customevent"],
  device_ext: ["use_condition", "enabled"],
  sensordevicecategory: ["categoryname", "categorydescription"],
  sensordevicetype: ["devicetypecredibility", "devicetypeoverride", "mask", "defaultlanguageid"],
  sensordeviceprotocols: ["sensorprotocolid", "documented"],
  ariel_regex_property: ["propertytype", "database", "tenant_id", "username", "deprecated"],
  ariel_property_expression: ["propertybase", "rank", "deviceid", "qid", "category", "enabled"],
  custom_rule: ["rule_type", "origin"],
  customviewparams: ["shared", "reclimit", "interval", "database", "username", "itemname_id"],
  dashboard: ["is_template", "is_default", "is_for_everyone"],
};

/** Keys of a report whose values are ours: texts, ids, a date, a number of rows. */
const FREE = /[tT]itle$|subtitle|Description|descrition|Date$|Id$|ID$|^name$|topNNumber/;

describe.skipIf(!HAVE_EXPORTS)("the zip beside real exports", () => {
  test("the stand-in loads all of them: references, extensions, rules", async () => {
    for (const { root, name } of await realExports()) {
      const content = readContent(exportText(root));
      expect(content.types.length, name).toBeGreaterThan(0);
      for (const { extension } of content.types) {
        if (extension !== null) expect(readExtension(extension).read("")).toEqual(new Map());
      }
      const custom = content.types.filter((type) => type.extension !== null && type.qids.size > 0);
      expect(custom.length, name).toBeGreaterThan(0);
    }
    expect(rulesOf((await realExport("console")).root).length).toBe(328);
  });

  test("the stand-in imports them as they were made: by hand, and those with a manifest as extensions", async () => {
    for (const { name, entries } of await realExports()) {
      await byCommandLine(emptyConsole(), exportFile(name), "import");
      const added = byExtensionsManagement(emptyConsole(), exportFile(name), { overwrite: true });
      if (entries.includes("manifest.txt")) await expect(added).resolves.toBeUndefined();
      else await expect(added).rejects.toThrow("manifest.txt must be in the zip");
    }
  });

  test("has only tables that they have, and rows with all fields that each of theirs has, and no other", async () => {
    const exports = await realExports();
    const roots = exports.map(({ root }) => root);
    for (const table of tablesOf(CONTENT.root)) {
      if (table === "qradarversion") continue;
      // Of the newest that has such rows: fields came with releases.
      const newest = [...roots].reverse().find((root) => tablesOf(root).has(table))!;
      expect(newest, table).toBeDefined();
      const real = rowsOf(newest, table).map((row) => Object.keys(row));
      const allowed = new Set(roots.flatMap((root) => rowsOf(root, table)).flatMap(Object.keys));
      const required = [...allowed].filter((key) => real.every((keys) => keys.includes(key)));
      for (const row of rowsOf(CONTENT.root, table)) {
        for (const key of required) expect(Object.keys(row), table).toContain(key);
        for (const key of Object.keys(row)) expect([...allowed], table).toContain(key);
      }
    }
  });

  test("has values of the kinds that they have, and of small sets only those", async () => {
    const roots = (await realExports()).map(({ root }) => root);
    for (const table of tablesOf(CONTENT.root)) {
      if (table === "qradarversion") continue;
      const real = roots.flatMap((root) => rowsOf(root, table));
      for (const row of rowsOf(CONTENT.root, table)) {
        for (const [key, value] of Object.entries(row)) {
          const theirs = real.flatMap((each) => (each[key] === undefined ? [] : [each[key]]));
          expect(new Set(theirs.map(domainOf)), `${table}.${key} ${value}`).toContain(
            domainOf(value),
          );
          if (ENUMERATED[table]?.includes(key)) expect(theirs, `${table}.${key}`).toContain(value);
        }
      }
    }
  });

  test("begins its QIDs with the two records and mappings of every custom type", async () => {
    const base = (root: XmlNode, type: string) => {
      const { id, devicetypedescription } = rowsOf(root, "sensordevicetype").find(
        ({ devicetypename }) => devicetypename === type,
      )!;
      const qids = new Map(rowsOf(root, "qidmap").map((row) => [row.id, row]));
      const rows = rowsOf(root, "dsmevent").filter(
        ({ devicetypeid, customevent }) => devicetypeid === id && customevent === "false",
      );
      const first = Math.min(...rows.map(({ qidmapid }) => Number(qids.get(qidmapid)!.qid)));
      return rows
        .map(({ deviceeventcategory, deviceeventid, routepoint, credibility, qidmapid }) => {
          const { qid, qname, qdescription, lowlevelcategory, severity, catpipename } =
            qids.get(qidmapid)!;
          const texts = [qname, qdescription].map((text) =>
            text!.replace(devicetypedescription!, "TYPE"),
          );
          const key = [deviceeventid, deviceeventcategory, routepoint, credibility];
          return [
            ...key,
            Number(qid) - first,
            ...texts,
            lowlevelcategory,
            severity,
            catpipename,
          ].join(" | ");
        })
        .sort();
    };
    const { root } = await realExport("insights");
    expect(base(CONTENT.root, TYPE_NAME)).toEqual(
      base(root, "IBMCloudSecurityNetworkInsightsCustom"),
    );
    const own = rowsOf(CONTENT.root, "sensordevicetype")[0]!;
    expect(own.devicetypename).toMatch(/^[A-Za-z]+Custom$/);
    expect(onlyType(CONTENT).title).toBe(TYPE_TITLE);
    expect(rowsOf(CONTENT.root, "device_ext")[0]!.name).toBe(`${own.devicetypename}_ext`);
  });

  test("fills properties of IBM's dictionary by ids, names and settings that a console has", async () => {
    const real = new Map(
      rowsOf((await realExport("console")).root, "ariel_regex_property").map((row) => [
        row.id,
        row,
      ]),
    );
    const shared = customProperties(MAPPING).filter((property) => property.shared !== null);
    expect(shared.length).toBeGreaterThan(4);
    for (const { id, name, type, forceparse, shared: property } of shared) {
      expect(real.get(id)).toMatchObject({
        propertyname: name,
        propertytype: type,
        forceparse: String(forceparse),
        description: property!.description,
      });
    }
    const names = new Set(
      [...real.values()].map(({ propertyname }) => propertyname!.toLowerCase()),
    );
    for (const { name, shared: property } of customProperties(MAPPING))
      if (property === null) expect(names).not.toContain(name.toLowerCase());
  });

  test("has rules made of elements, attributes and choices of parameters that real rules have", async () => {
    const real = shapesOf((await realExport("console")).root);
    for (const shape of shapesOf(CONTENT.root)) expect([...real]).toContain(shape);
    const kinds = rowsOf((await realExport("console")).root, "offense_type").map(
      ({ default_label, id, limiter_string }) => [default_label, id, limiter_string].join(" "),
    );
    for (const [name, { id, limiter }] of Object.entries(OFFENSE_BY))
      expect(kinds).toContain(`${name.replace("Log Source", "Device")} ${id} ${limiter}`);
  });

  test("has reports made of the parts of the one that shows a search in AQL", async () => {
    const { root, reports } = await realExport("console");
    const aql = rowsOf(root, "customviewparams")
      .filter(({ queryparams }) => Buffer.from(queryparams!, "base64").includes("aqlLines"))
      .map(({ id }) => id!);
    const texts = (node: XmlNode): string[] => [node.text, ...node.children.flatMap(texts)];
    const real = reports.filter((report) => texts(report).some((text) => aql.includes(text)));
    expect(real.length).toBeGreaterThan(0);
    const known = new Set(real.flatMap((report) => [...beanShapes(report)]));
    const charts = "property charts/array com.q1labs.reporting.Chart/";
    const [some, ...others] = reports
      .map(beanShapes)
      .filter((shapes) => [...shapes].every((shape) => !shape.includes("QVM")));
    const required = [...some!].filter((shape) => others.every((other) => other.has(shape)));
    expect(required.length).toBeGreaterThan(20);
    const own = reportsOf(await zipEntries(readFileSync(SHIPPED.content), { strictNames: true }));
    const saved = rowsOf(CONTENT.root, "customviewparams").map(({ id }) => id);
    for (const report of own) {
      const shapes = beanShapes(report);
      expect([...shapes].filter((shape) => shape.includes(charts))).not.toEqual([]);
      for (const shape of shapes) expect([...known]).toContain(shape);
      for (const shape of required) expect([...shapes]).toContain(shape);
      for (const id of searchesOf(report)) expect(saved).toContain(id);
      expect(searchesOf(report).length).toBe(4);
    }
    expect(own.length).toBe(rowsOf(CONTENT.root, "report").length);
  });

  test("has a manifest with the keys of theirs", () => {
    const keys = (value: unknown, path = ""): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}.${key}`))
        : [path];
    const real = readFileSync("../shared/samples/qradar/exports/netinsights/manifest.txt", "utf8");
    expect(keys(JSON.parse(manifestText(TYPE_TITLE))).sort()).toEqual(
      keys(JSON.parse(real)).sort(),
    );
  });
});

/** Every element of every rule with its attributes' names; of a test also its class, group and number, of a list its options. */
function shapesOf(root: XmlNode): Set<string> {
  const shapes = new Set<string>();
  const visit = (node: XmlNode, path: string): void => {
    const names = [...node.attributes.keys()].sort().join(" ");
    const known = ["test", "option", "userOptions"].includes(node.name)
      ? [...node.attributes]
          .filter(([key]) => !["uid", "negate", "requiredCapabilities"].includes(key))
          .sort()
      : [];
    const here = `${path}/${node.name} ${node.name === "test" ? "" : names} ${JSON.stringify(known)}`;
    shapes.add(here);
    const inside = node.name === "test" ? `test ${node.attributes.get("name")}` : node.name;
    for (const child of node.children) visit(child, inside);
  };
  for (const row of rowsOf(root, "custom_rule"))
    visit(parseXml(Buffer.from(row.rule_data!, "base64").toString("utf8")), "");
  return shapes;
}

/** Every property, key and class of a bean by its path, with its value where it is a word of QRadar's. */
function beanShapes(root: XmlNode): Set<string> {
  const shapes = new Set<string>();
  const visit = (node: XmlNode, path: string, free: boolean): void => {
    const { property, method, class: type } = Object.fromEntries(node.attributes);
    const isPut = node.name === "void" && method === "put";
    const key = isPut ? node.children[0]!.text : property;
    const name = key?.replace(/^\d+$/, "N");
    const label = [node.name, type, name].filter((part) => part !== undefined).join(" ");
    const here = `${path}/${node.name === "void" ? `property ${name ?? "N"}` : label}`;
    const own = free || (key !== undefined && FREE.test(key));
    const value = own || /^(int|long)$/.test(node.name) ? "" : node.text.trim();
    shapes.add(`${here} ${value}`);
    for (const child of isPut ? node.children.slice(1) : node.children) {
      // The second of two charts names the enumeration that the first one has.
      const isAgain = child.attributes.get("idref")?.startsWith("ChartType") ?? false;
      if (!isAgain) visit(child, here, own);
    }
  };
  visit(root, "", false);
  return shapes;
}

/** The saved searches that the charts of a report, and its wizard, name. */
function searchesOf(node: XmlNode): string[] {
  const [first, second] = node.children;
  if (node.attributes.get("property") === "customViewParamId") return [first!.text];
  if (first?.text === "arielQueryID") return [second!.text];
  return node.children.flatMap(searchesOf);
}

/** The text of an export whose nodes were read already. */
function exportText(root: XmlNode): string {
  const escaped = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const text = ({ name, children, text: own }: XmlNode): string =>
    `<${name}>${children.length === 0 ? escaped(own) : children.map(text).join("")}</${name}>`;
  return text(root);
}

const LSX = "../shared/samples/qradar/lsx/neuvector_json_syslog.lsx.xml";

describe.skipIf(!existsSync(LSX))("the extension beside real ones", () => {
  test("has their root and attributes", async () => {
    const real = [
      parseXml(readFileSync(LSX, "utf8")),
      parseXml(
        readContent(exportText((await realExport("insights")).root)).types.find(
          ({ extension }) => extension !== null,
        )!.extension!,
      ),
    ];
    const own = parseXml(readFileSync(SHIPPED.extension, "utf8"));
    expect([own.name, ...own.attributes]).toEqual([real[0]!.name, ...real[0]!.attributes]);
    const attributes = (root: XmlNode, name: string) => {
      const nodes = [root, ...childrenOf(root, "match-group")].flatMap((node) =>
        childrenOf(node, name),
      );
      return new Set(nodes.flatMap((node) => [...node.attributes.keys()]));
    };
    for (const name of ["pattern", "matcher", "event-match-multiple"]) {
      const known = new Set(real.flatMap((root) => [...attributes(root, name)])).add("ext-data");
      for (const attribute of attributes(own, name)) expect([...known], name).toContain(attribute);
    }
  });
});
