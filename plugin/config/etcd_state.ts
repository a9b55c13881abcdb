import * as z from "zod";
import { isLoopback } from "./base_url.ts";
import { DEFAULTS } from "./defaults.ts";
import { type Problem, problemAt, valueAt, wrong } from "./problem.ts";
import { type SecretRef, secretRef as toRef } from "./secret_ref.ts";
import { absolutePath, secretRef } from "./secret_schema.ts";
import type { Path } from "./yaml_text.ts";

/** Where secrets may be in `state`. */
export const STATE_SECRETS: readonly Path[] = [["state", "password"]];

const { state } = DEFAULTS;

/** A worker's name: it becomes the end of a key, and the value of a metric's label. */
export const WORKER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** `state` of the file. `stateProblems` finds what the schema cannot. */
export const STATE_SCHEMA = z.strictObject({
  store: z.literal("etcd").describe("Where positions, rate budgets and tokens are: `etcd`"),
  endpoints: z
    .array(z.string())
    .min(1)
    .max(9)
    .describe("Addresses of etcd's members, https://HOST:2379: tried in turn"),
  prefix: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]{0,200}[A-Za-z0-9._-]$/, "must be a path such as /mimecast-input")
    .default(state.prefix)
    .describe("Beginning of every key: one for each fleet"),
  ca_file: absolutePath.optional().describe("PEM file with further trusted certificates"),
  cert_file: absolutePath.optional().describe("PEM file with our certificate (mTLS)"),
  key_file: absolutePath.optional().describe("PEM file with its key"),
  username: z.string().min(1).max(255).optional().describe("User of etcd's authentication"),
  password: secretRef.optional().describe("Its password, in the forms of a secret"),
  insecure: z
    .boolean()
    .default(state.insecure)
    .describe("Allow http to another machine: everybody on the way can read and change the state"),
  lease_secs: z
    .int()
    .min(5)
    .max(600)
    .default(state.lease_secs)
    .describe("`--follow`: after this time without a sign of life others take the accounts over"),
  worker: z
    .string()
    .regex(WORKER_NAME, "must be 1 to 63 letters, digits, dots, underscores and hyphens")
    .optional()
    .describe("Name of this process in the fleet, unique; default: the host's name"),
  weight: z
    .int()
    .min(1)
    .max(100)
    .default(state.weight)
    .describe("How much this worker takes, beside the others' weights"),
});

/** The store of a fleet, as commands use it. */
export interface EtcdState {
  readonly endpoints: readonly string[];
  readonly prefix: string;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly user: { readonly name: string; readonly password: SecretRef } | null;
  readonly leaseMs: number;
  /** Null: the host's name. */
  readonly worker: string | null;
  readonly weight: number;
}

/** The store of the checked file; null if it names none. */
export function etcdStateOf(file: z.output<typeof STATE_SCHEMA> | undefined): EtcdState | null {
  if (file === undefined) return null;
  const { username, password } = file;
  return {
    endpoints: file.endpoints.map((url) => new URL(url).origin),
    prefix: file.prefix,
    caFile: file.ca_file ?? null,
    certFile: file.cert_file ?? null,
    keyFile: file.key_file ?? null,
    user:
      username === undefined || password === undefined
        ? null
        : { name: username, password: toRef(password) },
    leaseMs: file.lease_secs * 1000,
    worker: file.worker ?? null,
    weight: file.weight,
  };
}

const PAIRS = [
  ["username", "password"],
  ["cert_file", "key_file"],
] as const;

/** The problems of `state` that the schema cannot find. Takes any value: the file may be wrong elsewhere. */
export function stateProblems(root: unknown): Problem[] {
  const at = (key: string): Path => ["state", key];
  const endpoints = valueAt(root, at("endpoints"));
  const isInsecureAllowed = valueAt(root, at("insecure")) === true;
  const urls = Array.isArray(endpoints) ? endpoints : [];
  return [
    ...urls.flatMap((url: unknown, index): Problem[] => {
      const problem = typeof url === "string" ? endpointProblem(url, isInsecureAllowed) : undefined;
      const path = [...at("endpoints"), index];
      if (problem === undefined) return [];
      // The message does not quote a text that may hold a password.
      return String(url).includes("@") ? [problemAt(path, problem)] : [wrong(path, problem, url)];
    }),
    ...PAIRS.flatMap(([one, other]): Problem[] => {
      const [first, second] = [one, other].map((key) => valueAt(root, at(key)) !== undefined);
      if (first === second) return [];
      const [there, missing] = first ? [one, other] : [other, one];
      return [problemAt(at(there), `needs "${missing}" beside it`)];
    }),
  ];
}

function endpointProblem(text: string, isInsecureAllowed: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return "must be a URL such as https://etcd-1.example.com:2379";
  }
  if (url.username !== "" || url.password !== "") {
    return "must not hold a user name or password: use state.username and state.password";
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return "must be a host and a port only";
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !isInsecureAllowed) {
    return "must be https (http is allowed on a loopback address, or with insecure: true)";
  }
  return undefined;
}
