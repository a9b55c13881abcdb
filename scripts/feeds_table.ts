import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { REGIONS } from "../plugin/client/regions.ts";
import { OFF_BY_DEFAULT } from "../plugin/sources/names.ts";
import { sourcesFor } from "../plugin/sources/registry.ts";
import { siemStreamV2 } from "../plugin/sources/siem/siem_stream.ts";
import type { Source } from "../plugin/sources/source.ts";

/**
 * Writes the table of feeds into README.md between its marks, from plugin/sources/registry.ts; with `--check` fails
 * where the page is out of date.
 */

const APIS = Object.keys(REGIONS) as Source["api"][];
const DAY_MS = 86_400_000;
const HEAD = `| feed | API | endpoint | permission | product (API 2.0) | kept for | default |
| --- | --- | --- | --- | --- | --- | --- |`;

/** One row a feed and endpoint; both API generations share a row where they share the endpoint. */
export function feedsTable(): string {
  const all = [...APIS.flatMap(sourcesFor), siemStreamV2];
  const names = [...new Set(all.map(({ name }) => name))];
  const rows = names.flatMap((name) => {
    const named = all.filter((source) => source.name === name);
    const endpoints = [...new Set(named.map(({ endpoint }) => endpoint))];
    return endpoints.map((endpoint) => row(named.filter((each) => each.endpoint === endpoint)));
  });
  return `${HEAD}\n${rows.join("\n")}`;
}

/** The cells of sources that differ in their API generation only. */
function row(sources: readonly Source[]): string {
  const [first] = sources as [Source];
  const cells = [
    `\`${first.name}\``,
    sources.map(({ api }) => api).join(", "),
    `\`${first.endpoint}\``,
    first.permission,
    sources.find(({ product }) => product !== undefined)?.product ?? "–",
    first.retentionMs === null ? "not stated" : keptFor(first.retentionMs),
    first === siemStreamV2
      ? "`mode: stream`"
      : OFF_BY_DEFAULT.some((name) => name === first.name)
        ? "off"
        : "on",
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function keptFor(retentionMs: number): string {
  const days = retentionMs / DAY_MS;
  return days === 1 ? "24 hours" : `${days} days`;
}

const OPEN = "<!-- feeds:begin -->";
const CLOSE = "<!-- feeds:end -->";

/** The page with the table between its marks; throws where a mark is missing. */
export function withFeedsTable(page: string, table: string): string {
  const begin = page.indexOf(OPEN);
  const end = page.indexOf(CLOSE);
  if (begin < 0 || end < begin) throw new Error(`README.md must hold ${OPEN} and ${CLOSE}`);
  return `${page.slice(0, begin + OPEN.length)}\n${table}\n${page.slice(end)}`;
}

const PATH = fileURLToPath(new URL("../README.md", import.meta.url));

async function main(check: boolean): Promise<number> {
  const page = await readFile(PATH, "utf8");
  const wanted = withFeedsTable(page, feedsTable());
  if (page === wanted) return 0;
  if (check) {
    process.stderr.write("README.md is out of date: run npm run feeds\n");
    return 1;
  }
  await writeFile(PATH, wanted);
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
