import { isLoopback } from "./base_url.ts";
import type { HttpFile } from "./http_schema.ts";
import { type Problem, showPath, valueAt, wrong } from "./problem.ts";
import { type SecretRef, secretRef } from "./secret_ref.ts";
import type { Path } from "./yaml_text.ts";

/** `output.http` of the configuration, in milliseconds. */
export interface HttpOutput {
  readonly url: string;
  /** Null: `json` for the JSON formats, else `lines`. */
  readonly body: "lines" | "json" | null;
  readonly gzip: boolean;
  readonly auth:
    | { readonly bearer: SecretRef }
    | { readonly user: string; readonly password: SecretRef }
    | null;
  readonly clientCertFile: string | null;
  readonly clientKeyFile: string | null;
  readonly caFile: string | null;
  /** Proxy URL, to be resolved like a secret; null: none, whatever the environment says. */
  readonly proxy: SecretRef | null;
  readonly maxBatchBytes: number;
  readonly timeoutMs: number;
}

const HTTP: Path = ["output", "http"];

/** Where secrets may stand in `output.http`. */
export const HTTP_SECRETS: readonly Path[] = [
  [...HTTP, "auth", "bearer"],
  [...HTTP, "auth", "basic", "password"],
  [...HTTP, "proxy"],
];

/** The checked value of the file as the program uses it. */
export function httpOutput(file: HttpFile): HttpOutput {
  const { auth } = file;
  return {
    url: file.url,
    body: file.body ?? null,
    gzip: file.gzip,
    auth:
      auth?.bearer !== undefined
        ? { bearer: secretRef(auth.bearer) }
        : auth?.basic !== undefined
          ? { user: auth.basic.user, password: secretRef(auth.basic.password) }
          : null,
    clientCertFile: file.client_cert_file ?? null,
    clientKeyFile: file.client_key_file ?? null,
    caFile: file.ca_file ?? null,
    proxy: file.proxy === undefined ? null : secretRef(file.proxy),
    maxBatchBytes: file.max_batch_bytes,
    timeoutMs: file.timeout_secs * 1000,
  };
}

/** What the schema alone can't tell of `output.http`. Takes any value: the file may be wrong elsewhere. */
export function httpProblems(root: unknown): Problem[] {
  const http = valueAt(root, HTTP);
  if (typeof http !== "object" || http === null || Array.isArray(http)) return [];
  const fields = http as Record<string, unknown>;
  return [...urlProblems(fields), ...authProblems(fields.auth), ...pairProblems(fields)];
}

function urlProblems({ url, insecure }: Record<string, unknown>): Problem[] {
  if (typeof url !== "string") return [];
  const path: Path = [...HTTP, "url"];
  const problem = urlProblem(url, insecure === true);
  if (problem === undefined) return [];
  // The text is not quoted where it may hold a password.
  return /[@?#]/.test(url)
    ? [{ path, sentence: `"${showPath(path)}" ${problem}` }]
    : [wrong(path, problem, url)];
}

function urlProblem(text: string, isInsecureAllowed: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be a URL such as https://shipper.example.com:9880/";
  }
  if (url.username !== "" || url.password !== "") {
    return "must not hold a user name or password: use output.http.auth";
  }
  if (url.hash !== "") return "must not hold a fragment";
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !isInsecureAllowed) {
    return "must be https (http is allowed on a loopback address, or with insecure: true)";
  }
  return undefined;
}

function authProblems(auth: unknown): Problem[] {
  if (typeof auth !== "object" || auth === null || Array.isArray(auth)) return [];
  const kinds = ["bearer", "basic"].filter((kind) => Object.hasOwn(auth, kind));
  const path: Path = [...HTTP, "auth"];
  if (kinds.length !== 1) {
    return [{ path, sentence: `"${showPath(path)}" must have "bearer" or "basic", exactly one` }];
  }
  const basic = valueAt(auth, ["basic"]);
  if (typeof basic !== "object" || basic === null || Object.hasOwn(basic, "password")) return [];
  return [
    {
      path,
      sentence: `"${showPath([...path, "basic", "password"])}" is missing: give it in a form of a secret, such as { env: … }`,
    },
  ];
}

function pairProblems(fields: Record<string, unknown>): Problem[] {
  const keys = ["client_cert_file", "client_key_file"];
  const [there, ...both] = keys.filter((key) => fields[key] !== undefined);
  if (there === undefined || both.length > 0) return [];
  const missing = keys.find((key) => key !== there);
  const path: Path = [...HTTP, there];
  return [{ path, sentence: `"${showPath(path)}" needs "${missing}" beside it` }];
}
