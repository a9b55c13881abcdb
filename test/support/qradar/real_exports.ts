import { existsSync, readFileSync } from "node:fs";
import { zipEntries } from "../zip_entries.ts";
import { parseXml, type XmlNode } from "./xml.ts";

/** A content export that a real console made. */
export interface RealExport {
  readonly name: ExportName;
  /** Names of the entries of its zip. */
  readonly entries: readonly string[];
  readonly root: XmlNode;
  /** The reports, which are files of their own. */
  readonly reports: readonly XmlNode[];
}

const FOLDER = "../shared/samples/qradar/exports";

/** By `contentManagement.pl` of 7.3.1 (every default rule), and by the DSM Editor of 7.4.2. */
const ZIPS = {
  console: "wiotp/wiotp-ContentExport-20180530135513.zip",
  vpc: "vpcflow/vpc.zip",
  insights: "netinsights/ni.zip",
} as const;

type ExportName = keyof typeof ZIPS;

/** Whether the exports are there: they are read, never copied into the project. */
export const HAVE_EXPORTS = existsSync(`${FOLDER}/${ZIPS.console}`);
if (!HAVE_EXPORTS) process.stderr.write(`skipped: ${FOLDER} is not there\n`);

/** The zip itself. */
export function exportFile(name: ExportName): Buffer {
  return readFileSync(`${FOLDER}/${ZIPS[name]}`);
}

/** Reads one of the exports, once. */
export function realExport(name: ExportName): Promise<RealExport> {
  const read = READ.get(name) ?? readExport(name);
  READ.set(name, read);
  return read;
}

const READ = new Map<ExportName, Promise<RealExport>>();

async function readExport(name: ExportName): Promise<RealExport> {
  const entries = await zipEntries(exportFile(name), { strictNames: true });
  const content = entries.find(({ name: file }) => file.endsWith(".xml") && !file.includes("/"));
  return {
    name,
    entries: entries.map(({ name: file }) => file),
    root: parseXml(content!.content.toString("utf8")),
    reports: reportsOf(entries),
  };
}

/** The reports of an export. */
export function reportsOf(
  entries: readonly { readonly name: string; readonly content: Buffer }[],
): XmlNode[] {
  return entries
    .filter(({ name }) => name.includes("/") && name.endsWith(".xml"))
    .map(({ content }) => parseXml(content.toString("utf8")));
}

/** All three. */
export function realExports(): Promise<RealExport[]> {
  return Promise.all((Object.keys(ZIPS) as ExportName[]).map(realExport));
}

/** Low-level categories, id -> name, of a list that is not the exports'. */
export function lowLevelCategories(): Map<number, string> {
  const lines = readFileSync(`${FOLDER}/low-level-categories.txt`, "utf8").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const match = /^(\d+) (.*?)(?: {2,}.*)?$/.exec(line);
      return match === null ? [] : [[Number(match[1]), match[2]!]];
    }),
  );
}
