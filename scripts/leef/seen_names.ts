import { readdirSync, readFileSync } from "node:fs";

/** The records that have a name of Mimecast's: the SIEM records of one generation, or the logs of both. */
export type Family = "API 2.0" | "API 1.0" | "logs";

/** Name -> the families whose records have it. */
export type SeenNames = ReadonlyMap<string, ReadonlySet<Family>>;

const FOLDER = new URL("../../test/fixtures/records/", import.meta.url);

/** Names by family, from the records of test/fixtures: the mapping itself does not say which generation has which name. */
export function seenNames(): SeenNames {
  const seen = new Map<string, Set<Family>>();
  for (const file of readdirSync(FOLDER).sort()) {
    const family = familyOf(file);
    if (family === null) continue;
    const lines = readFileSync(new URL(file, FOLDER), "utf8").split("\n");
    for (const name of lines.flatMap(namesOf)) {
      seen.set(name, (seen.get(name) ?? new Set()).add(family));
    }
  }
  return seen;
}

function familyOf(file: string): Family | null {
  if (!/\.(ndjson|txt)$/.test(file) || file.startsWith("malformed")) return null;
  if (file.startsWith("siem_v1")) return "API 1.0";
  return /^(siem_v2|cloud_integrated)/.test(file) ? "API 2.0" : "logs";
}

/** The keys of a record: JSON, or key=value pairs with pipes between them. */
function namesOf(line: string): string[] {
  if (line === "") return [];
  if (line.startsWith("{")) return Object.keys(JSON.parse(line));
  return line.split("|").map((pair) => pair.split("=")[0]!);
}
