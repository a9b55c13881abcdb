import { ConfigError } from "../errors.ts";
import { valueAt } from "./problem.ts";
import { SEAL_KEY, type SealKeyRef, secretRefProblem } from "./secret_ref.ts";
import { readYaml } from "./yaml_text.ts";

/**
 * The `seal_key` of a configuration that may be unfinished otherwise: an operator who seals a secret does not have it in the
 * file yet. Null if there is none. Throws a `ConfigError` if the text is no YAML or the key's form is wrong.
 */
export function findSealKey(text: string, fileName: string): SealKeyRef | null {
  const read = readYaml(text);
  const problems =
    "problems" in read
      ? read.problems.map(({ line, sentence }) => (line ? `line ${line}: ${sentence}` : sentence))
      : [];
  const path = ["seal_key"];
  const value = "yaml" in read ? valueAt(read.yaml.value, path) : undefined;
  if (value !== undefined) {
    const problem = secretRefProblem(path, value, SEAL_KEY);
    problems.push(...(problem === undefined ? [] : [problem.sentence]));
  }
  if (problems.length > 0) {
    const message = `Cannot read config ${JSON.stringify(fileName)}: ${problems[0]}`;
    throw new ConfigError(message, { code: "config", problems });
  }
  return (value as SealKeyRef | undefined) ?? null;
}
