import { didYouMean } from "../text/nearest_name.ts";
import { type Problem, problemAt } from "./problem.ts";
import { CREDENTIAL_NAME, ENV_NAME } from "./secret_schema.ts";
import { SEALED } from "./secrets/sealed.ts";
import { Secret } from "./secrets/secret.ts";
import type { Path } from "./yaml_text.ts";

/** Where a secret is: in the file itself, in the environment, in a file, a systemd credential, or sealed in the file. */
export type SecretRef =
  | { readonly plain: Secret }
  | { readonly env: string }
  | { readonly file: string }
  | { readonly credential: string }
  | { readonly sealed: string };

/** Where the key of the sealed secrets is. */
export type SealKeyRef = { readonly env: string } | { readonly file: string };

const FORMS: Readonly<Record<string, { readonly pattern: RegExp; readonly wanted: string }>> = {
  env: { pattern: ENV_NAME, wanted: "the name of an environment variable" },
  file: { pattern: /^\/|^[A-Za-z]:[\\/]/, wanted: "an absolute path" },
  credential: { pattern: CREDENTIAL_NAME, wanted: "the name of a systemd credential" },
  sealed: { pattern: SEALED, wanted: 'the output of the "seal" command' },
};

/** The allowed forms of a secret. */
export interface SecretForms {
  readonly plain: boolean;
  readonly keys: readonly string[];
}

/** All forms. */
export const ANY_SECRET: SecretForms = { plain: true, keys: Object.keys(FORMS) };

/** A seal key can't be sealed itself, and must not be in the same file. */
export const SEAL_KEY: SecretForms = { plain: false, keys: ["file", "env"] };

/** The problem of a reference to a secret; undefined if it is right. No sentence quotes any part of the value. */
export function secretRefProblem(
  path: Path,
  value: unknown,
  forms: SecretForms,
): Problem | undefined {
  const problem = (rest: string): Problem => problemAt(path, rest);
  const shapes = forms.keys.map((key) => `{ ${key}: … }`).join(", ");
  const wanted = `must be ${forms.plain ? "text or " : ""}one of ${shapes}`;
  if (typeof value === "string" && forms.plain) {
    if (SEALED.test(value)) {
      return problem("looks sealed: write { sealed: … } around it");
    }
    return value === "" ? problem("must not be empty") : undefined;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return problem(forms.plain ? "must be text: put it in quotes" : wanted);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return problem(value === null ? `is empty: it ${wanted}` : wanted);
  }
  const [key, ...others] = Object.keys(value);
  if (key === undefined || others.length > 0) {
    return problem(`${wanted}, and exactly one`);
  }
  const form = forms.keys.includes(key) ? FORMS[key] : undefined;
  if (form === undefined) {
    return problem(`${wanted}${didYouMean(key, forms.keys)}`);
  }
  const inner = (value as Record<string, unknown>)[key];
  if (typeof inner !== "string" || !form.pattern.test(inner)) {
    return problemAt([...path, key], `must be ${form.wanted}`);
  }
  return undefined;
}

/** A checked value of the file as a reference; a plain text is wrapped so that no dump of the Config shows it. */
export function secretRef(value: string | Exclude<SecretRef, { plain: Secret }>): SecretRef {
  return typeof value === "string" ? { plain: new Secret(value) } : value;
}
