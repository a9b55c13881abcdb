import { valueAt } from "../../config/problem.ts";
import type { Path, YamlText } from "../../config/yaml_text.ts";

/** Several files of Vector as one: tables of the same name hold what all of them have. */
export function mergedTrees(trees: readonly YamlText[]): YamlText {
  const value: Record<string, unknown> = {};
  for (const tree of trees) {
    for (const [key, one] of Object.entries(isTable(tree.value) ? tree.value : {})) {
      const before = value[key];
      value[key] = isTable(before) && isTable(one) ? { ...before, ...one } : one;
    }
  }
  return { value, lineOf: (path) => ownerOf(trees, path)?.lineOf(path) };
}

/** The tree in which the table or key of a path is; the first one where none has it. */
function ownerOf(trees: readonly YamlText[], path: Path): YamlText | undefined {
  for (let length = Math.min(path.length, 2); length > 0; length--) {
    const part = path.slice(0, length);
    const owner = trees.findLast((tree) => valueAt(tree.value, part) !== undefined);
    if (owner !== undefined) return owner;
  }
  return trees[0];
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
