import { type Problem, problemAt } from "./problem.ts";
import type { Path } from "./yaml_text.ts";

const SENTENCE = "holds a character that is not UTF-8: save the file as UTF-8";

/** Texts of the file that were not UTF-8 (each wrong byte became U+FFFD). The message quotes no value, which may be a secret. */
export function encodingProblems(root: unknown): Problem[] {
  const problems: Problem[] = [];
  // An alias puts a value into the document several times, or into itself.
  const seen = new Set<object>();
  const left: { readonly path: Path; readonly value: unknown }[] = [{ path: [], value: root }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { path, value } = next;
    if (typeof value === "string" && value.includes("\ufffd")) {
      problems.push(problemAt(path, SENTENCE));
    }
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      left.push({ path: [...path, Array.isArray(value) ? Number(key) : key], value: inner });
    }
  }
  return problems;
}
