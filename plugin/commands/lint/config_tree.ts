import { valueAt } from "../../config/problem.ts";
import type { Path, YamlText } from "../../config/yaml_text.ts";
import type { Effect, Finding } from "./finding.ts";

/** A shipper's configuration in YAML or TOML, with a way to speak of its parts. */
export interface ConfigTree {
  at(...path: Path): unknown;
  finding(path: Path, rule: string, effect: Effect, reason: string, remedy: string): Finding;
}

/** The same for what was read. A finding about what is not there is at the nearest part that is. */
export function configTree(tree: YamlText): ConfigTree {
  return {
    at: (...path) => valueAt(tree.value, path),
    finding: (path, rule, effect, reason, remedy) => {
      return { rule, line: tree.lineOf(path) ?? 1, effect, reason, remedy };
    },
  };
}

/** The names in a table; none where it is something else. */
export function namesIn(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.keys(value)
    : [];
}

/** The texts of a list; none where it is something else. */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
