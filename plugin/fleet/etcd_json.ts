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

/** What a step found. etcd leaves out what is zero or empty; 3.6 may write names in camel case. */
export function foundIn(response: Json): readonly KeyValue[] {
  const range = (response.response_range ?? response.responseRange) as Json | undefined;
  return listOf(range?.kvs).map((kv) => ({
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

/** A list of objects, empty where it is left out. */
export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
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
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Json)
      : null;
  } catch {
    return null;
  }
}
