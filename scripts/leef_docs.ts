import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { between } from "./config_docs.ts";
import { attributesTable } from "./leef/attributes_table.ts";
import { eventsTable } from "./leef/events_table.ts";
import { type SeenNames, seenNames } from "./leef/seen_names.ts";
import { type Mapping, readMapping } from "./qradar/mapping.ts";

/**
 * `npm run leef`: writes the tables of docs/leef.md between their marks from the engine's mapping; with `--check` fails
 * where the page is out of date.
 */

const FILE = "docs/leef.md";
const PATH = fileURLToPath(new URL(`../${FILE}`, import.meta.url));

/** The page with the tables of this mapping. */
export function withLeefTables(page: string, mapping: Mapping, seen: SeenNames): string {
  const withEvents = between(page, "events", eventsTable(mapping), FILE);
  return between(withEvents, "attributes", attributesTable(mapping, seen), FILE);
}

async function main(check: boolean): Promise<number> {
  const page = await readFile(PATH, "utf8");
  const wanted = withLeefTables(page, readMapping(), seenNames());
  if (!check) {
    await writeFile(PATH, wanted);
    return 0;
  }
  if (page === wanted) return 0;
  process.stderr.write(`${FILE} is out of date: run npm run leef\n`);
  return 1;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
