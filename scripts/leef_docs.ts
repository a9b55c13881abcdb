import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { attributesTable } from "./leef/attributes_table.ts";
import { eventsTable } from "./leef/events_table.ts";
import { seenNames } from "./leef/seen_names.ts";
import { readMapping } from "./qradar/mapping.ts";

/** `npm run leef`: writes the tables of the LEEF line from the engine's mapping; with `--check` fails where one is out of date. */

const pathOf = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

async function main(check: boolean): Promise<number> {
  const mapping = readMapping();
  const wanted = [
    ["docs/leef-events.csv", eventsTable(mapping)],
    ["docs/leef-attributes.csv", attributesTable(mapping, seenNames())],
  ] as const;
  for (const [file, text] of wanted) {
    if (!check) await writeFile(pathOf(file), text);
    else if ((await readFile(pathOf(file), "utf8").catch(() => "")) !== text) {
      process.stderr.write(`${file} is out of date: run npm run leef\n`);
      return 1;
    }
  }
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
