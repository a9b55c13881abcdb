/** A key with its value. Revisions and leases are 64 bits: texts, compared only. "0": none. */
export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: string;
  readonly modRevision: string;
  readonly lease: string;
}

/** A condition: the key's revision is this one; "0": the key is not there. */
export interface Compare {
  readonly key: string;
  readonly target: "create" | "mod";
  readonly revision: string;
}

/** A step of a transaction. */
export type Step =
  | { readonly put: string; readonly value: string | Uint8Array; readonly lease?: string }
  | { readonly get: string }
  /** All keys that begin so. */
  | { readonly list: string }
  | { readonly remove: string };

/** The facts about one member. */
export interface MemberStatus {
  readonly version: string;
  readonly dbBytes: number;
  readonly dbBytesInUse: number;
  readonly isLeader: boolean;
  /** Null: it knows no leader. */
  readonly leader: string | null;
  readonly alarms: readonly string[];
}

/** An object of the gateway. */
export type Json = Readonly<Record<string, unknown>>;

const TARGETS = {
  create: ["CREATE", "create_revision"],
  mod: ["MOD", "mod_revision"],
} as const;

/** A condition as the gateway takes it. */
export function compareOf({ key, target, revision }: Compare): Json {
  const [name, field] = TARGETS[target];
  return { key: toBase64(key), target: name, result: "EQUAL", [field]: revision };
}

/** A step as the gateway takes it. */
export function stepOf(step: Step): Json {
  if ("put" in step) {
    const { put, value, lease } = step;
    const bound = lease === undefined ? {} : { lease };
    return { request_put: { key: toBase64(put), value: toBase64(value), ...bound } };
  }
  if ("remove" in step) return { request_delete_range: { key: toBase64(step.remove) } };
  if ("get" in step) return { request_range: { key: toBase64(step.get) } };
  return { request_range: { key: toBase64(step.list), range_end: toBase64(endOf(step.list)) } };
}

/** The first key behind all that begin with `prefix`, which ends in ASCII. */
function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** What a transaction came to. */
export interface Outcome {
  /** Every condition held. */
  readonly succeeded: boolean;
  /** Of the store, after it. */
  readonly revision: string;
  /** What each step found; empty for a step that writes. */
  readonly found: readonly (readonly KeyValue[])[];
}

/**
 * The answer to a transaction; null where it is none of etcd's. A key that is not there and an answer that says nothing of
 * it are not the same: an account without a checkpoint begins anew.
 */
export function outcomeOf(
  { header, succeeded, responses = [] }: Json,
  then: readonly Step[],
  otherwise: readonly Step[],
): Outcome | null {
  const steps = succeeded === true ? then : otherwise;
  const revision = isJson(header) ? String(header.revision) : "";
  if (!/^[1-9]\d*$/.test(revision) || !Array.isArray(responses)) return null;
  const found = responses.map(foundIn);
  const isWhole = steps.every((step, index) => {
    const isRead = "get" in step || "list" in step;
    return Array.isArray(found[index]) || (!isRead && found[index] === undefined);
  });
  if (!isWhole || found.length !== steps.length) return null;
  return { succeeded: succeeded === true, revision, found: found.map((each) => each ?? []) };
}

/** What a step found; null where that can't be read, undefined where it was not asked. etcd leaves out what is zero or empty; 3.6 may write names in camel case. */
function foundIn(response: unknown): readonly KeyValue[] | null | undefined {
  if (!isJson(response)) return null;
  const range = response.response_range ?? response.responseRange;
  if (range === undefined) return undefined;
  const { kvs = [] } = isJson(range) ? range : { kvs: null };
  if (!Array.isArray(kvs) || !kvs.every(isJson)) return null;
  return kvs.map((kv) => ({
    key: fromBase64(kv.key).toString("utf8"),
    value: fromBase64(kv.value),
    createRevision: String(kv.create_revision ?? kv.createRevision ?? "0"),
    modRevision: String(kv.mod_revision ?? kv.modRevision ?? "0"),
    lease: String(kv.lease ?? "0"),
  }));
}

/** The answer of `/v3/maintenance/status`. */
export function memberStatus(answer: Json): MemberStatus {
  const leader = String(answer.leader ?? "0");
  const own = (answer.header as Json | undefined)?.member_id;
  const { dbSize, dbSizeInUse, errors } = answer;
  return {
    version: String(answer.version ?? ""),
    dbBytes: Number(dbSize ?? answer.db_size ?? 0),
    dbBytesInUse: Number(dbSizeInUse ?? answer.db_size_in_use ?? 0),
    isLeader: leader === String(own),
    leader: leader === "0" ? null : leader,
    alarms: Array.isArray(errors) ? errors.map(String) : [],
  };
}

/** True for an object. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toBase64(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString("base64");
}

function fromBase64(value: unknown): Buffer {
  return Buffer.from(String(value ?? ""), "base64");
}

/** Null where the text is no JSON object. */
export function readJson(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
}
