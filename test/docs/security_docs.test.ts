import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/security.md", ROOT), "utf8");

/** `| claim | \`test/…\`: name of the test |` */
const ROWS = [...PAGE.matchAll(/^\| [^|]+ \| `(test\/[^`]+)`(?:: (.+?))? \|$/gm)];

test("docs/security.md has a test for each claim", () => {
  const claims = PAGE.split("\n").filter((line) => /^\| (?!claim|---)/.test(line));
  expect(ROWS.length).toBeGreaterThan(20);
  expect(ROWS).toHaveLength(claims.length);
});

test("docs/security.md names tests that exist", () => {
  const missing = ROWS.filter(([, path, name]) => {
    const file = new URL(path!, ROOT);
    if (!existsSync(file)) {
      return true;
    }
    return name !== undefined && !readFileSync(file, "utf8").includes(`"${name}"`);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
});

test("docs/security.md links to pages that exist", () => {
  const links = [...PAGE.matchAll(/\]\(([^)#]+)/g)].map((match) => match[1]!);
  expect(links.length).toBeGreaterThan(1);
  expect(links.filter((link) => !existsSync(new URL(`docs/${link}`, ROOT)))).toEqual([]);
});
