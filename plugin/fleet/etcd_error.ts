import { NetworkError, StateError } from "../errors.ts";
import { redactText } from "../text/redact.ts";

/**
 * Why etcd did not do what was asked. "etcd_unavailable" leaves open whether it was done: no answer, no quorum, an answer
 * too late; after all others it was not.
 */
export type EtcdCode =
  | "etcd_unavailable"
  | "etcd_full"
  | "etcd_auth"
  | "etcd_tls"
  | "etcd_too_large"
  | "etcd_refused";

const HINTS: Readonly<Record<EtcdCode, string>> = {
  etcd_unavailable:
    "Nothing is collected until most of etcd's members answer; look at them: etcdctl endpoint status",
  etcd_full:
    "Make room: compact and defragment etcd, or raise --quota-backend-bytes, then etcdctl alarm disarm; set --auto-compaction-retention",
  etcd_auth:
    "Check state.username and state.password, and that the user's role may read and write everything below state.prefix",
  etcd_tls:
    "Check state.ca_file, state.cert_file and state.key_file, and that the certificate has the endpoint's name",
  etcd_too_large: "Report it: a checkpoint is far below what etcd takes",
  etcd_refused: "It must be etcd 3.4 or later with its JSON gateway (--enable-grpc-gateway)",
};

/** gRPC's status codes (google.rpc.Code), as the JSON gateway gives them. */
const RESOURCE_EXHAUSTED = 8;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** What etcd says of its own that a try at another moment, or at another member, may do. */
const PASSING =
  /no leader|leader changed|request timed out|too many requests|not capable|not started|stopped|corrupt|has been compacted|context (canceled|deadline)|transport|connection|unhealthy/i;

/** The error of an answer that is not a success. `text`: its body, which may quote the `secrets` that were sent. */
export function answerError(
  endpoint: string,
  status: number,
  text: string,
  secrets: readonly string[] = [],
): StateError {
  const { code, message } = readRefusal(text);
  const words =
    message === null ? `it answered ${status}` : redactText(message, secrets).slice(0, 200);
  return etcdError(codeOf(status, code, words), endpoint, words);
}

/** A `StateError` about an endpoint. */
export function etcdError(
  code: EtcdCode,
  endpoint: string,
  words: string,
  cause?: unknown,
): StateError {
  return new StateError(`Cannot use etcd at "${new URL(endpoint).host}": ${words}`, {
    code,
    hint: HINTS[code],
    cause,
  });
}

/** The error of a request that no answer came to. */
export function unanswered(endpoint: string, cause: unknown): unknown {
  if (!(cause instanceof NetworkError)) return cause;
  const words = cause.message.replace(/^Cannot reach "[^"]*": /, "");
  return etcdError(cause.code === "tls" ? "etcd_tls" : "etcd_unavailable", endpoint, words, cause);
}

/** True for what may pass at another member. */
export function isPassing(error: unknown): boolean {
  return isEtcdCode(error, "etcd_unavailable") || isEtcdCode(error, "etcd_tls");
}

/** True for an error of this code. */
export function isEtcdCode(error: unknown, code: EtcdCode): error is StateError {
  return error instanceof StateError && error.code === code;
}

/** True for what keeps a worker from the store, not from one account. */
export function isEtcdError(error: unknown): error is StateError {
  return error instanceof StateError && error.code in HINTS;
}

function codeOf(status: number, code: number | null, words: string): EtcdCode {
  if (/space exceeded/.test(words)) return "etcd_full";
  if (/too large|exceeds? .*(maximum|limit)/i.test(words)) return "etcd_too_large";
  if (code === UNAUTHENTICATED || code === PERMISSION_DENIED) return "etcd_auth";
  if (/authentication failed|user name is empty|invalid auth/.test(words)) return "etcd_auth";
  if (code === RESOURCE_EXHAUSTED || PASSING.test(words) || status >= 500 || status === 429) {
    return "etcd_unavailable";
  }
  return status === 401 || status === 403 ? "etcd_auth" : "etcd_refused";
}

function readRefusal(text: string): { code: number | null; message: string | null } {
  try {
    const { code, message, error } = Object(JSON.parse(text)) as Record<string, unknown>;
    const words = typeof message === "string" ? message : error;
    return {
      code: typeof code === "number" ? code : null,
      message: typeof words === "string" ? words : null,
    };
  } catch {
    return { code: null, message: null };
  }
}
