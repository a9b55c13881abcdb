import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { REGIONS } from "../plugin/client/regions.ts";
import { between } from "./between.ts";
import { configJsonSchema } from "./config_schema.ts";

/**
 * Writes the tables of docs/configuration.md between their marks: the keys from the JSON Schema, the regions from
 * plugin/client/regions.ts; with `--check` fails where the page is out of date.
 */

type Schema = z.core.JSONSchema.BaseSchema;

/** One row a key, grouped by the mapping that holds it; mappings with the same keys share a table. */
export function keyTables(root: Schema): string {
  const titles = new Map<string, string[]>();
  collect(root, "", titles);
  const head = "| key | value | default | meaning |\n| --- | --- | --- | --- |";
  return [...titles]
    .map(([rows, paths]) => `### ${paths.join(", ")}\n\n${head}\n${rows}\n`)
    .join("\n");
}

function collect(schema: Schema, path: string, titles: Map<string, string[]>): void {
  const rows: string[] = [];
  const inner: [Schema, string][] = [];
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    if (typeof value === "boolean") {
      continue;
    }
    const required = schema.required?.includes(key) ?? false;
    rows.push(row(key, value, required));
    inner.push(...mappings(value, path === "" ? key : `${path}.${key}`));
  }
  const title = path === "" ? "Top level" : `\`${path}\``;
  const table = rows.join("\n");
  titles.set(table, [...(titles.get(table) ?? []), title]);
  for (const [child, at] of inner) {
    collect(child, at, titles);
  }
}

/** The mappings with known keys inside of a value: itself, or the entries of a list. */
function mappings(schema: Schema, path: string): [Schema, string][] {
  if (schema.properties !== undefined) {
    return [[schema, path]];
  }
  const { items } = schema;
  if (typeof items !== "object" || Array.isArray(items)) {
    return [];
  }
  const options =
    items.anyOf !== undefined && items.properties === undefined ? items.anyOf : [items];
  return options.flatMap((one) => (typeof one === "object" ? mappings(one, `${path}[]`) : []));
}

function row(key: string, schema: Schema, required: boolean): string {
  const cells = [`\`${key}\``, kind(schema), fallback(schema, required), schema.description ?? ""];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function kind(schema: Schema): string {
  if (
    schema.allOf !== undefined ||
    schema.anyOf?.some((one) => typeof one === "object" && one.properties?.env)
  ) {
    return schema.allOf === undefined ? "reference" : "secret";
  }
  if (schema.enum !== undefined) {
    const words = schema.enum.filter((one) => typeof one === "string");
    return words.map((one) => `\`${one}\``).join(" ");
  }
  switch (schema.type) {
    case "integer":
      return `${schema.minimum} to ${schema.maximum}`;
    case "string":
      return "text";
    case "boolean":
      return "`true` `false`";
    case "array":
      return "list";
    default:
      return "mapping";
  }
}

function fallback(schema: Schema, required: boolean): string {
  const value = schema.default;
  if (value === undefined) {
    return required ? "required" : "";
  }
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) {
    return "";
  }
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** One row a region. */
export function regionTable(): string {
  const rows = Object.entries(REGIONS).flatMap(([api, regions]) =>
    Object.entries(regions).map(
      ([region, { baseUrl, title }]) => `| ${api} | \`${region}\` | ${title} | ${baseUrl} |`,
    ),
  );
  return `| api | region | name | host |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

const PATH = fileURLToPath(new URL("../docs/configuration.md", import.meta.url));

async function main(check: boolean): Promise<number> {
  const page = await readFile(PATH, "utf8");
  const wanted = between(
    between(page, "keys", keyTables(configJsonSchema())),
    "regions",
    regionTable(),
  );
  if (!check) {
    await writeFile(PATH, wanted);
    return 0;
  }
  if (page === wanted) {
    return 0;
  }
  process.stderr.write("docs/configuration.md is out of date: run npm run config\n");
  return 1;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
