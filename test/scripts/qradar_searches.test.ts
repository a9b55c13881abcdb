import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { customProperties } from "../../scripts/qradar/custom_properties.ts";
import { type Mapping, readMapping } from "../../scripts/qradar/mapping.ts";
import { rulesText } from "../../scripts/qradar/rule_rows.ts";
import { searches } from "../../scripts/qradar/searches.ts";
import { parseAql } from "../support/qradar/aql.ts";
import { aqlProblems, propertiesOf } from "../support/qradar/aql_check.ts";
import { goldenLines } from "../support/qradar/golden_lines.ts";

const FOLDER = "config-examples/qradar";
const MAPPING = readMapping();
const PROPERTIES = new Set(
  customProperties(MAPPING)
    .filter(({ inZip }) => inZip)
    .map(({ name }) => name),
);
const FILES = readdirSync(`${FOLDER}/searches`);

/** The query of a file: what follows the two comment lines. */
function queryOf(file: string): string {
  const [title, purpose, query, ...rest] = readFileSync(`${FOLDER}/searches/${file}`, "utf8").split(
    "\n",
  );
  expect(title).toMatch(/^-- Mimecast: \S/);
  expect(purpose).toMatch(/^-- [A-Z].*\.$/);
  expect(rest).toEqual([""]);
  return query!;
}

/** The texts that a query looks for in the payload with one EventID each. */
function idsIn(query: string): string[] {
  return [...query.matchAll(/ILIKE '%\|([^']+)\|%'/g)].map((match) => match[1]!);
}

describe("searches", () => {
  test.each(FILES)("%s is AQL that uses known fields, functions and properties", (file) => {
    const query = parseAql(queryOf(file));
    expect(aqlProblems(query, PROPERTIES)).toEqual([]);
    const text = readFileSync(`${FOLDER}/searches/${file}`, "utf8");
    expect(text.includes("Needs the custom properties")).toBe(propertiesOf(query).size > 0);
  });

  test("of EventIDs find golden lines: each id that they look for is in one", () => {
    const lines = goldenLines().map(({ text }) => text);
    const ids = FILES.flatMap((file) => idsIn(queryOf(file)));
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids)
      expect(
        lines.some((line) => line.includes(`|${id}|`)),
        id,
      ).toBe(true);
  });

  test("have titles of their own, and at least those that the guide names", () => {
    const titles = searches(MAPPING).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const file of [
      "events_by_type",
      "threats",
      "held_mail",
      "duplicates",
      "collection_silence",
    ]) {
      expect(FILES).toContain(`${file}.aql`);
    }
  });
});

describe.each([
  ["searches", (mapping: Mapping) => searches(mapping)],
  ["rules", (mapping: Mapping) => rulesText(mapping)],
])("%s", (_name, write) => {
  test("are refused when an EventID that they name is gone", () => {
    const mapping = structuredClone(MAPPING);
    Object.assign(mapping.events.find(({ id }) => id === "audit_logon_failed")!, { id: "other" });
    expect(() => write(mapping)).toThrow('"audit_logon_failed" must be an event of the mapping');
  });
});

/** Every path of keys in a value; list items are alike. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, `${path}.${key}`));
}

describe("pulse-mimecast.json", () => {
  const dashboard = JSON.parse(readFileSync(`${FOLDER}/pulse-mimecast.json`, "utf8"));
  const items: {
    id: string;
    uuid: string;
    name: string;
    query: { queryVal: string };
    view_definitions: {
      list: { id: string; params: { series: { querydata: Record<string, unknown> }[] } }[];
    };
  }[] = dashboard.items.list;
  const views: {
    id: string;
    params: { layout: Record<string, number | string> };
    view_definition: { id: string };
  }[] = dashboard.dashboards.list[0].views.list;

  test.each(items)(
    "$name runs without custom properties and shows columns that its query has",
    ({ query, view_definitions }) => {
      const parsed = parseAql(query.queryVal);
      expect(aqlProblems(parsed, new Set())).toEqual([]);
      const columns = parsed.select.map(
        ({ value, alias }) => alias ?? (value.kind === "field" ? value.name : ""),
      );
      for (const { querydata } of view_definitions.list[0]!.params.series) {
        for (const axis of ["xAxis", "yAxis"]) {
          if (querydata[axis] !== undefined) expect(columns).toContain(querydata[axis]);
        }
      }
    },
  );

  test("has ids that are used once, and views that lead to a definition", () => {
    const definitions = items.flatMap((item) => item.view_definitions.list.map(({ id }) => id));
    const ids = [...items.map(({ id }) => id), ...definitions, ...views.map(({ id }) => id)];
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(items.map(({ uuid }) => uuid)).size).toBe(items.length);
    expect(views.map(({ view_definition }) => view_definition.id)).toEqual(definitions);
    for (const { id, params } of views) expect(params.layout.i).toBe(id);
  });

  test("lays its widgets side by side", () => {
    const cells = views.flatMap(({ params: { layout } }) => {
      const [x, y, w, h] = ["x", "y", "w", "h"].map((key) => Number(layout[key])) as [
        number,
        number,
        number,
        number,
      ];
      expect(x + w).toBeLessThanOrEqual(12);
      return Array.from(
        { length: w * h },
        (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`,
      );
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  const SAMPLES = "../shared/samples/qradar/pulse";
  const there = existsSync(SAMPLES);
  if (!there) process.stderr.write(`skipped: ${SAMPLES} is not there\n`);
  test.skipIf(!there)("has no key that real exports lack", () => {
    const known = new Set(
      readdirSync(SAMPLES).flatMap((file) =>
        pathsOf(JSON.parse(readFileSync(`${SAMPLES}/${file}`, "utf8"))),
      ),
    );
    expect(pathsOf(dashboard).filter((path) => !known.has(path))).toEqual([]);
  });
});
