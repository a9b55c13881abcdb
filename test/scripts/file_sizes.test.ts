import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MOST_LINES = 250;
/** Written by a script. */
const GENERATED = ["engine/tables.ts"];

test.each(["plugin", "scripts"])(
  "no file of %s/ has more lines than one can keep in mind",
  (root) => {
    const folder = new URL(`../../${root}/`, import.meta.url);
    const names = readdirSync(fileURLToPath(folder), { recursive: true, encoding: "utf8" });
    const sizes = names
      .filter((name) => /\.(ts|mjs|cjs)$/.test(name) && !GENERATED.includes(name))
      .map(
        (name) =>
          [name, readFileSync(new URL(name, folder), "utf8").split("\n").length - 1] as const,
      );
    expect(sizes.length).toBeGreaterThan(20);
    expect(sizes.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
  },
);
