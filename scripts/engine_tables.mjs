import { readdir, readFile } from "node:fs/promises";
import { tablesSource } from "./mapping_tables.mjs";

const ENGINE = new URL("../plugin/engine/", import.meta.url);

/** The text that plugin/engine/tables.ts must have: the mapping's tables, and the constants that the engine's code names. */
export async function engineTables() {
  const names = (await readdir(ENGINE)).filter((name) => /(?<!^tables)\.ts$/.test(name));
  const files = await Promise.all(names.map((name) => readFile(new URL(name, ENGINE), "utf8")));
  const words = new Set(files.join("\n").match(/\w+/g));
  return tablesSource(JSON.parse(await readFile(new URL("mapping.json", ENGINE), "utf8")), words);
}
