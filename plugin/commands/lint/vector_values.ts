import type { Path } from "../../config/yaml_text.ts";
import { bufferDirProblem } from "./buffer_folder.ts";
import type { ConfigTree } from "./config_tree.ts";
import type { Finding } from "./finding.ts";

/** True for `$NAME`, `${NAME}`, `${NAME:-default}`; `$$` is a dollar sign. */
export function hasVariable(text: string): boolean {
  return /(?:^|[^$])(?:\$\$)*\$(?:[A-Za-z_]|\{[A-Za-z_])/.test(text);
}

/** Vector 0.57 and later leaves variables as they stand, unless it is started with an option for it. */
export function variableFindings(vector: ConfigTree, path: Path): Finding[] {
  const value = vector.at(...path);
  if (typeof value === "string") {
    if (!hasVariable(value)) return [];
    const reason = `"${value}" has a variable, which Vector 0.57 and later does not fill in`;
    const remedy = "write the value; for a secret SECRET[backend.name]";
    return [vector.finding(path, "variable", "stalls", reason, remedy)];
  }
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [...keys].flatMap((key) => variableFindings(vector, [...path, key]));
}

/** The folder of disk buffers; /var/lib/vector where it is not set. */
export function dataDirFindings(vector: ConfigTree): Finding[] {
  const value = vector.at("data_dir");
  const found = variableFindings(vector, ["data_dir"]);
  const problem = typeof value === "string" ? bufferDirProblem(value) : null;
  if (problem === null) return found;
  const remedy = 'data_dir = "/var/lib/vector"';
  return [
    ...found,
    vector.finding(["data_dir"], "buffer.folder", "stalls", `data_dir ${problem}`, remedy),
  ];
}
