import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { REGIONS } from "../plugin/client/regions.ts";
import { between } from "./between.ts";
import { configJsonSchema } from "./config_schema.ts";
import { csv } from "./csv.ts";

/**
 * `npm run config`: writes the regions of docs/configuration.md between their marks, from plugin/client/regions.ts, and
 * docs/configuration-keys.csv from the JSON Schema; with `--check` fails where one is out of date.
 */

type Schema = z.core.JSONSchema.BaseSchema;

/** CSV with one row for each key that the file may have. */
export function keysTable(root: Schema): string {
  return csv([["key", "value", "default", "meaning"], ...rowsOf(root, "")]);
}

function rowsOf(schema: Schema, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value === "boolean") return [];
    const required = schema.required?.includes(key) ?? false;
    const at = path === "" ? key : `${path}.${key}`;
    const own = [at, kind(value), fallback(value, required), value.description ?? ""];
    const inner = mappings(value, at).flatMap(([child, childAt]) => rowsOf(child, childAt));
    return [own.map((cell) => cell.replaceAll("`", "")), ...inner];
  });
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

function kind(schema: Schema): string {
  if (
    schema.allOf !== undefined ||
    schema.anyOf?.some((one) => typeof one === "object" && one.properties?.env)
  ) {
    return schema.allOf === undefined ? "reference" : "secret";
  }
  if (schema.enum !== undefined) {
    const words = schema.enum.filter((one) => typeof one === "string");
    return words.join(" or ");
  }
  switch (schema.type) {
    case "integer":
      return `${schema.minimum} to ${schema.maximum}`;
    case "string":
      return "text";
    case "boolean":
      return "true or false";
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

const pathOf = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

async function main(check: boolean): Promise<number> {
  const page = await readFile(pathOf("docs/configuration.md"), "utf8");
  const wanted = [
    ["docs/configuration.md", between(page, "regions", regionTable())],
    ["docs/configuration-keys.csv", keysTable(configJsonSchema())],
  ] as const;
  for (const [file, text] of wanted) {
    if (!check) await writeFile(pathOf(file), text);
    else if ((await readFile(pathOf(file), "utf8")) !== text) {
      process.stderr.write(`${file} is out of date: run npm run config\n`);
      return 1;
    }
  }
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
