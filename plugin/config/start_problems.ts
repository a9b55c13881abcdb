import { type Problem, valueAt, wrong } from "./problem.ts";
import { parseStart } from "./start.ts";
import type { Path } from "./yaml_text.ts";

/** The problems of starts in the future: the program would collect nothing until then, and nobody would notice. */
export function startProblems(root: unknown, nowMs: number): Problem[] {
  const accounts = listAt(root, ["accounts"]);
  const sources = accounts.flatMap((path) => listAt(root, [...path, "sources"]));
  return [["poll"], ...accounts, ...sources].flatMap((parent): Problem[] => {
    const path: Path = [...parent, "start"];
    const text = valueAt(root, path);
    const start = typeof text === "string" ? parseStart(text) : undefined;
    if (start?.kind !== "at" || start.atMs <= nowMs) return [];
    const now = `${new Date(nowMs).toISOString().slice(0, 16)}Z`;
    return [wrong(path, `must not be later than now (${now})`, text)];
  });
}

function listAt(root: unknown, path: Path): Path[] {
  const list = valueAt(root, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}
