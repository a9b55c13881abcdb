import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Writes the picture of the folders of plugin/ and of what they import into docs/architecture.md between its marks; with
 * `--check` fails where the page is out of date. Imports that close a circle, of rooms or of files, fail always. `npm run rooms`
 */

/** Room or file -> those that it imports, types included. A room is a folder of plugin/; files at its top are rooms too. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The text of each file of plugin/, by its path below plugin/. */
export type Texts = ReadonlyMap<string, string>;

/** AssemblyScript: compiled by itself, and imported by nothing but the build. */
const WASM = "engine";
const IMPORT =
  /(?:^|\n)(?:import|export)\b[^;"]*?from\s+"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"\s*\)/g;

/** The relative paths that a file imports, static and dynamic. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, fixed, lazy]) => (fixed ?? lazy) as string);
}

/** Which room imports which. */
export function roomsOf(texts: Texts): Graph {
  return graphOf(texts, roomOf);
}

/** Which file imports which. */
export function filesOf(texts: Texts): Graph {
  return graphOf(texts, (path) => path);
}

function graphOf(texts: Texts, nodeOf: (path: string) => string): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [path, text] of texts) {
    const node = nodeOf(path);
    const imported = graph.get(node) ?? new Set<string>();
    graph.set(node, imported);
    for (const target of importsOf(text)) {
      const other = nodeOf(normalize(join(dirname(path), target)));
      if (other !== node) imported.add(other);
    }
  }
  return graph;
}

/** One circle of imports as the names along it; null where there is none. */
export function circleIn(graph: Graph): readonly string[] | null {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | null => {
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    if (done.has(name)) return null;
    for (const next of graph.get(name) ?? []) {
      const found = visit(next, [...path, name]);
      if (found !== null) return found;
    }
    done.add(name);
    return null;
  };
  for (const name of graph.keys()) {
    const found = visit(name, []);
    if (found !== null) return found;
  }
  return null;
}

/** A Mermaid diagram without the arrows that others imply, and without what every room uses. */
export function diagram(rooms: Graph): string {
  const shown = new Map(
    [...rooms]
      .filter(([room]) => !EVERYWHERE.includes(room))
      .map(([room, imported]) => [
        room,
        new Set([...imported].filter((other) => !EVERYWHERE.includes(other))),
      ]),
  );
  const arrows = [...shown]
    .flatMap(([room, imported]) => [...imported].map((other) => [room, other] as const))
    .filter(([room, other]) => !isImplied(shown, room, other))
    .map(([room, other]) => `  ${id(room)}["${room}"] --> ${id(other)}["${other}"]`)
    .sort();
  return ["```mermaid", "flowchart TD", ...arrows, "```"].join("\n");
}

/** The types of the world and of errors: every room may import these. */
const EVERYWHERE = ["effects.ts", "errors.ts"];

function isImplied(rooms: Graph, from: string, to: string): boolean {
  return [...(rooms.get(from) ?? [])].some((other) => other !== to && reaches(rooms, other, to));
}

function reaches(rooms: Graph, from: string, to: string): boolean {
  return from === to || [...(rooms.get(from) ?? [])].some((other) => reaches(rooms, other, to));
}

function roomOf(path: string): string {
  return path.split("/")[0] as string;
}

function id(room: string): string {
  return room.replaceAll(/\W/g, "_");
}

/** Reads every TypeScript file of plugin/ besides the engine's. */
export function readTexts(root: string): Texts {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  const wanted = names.filter((name) => name.endsWith(".ts") && roomOf(name) !== WASM);
  return new Map(wanted.map((name) => [name, readFileSync(join(root, name), "utf8")]));
}

const OPEN = "<!-- rooms:begin -->";
const CLOSE = "<!-- rooms:end -->";

/** The page with the diagram between its marks; throws where a mark is missing. */
export function withRooms(page: string, picture: string): string {
  const begin = page.indexOf(OPEN);
  const end = page.indexOf(CLOSE);
  if (begin < 0 || end < begin)
    throw new Error(`docs/architecture.md must hold ${OPEN} and ${CLOSE}`);
  return `${page.slice(0, begin + OPEN.length)}\n${picture}\n${page.slice(end)}`;
}

async function main(check: boolean): Promise<number> {
  const texts = readTexts(fileURLToPath(new URL("../plugin", import.meta.url)));
  const rooms = roomsOf(texts);
  const circle = circleIn(rooms) ?? circleIn(filesOf(texts));
  if (circle !== null) {
    process.stderr.write(`The imports of plugin/ close a circle: ${circle.join(" -> ")}\n`);
    return 1;
  }
  const path = fileURLToPath(new URL("../docs/architecture.md", import.meta.url));
  const page = await readFile(path, "utf8");
  const wanted = withRooms(page, diagram(rooms));
  if (page === wanted) return 0;
  if (check) {
    process.stderr.write("docs/architecture.md is out of date: run npm run rooms\n");
    return 1;
  }
  await writeFile(path, wanted);
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.includes("--check"));
}
