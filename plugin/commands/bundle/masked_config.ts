import { stringify } from "yaml";
import { secretFormsAt } from "../../config/credentials.ts";
import { type Path, readYaml } from "../../config/yaml_text.ts";

const MASK = "[secret]";

/**
 * A configuration that was read without a problem, as YAML with every secret masked, and login and query of every URL.
 * Comments are left out, they may hold anything; names of variables, files and systemd credentials stay.
 */
export function maskedConfig(text: string): string {
  const read = readYaml(text);
  // Not even the parser's own message: it could quote a secret.
  return "yaml" in read ? stringify(masked(read.yaml.value, [])) : "# not YAML\n";
}

function masked(value: unknown, path: Path): unknown {
  if (secretFormsAt(path) !== undefined) return maskedSecret(value);
  if (Array.isArray(value)) return value.map((one, index) => masked(one, [...path, index]));
  if (typeof value === "string") return maskedUrl(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, masked(one, [...path, key])]),
  );
}

/** `{ env: NAME }`, `{ file: PATH }` and `{ credential: NAME }` say where a secret is, not what. */
function maskedSecret(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return MASK;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "env" || key === "file" || key === "credential" ? one : MASK,
    ]),
  );
}

/** A URL may carry a key in its query or a password in front of its host; names in the query stay. */
function maskedUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  return text
    .replace(/^([^/]+\/\/)[^/?#]*@/, `$1${MASK}@`)
    .replace(/\?[^#]*/, (query) =>
      query
        .slice(1)
        .split("&")
        .map((pair) => (pair.includes("=") ? `${pair.split("=", 1)[0]}=${MASK}` : MASK))
        .join("&")
        .replace(/^/, "?"),
    )
    .replace(/#.+/, `#${MASK}`);
}
