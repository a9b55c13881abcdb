import { isLoopback } from "./base_url.ts";
import type { HttpFile, OtlpFile } from "./http_schema.ts";
import { type Problem, problemAt, showPath, valueAt, wrong } from "./problem.ts";
import { type SecretRef, secretRef } from "./secret_ref.ts";
import type { Path } from "./yaml_text.ts";

/** `output.http` or `output.otlp` of the configuration, in milliseconds. */
export interface HttpOutput {
  /** Its key in `output`. */
  readonly kind: HttpKey;
  readonly url: string;
  /** Null: `json` for the JSON formats, else `lines`. */
  readonly body: "lines" | "json" | "otlp_protobuf" | "otlp_json" | null;
  /** `output.otlp`: each record has the attributes from which a syslog exporter makes its line. */
  readonly syslogAttributes: boolean;
  readonly gzip: boolean;
  readonly auth:
    | { readonly bearer: SecretRef }
    | { readonly user: string; readonly password: SecretRef }
    | null;
  readonly clientCertFile: string | null;
  readonly clientKeyFile: string | null;
  readonly caFile: string | null;
  /** Proxy URL, a secret; null: none, whatever the environment says. */
  readonly proxy: SecretRef | null;
  readonly maxBatchBytes: number;
  readonly timeoutMs: number;
}

/** The keys of `output` that post. */
export const HTTP_KEYS = ["http", "otlp"] as const;

/** One of them. */
export type HttpKey = (typeof HTTP_KEYS)[number];

/** Where secrets may be in `output.http` and `output.otlp`. */
export const HTTP_SECRETS: readonly Path[] = HTTP_KEYS.flatMap((key): Path[] => [
  ["output", key, "auth", "bearer"],
  ["output", key, "auth", "basic", "password"],
  ["output", key, "proxy"],
]);

/** The checked value of the file as the program uses it. */
export function httpOutput(kind: HttpKey, file: HttpFile | OtlpFile): HttpOutput {
  const { auth } = file;
  return {
    kind,
    url: file.url,
    body: "encoding" in file ? `otlp_${file.encoding}` : (file.body ?? null),
    syslogAttributes: "encoding" in file && file.syslog_attributes,
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

/** The problems of `output.http` and `output.otlp` that the schema cannot find. Takes any value: the file may be wrong elsewhere. */
export function httpProblems(root: unknown): Problem[] {
  return HTTP_KEYS.flatMap((key) => {
    const at: Path = ["output", key];
    const http = valueAt(root, at);
    if (typeof http !== "object" || http === null || Array.isArray(http)) return [];
    const fields = http as Record<string, unknown>;
    return [
      ...urlProblems(at, fields),
      ...authProblems(at, fields.auth),
      ...pairProblems(at, fields),
    ];
  });
}

function urlProblems(at: Path, { url, insecure }: Record<string, unknown>): Problem[] {
  if (typeof url !== "string") return [];
  const path: Path = [...at, "url"];
  const problem = urlProblem(url, insecure === true, showPath(at));
  if (problem === undefined) return [];
  // The message does not quote a text that may hold a password.
  return /[@?#]/.test(url) ? [problemAt(path, problem)] : [wrong(path, problem, url)];
}

function urlProblem(text: string, isInsecureAllowed: boolean, key: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be a URL such as https://shipper.example.com:9880/";
  }
  if (url.username !== "" || url.password !== "") {
    return `must not hold a user name or password: use ${key}.auth`;
  }
  if (url.hash !== "") return "must not hold a fragment";
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !isInsecureAllowed) {
    return "must be https (http is allowed on a loopback address, or with insecure: true)";
  }
  return undefined;
}

function authProblems(at: Path, auth: unknown): Problem[] {
  if (typeof auth !== "object" || auth === null || Array.isArray(auth)) return [];
  const kinds = ["bearer", "basic"].filter((kind) => Object.hasOwn(auth, kind));
  const path: Path = [...at, "auth"];
  if (kinds.length !== 1) {
    return [problemAt(path, 'must have "bearer" or "basic", exactly one')];
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

function pairProblems(at: Path, fields: Record<string, unknown>): Problem[] {
  const keys = ["client_cert_file", "client_key_file"];
  const [there, ...both] = keys.filter((key) => fields[key] !== undefined);
  if (there === undefined || both.length > 0) return [];
  const missing = keys.find((key) => key !== there);
  const path: Path = [...at, there];
  return [problemAt(path, `needs "${missing}" beside it`)];
}
