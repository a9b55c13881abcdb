import { zipEntries } from "../zip_entries.ts";
import { fieldsOf, parseXml } from "./xml.ts";

/** The release of a console, as "qradarversion" of an export says it. */
export type Release =
  | "7.3.1.20180202182152"
  | "2020.7.0.20201113144954"
  | "2021.6.10.20241008193358";

/** What a console holds: table -> identity of a row -> the row. */
export interface Holdings {
  readonly release: Release;
  readonly tables: Map<string, Map<string, Record<string, string>>>;
  /** Extensions that Extensions Management has: name -> version. */
  readonly extensions: Map<string, string>;
}

/** A console before its first import. */
export function emptyConsole(release: Release = "2021.6.10.20241008193358"): Holdings {
  return { release, tables: new Map(), extensions: new Map() };
}

/** The command line: root's, on the console itself. */
export type CliAction = "import" | "update";

/**
 * `contentManagement.pl -a import|update -f FILE`. Takes a zip with or without a manifest, or the XML alone; refuses content of
 * a later release than the console's. `import` adds only what is not there, `update` changes what is (IBM's guide, "Content
 * management script parameters", "Importing content", "Updating content").
 */
export async function byCommandLine(
  console: Holdings,
  file: Buffer,
  action: CliAction,
): Promise<void> {
  const { xml } = await contentOf(file);
  take(console, xml, action === "update");
}

/**
 * Admin > Extensions Management, or its REST interface. Takes a zip with `manifest.txt` only; refuses one whose manifest is
 * incomplete or wants a later release, and a version that is there already (REST reference: 422 22616, 412 22619, 409 22613).
 * What is there is overwritten or kept, as the administrator chooses (`overwrite` of REST).
 */
export async function byExtensionsManagement(
  console: Holdings,
  file: Buffer,
  choice: { readonly overwrite: boolean },
): Promise<void> {
  const { name, version, xml } = await readUpload(console, file);
  take(console, xml, choice.overwrite);
  console.extensions.set(name, version);
}

/** An extension file that a console has accepted. */
export interface Upload {
  readonly name: string;
  readonly version: string;
  readonly xml: string;
}

/** What a console looks at before it takes a file into its list; what it refuses is thrown. */
export async function readUpload(
  console: Pick<Holdings, "release" | "extensions">,
  file: Buffer,
): Promise<Upload> {
  const { xml, manifest } = await contentOf(file);
  if (manifest === null) throw new Error("Cannot add extension: manifest.txt must be in the zip");
  const about = JSON.parse(manifest)?.doc?.extension_manifest ?? {};
  const texts = about.locale?.["en-US"] ?? {};
  const name = texts[about.extension_name];
  for (const [key, value] of Object.entries({
    name,
    version: about.version,
    by: about.authored_by,
  })) {
    if (typeof value !== "string" || value === "")
      throw new Error(`Cannot add extension: the manifest must have a ${key}`);
  }
  if (isLater(about.min_qradar_version, console.release))
    throw new Error(`Cannot add extension: it wants QRadar ${about.min_qradar_version}`);
  if (console.extensions.get(name) === about.version)
    throw new Error(`Cannot add extension: version ${about.version} is there already`);
  return { name, version: about.version, xml };
}

/** A zip by its signature, else the XML itself. Reports are files of their own, which rows name (exports of 7.3.1). */
async function contentOf(file: Buffer): Promise<{ xml: string; manifest: string | null }> {
  if (file.subarray(0, 2).toString() !== "PK") {
    checkFiles(file.toString(), new Set());
    return { xml: file.toString(), manifest: null };
  }
  const entries = await zipEntries(file, { strictNames: true });
  const text = (wanted: (name: string) => boolean): string | null =>
    entries.find(({ name }) => wanted(name))?.content.toString() ?? null;
  const xml = text((name) => name.endsWith(".xml") && !name.includes("/"));
  if (xml === null) throw new Error("Cannot import: there must be a content export in the zip");
  checkFiles(xml, new Set(entries.map(({ name }) => name)));
  return { xml, manifest: text((name) => name === "manifest.txt") };
}

function checkFiles(xml: string, names: ReadonlySet<string>): void {
  for (const [, file] of xml.matchAll(/<filedata>([^<]*)<\/filedata>/g)) {
    if (!names.has(file!)) throw new Error(`Cannot import: "${file}" must be in the zip`);
  }
}

/** What an import does to one row. */
export type RowAction = "ADD" | "OVERWRITE" | "SKIP";

/** Imports an export; with `dryRun` only says what it would do, row by row. */
export function take(
  console: Holdings,
  xml: string,
  overwrite: boolean,
  dryRun = false,
): { readonly table: string; readonly key: string; readonly action: RowAction }[] {
  const root = parseXml(xml);
  const version = root.children.find(({ name }) => name === "qradarversion")?.text ?? "";
  if (root.name !== "content" || version === "")
    throw new Error("Cannot import: the file must be a content export");
  if (isLater(version, console.release))
    throw new Error(`Cannot import: content of ${version} does not go into ${console.release}`);
  return root.children
    .filter(({ name }) => name !== "qradarversion")
    .map((node) => {
      const row = fieldsOf(node);
      const table = console.tables.get(node.name) ?? new Map();
      const key = row.uuid ?? `id ${row.id}`;
      const action = table.has(key) ? (overwrite ? "OVERWRITE" : "SKIP") : "ADD";
      if (!dryRun && action !== "SKIP") {
        console.tables.set(node.name, table);
        table.set(key, row);
      }
      return { table: node.name, key, action };
    });
}

/** Releases are "7.3.1…", then "2020.7…": compared number by number. */
function isLater(wanted: unknown, release: string): boolean {
  const [a, b] = [String(wanted), release].map((text) => text.split(".").map(Number));
  const at = a!.findIndex((part, index) => part !== b![index]);
  return at >= 0 && a![at]! > (b![at] ?? 0);
}

/** The holdings as an export of them: what the console would show. */
export function exportOf({ release, tables }: Holdings): string {
  const rows = [...tables].flatMap(([name, rows]) =>
    [...rows.values()].map((row) => {
      const cells = Object.entries(row).map(([key, text]) => `<${key}>${escaped(text)}</${key}>`);
      return `<${name}>${cells.join("")}</${name}>`;
    }),
  );
  return `<content><qradarversion>${release}</qradarversion>${rows.join("\n")}</content>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
