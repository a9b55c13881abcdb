import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { between } from "./between.ts";
import { appTable } from "./qradar/app_views.ts";
import { categoriesTable } from "./qradar/categories_table.ts";
import { contentXml } from "./qradar/content_xml.ts";
import { CONTENT_FOLDER, contentZip } from "./qradar/content_zip.ts";
import { customPropertiesTable } from "./qradar/custom_properties.ts";
import { eventsTable } from "./qradar/events_table.ts";
import { logSourceExtension } from "./qradar/log_source_extension.ts";
import { type Mapping, readMapping } from "./qradar/mapping.ts";
import { pulseDashboard } from "./qradar/pulse_dashboard.ts";
import { qidsText } from "./qradar/qids.ts";
import { manifestText } from "./qradar/release.ts";
import { reportFiles } from "./qradar/report_rows.ts";
import { rulesText } from "./qradar/rule_rows.ts";
import { searches, searchText } from "./qradar/searches.ts";
import { TYPE_TITLE } from "./qradar/type_rows.ts";

/**
 * `npm run qradar`: writes config-examples/qradar/ and the tables of docs/qradar.md from the engine's mapping, and removes
 * from that folder what is not written; with `--check` names every file that is out of date, and exits with 1.
 */

/** Every file of config-examples/qradar/, by its path in there. */
export function qradarFiles(mapping: Mapping): Map<string, Buffer> {
  const texts: [string, string][] = [
    ["mimecast-leef.lsx.xml", logSourceExtension(mapping)],
    ["qids.txt", qidsText(mapping)],
    ["events.csv", eventsTable(mapping)],
    ["custom-properties.csv", customPropertiesTable(mapping)],
    ["pulse-mimecast.json", pulseDashboard(mapping)],
    ["rules.md", rulesText(mapping)],
    ...searches(mapping).map((search): [string, string] => [
      `searches/${search.file}.aql`,
      searchText(search),
    ]),
  ];
  return new Map([
    ...texts.map(([path, text]): [string, Buffer] => [path, Buffer.from(text)]),
    ["mimecast-qradar-content.zip", qradarZip(mapping)],
  ]);
}

/** The zip for Extensions Management. */
export function qradarZip(mapping: Mapping): Buffer {
  const reports = reportFiles(mapping, CONTENT_FOLDER);
  return contentZip(contentXml(mapping), manifestText(TYPE_TITLE), reports);
}

/** Paths of files that differ from what is wanted, are missing, or are there and not wanted. */
export async function outOfDate(
  wanted: ReadonlyMap<string, Buffer>,
  folder: string,
): Promise<string[]> {
  const there = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = there
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const stale = paths.filter((path) => !wanted.has(path));
  for (const [path, bytes] of wanted) {
    const current = await readFile(join(folder, path)).catch(() => null);
    if (current === null || !current.equals(bytes)) stale.push(path);
  }
  return stale.sort();
}

/** docs/qradar.md with its tables; throws where a mark is missing. */
export function qradarPage(page: string, mapping: Mapping): string {
  const categories = between(page, "categories", categoriesTable(mapping), PAGE);
  return between(categories, "app", appTable(mapping), PAGE);
}

const PAGE = "docs/qradar.md";
const FOLDER = fileURLToPath(new URL("../config-examples/qradar", import.meta.url));
const PAGE_PATH = fileURLToPath(new URL(`../${PAGE}`, import.meta.url));

async function main(check: boolean): Promise<number> {
  const mapping = readMapping();
  const wanted = qradarFiles(mapping);
  const stale = await outOfDate(wanted, FOLDER);
  const page = await readFile(PAGE_PATH, "utf8");
  const wantedPage = qradarPage(page, mapping);
  if (check) {
    const files = stale.map((path) => `config-examples/qradar/${path}`);
    if (page !== wantedPage) files.push(PAGE);
    for (const file of files) {
      process.stderr.write(`${file} is out of date: run npm run qradar\n`);
    }
    return files.length === 0 ? 0 : 1;
  }
  if (page !== wantedPage) await writeFile(PAGE_PATH, wantedPage);
  for (const path of stale) {
    const bytes = wanted.get(path);
    const file = join(FOLDER, path);
    if (bytes === undefined) {
      await rm(file);
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
