import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/contributors/security-tests.md", ROOT), "utf8");

/** `| claim | \`test/…\`: name of the test |` */
const ROWS = [...PAGE.matchAll(/^\| [^|]+ \| `(test\/[^`]+)`(?:: (.+?))? \|$/gm)];

test("docs/contributors/security-tests.md has a test for each claim", () => {
  const claims = PAGE.split("\n").filter((line) => /^\| (?!claim|---)/.test(line));
  expect(ROWS.length).toBeGreaterThan(20);
  expect(ROWS).toHaveLength(claims.length);
});

test("docs/contributors/security-tests.md names tests that exist", () => {
  const missing = ROWS.filter(([, path, name]) => {
    const file = new URL(path!, ROOT);
    if (!existsSync(file)) {
      return true;
    }
    return name !== undefined && !readFileSync(file, "utf8").includes(`"${name}"`);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
});
