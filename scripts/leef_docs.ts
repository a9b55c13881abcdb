import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { between } from "./between.ts";
import { attributesTable } from "./leef/attributes_table.ts";
import { eventsTable } from "./leef/events_table.ts";
import { seenNames } from "./leef/seen_names.ts";
import { type Mapping, readMapping } from "./qradar/mapping.ts";

/**
 * `npm run leef`: writes the events of docs/leef.md between their marks, and docs/leef-attributes.csv, from the engine's
 * mapping; with `--check` fails where one is out of date.
 */

const PAGE = "docs/leef.md";
const ATTRIBUTES = "docs/leef-attributes.csv";

/** The page with the events of this mapping. */
export function withEvents(page: string, mapping: Mapping): string {
  return between(page, "events", eventsTable(mapping), PAGE);
}

const pathOf = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

async function main(check: boolean): Promise<number> {
  const mapping = readMapping();
  const page = await readFile(pathOf(PAGE), "utf8");
  const wanted = [
    [PAGE, withEvents(page, mapping)],
    [ATTRIBUTES, attributesTable(mapping, seenNames())],
  ] as const;
  for (const [file, text] of wanted) {
    if (!check) await writeFile(pathOf(file), text);
    else if ((await readFile(pathOf(file), "utf8")) !== text) {
      process.stderr.write(`${file} is out of date: run npm run leef\n`);
      return 1;
    }
  }
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
