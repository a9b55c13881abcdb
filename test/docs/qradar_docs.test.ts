import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { CATEGORY_IDS, categoryName } from "../../scripts/qradar/categories.ts";
import { EXTENSION_NAME, TYPE_TITLE } from "../../scripts/qradar/type_rows.ts";
import { parseAql } from "../support/qradar/aql.ts";
import { aqlProblems } from "../support/qradar/aql_check.ts";

const FILE = "docs/qradar.md";
const PAGE = readFileSync(FILE, "utf8");
const FOLDER = "config-examples/qradar";

describe("docs/qradar.md", () => {
  test("names every file that is shipped, and none that is not", () => {
    const shipped = readdirSync(FOLDER, { withFileTypes: true })
      .map((entry) => (entry.isDirectory() ? `${entry.name}/*.aql` : entry.name))
      .sort();
    const named = [...PAGE.matchAll(/^\| `([^`]+\.\w+)` \|/gm)].map((match) => match[1]!).sort();
    expect(named).toEqual(shipped);
    for (const [, search] of PAGE.matchAll(/`(searches\/\w+\.aql)`/g)) {
      expect(existsSync(join(FOLDER, search!)), search).toBe(true);
    }
  });

  test("has links that lead somewhere", () => {
    const headings = [...PAGE.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const [, target] of PAGE.matchAll(/\]\(([^)]+)\)/g)) {
      const [path, heading] = target!.split("#") as [string, string?];
      if (path !== "") expect(existsSync(join(dirname(FILE), path)), target).toBe(true);
      else expect(headings).toContain(heading);
    }
  });

  test("has a first search that needs no custom property", () => {
    const query = /^```sql\n(.*)\n```$/m.exec(PAGE)![1]!;
    expect(aqlProblems(parseAql(query), new Set())).toEqual([]);
  });

  test("uses the names of the content", () => {
    expect(PAGE).toContain(`*${TYPE_TITLE}*`);
    expect(PAGE).toContain(`*${EXTENSION_NAME}*`);
    const pattern = /grep -E '([^']+)'/.exec(PAGE)![1]!;
    const found = CATEGORY_IDS.map(categoryName).filter((name) => new RegExp(pattern).test(name));
    expect(found).toHaveLength(5);
  });
});
