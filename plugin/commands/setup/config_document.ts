import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { CREDENTIAL_KEYS } from "../../config/credentials.ts";
import type { AccountEntry, ConfigChange, ShipperChange } from "./account_entry.ts";
import { splicedConfig } from "./config_splice.ts";
import {
  entryText,
  pairText,
  sealKeyText,
  shipperText,
  TO_STRING,
  valueNode,
} from "./entry_text.ts";

const OPTIONS = { version: "1.2", schema: "core" } as const;

/** Keys that an account of the other API generation, or of another place, must not keep. */
const OWNED: readonly string[] = ["region", "base_url", ...Object.values(CREDENTIAL_KEYS).flat()];

/** A new configuration with one account. `stateDir` null: the default. */
export function newConfig(
  { entry, sealKey, shipper }: ConfigChange,
  stateDir: string | null,
  head: string,
): string {
  const state = stateDir === null ? "" : `${pairText("state_dir", stateDir)}\n`;
  return `${head}${state}${shipperText(shipper)}accounts:\n${entryText(entry, "  ")}${sealKeyText(sealKey)}`;
}

/**
 * An existing, valid configuration with the account added, or with the account of that name changed. It is changed as text,
 * so that comments, order and spaces stay; only where the file's form does not allow that is it written anew from its
 * document (comments and values as they were, spaces perhaps not).
 */
export function changedConfig(text: string, change: ConfigChange): string {
  const wanted = wantedValue(readValue(text), change);
  const spliced = splicedConfig(text, change);
  if (spliced !== null && isDeepStrictEqual(readValue(spliced), wanted)) return spliced;
  return rebuilt(text, change);
}

interface Value {
  readonly accounts: readonly Readonly<Record<string, unknown>>[];
}

function readValue(text: string): Value {
  return parseDocument(text, OPTIONS).toJS() as Value;
}

function wantedValue(value: Value, { entry, sealKey, shipper }: ConfigChange): Value {
  const known = value.accounts.some(({ name }) => name === entry.name);
  const accounts = value.accounts.map((account) =>
    account.name === entry.name ? { ...kept(account, entry), ...entry } : account,
  );
  return {
    ...value,
    accounts: known ? accounts : [...accounts, entry],
    ...(sealKey === null ? {} : { seal_key: sealKey }),
    ...shipperValues(shipper),
  };
}

/** The keys of a change of the shipper. */
export function shipperValues(change: ShipperChange | null): Readonly<Record<string, unknown>> {
  if (change === null) return {};
  const { shipper, output } = change;
  return output === null ? { shipper } : { shipper, output };
}

function kept(account: Readonly<Record<string, unknown>>, entry: AccountEntry): object {
  return Object.fromEntries(
    Object.entries(account).filter(([key]) => !OWNED.includes(key) || entry[key] !== undefined),
  );
}

function rebuilt(text: string, { entry, sealKey, shipper }: ConfigChange): string {
  const document = parseDocument(text, OPTIONS);
  const list = document.get("accounts", true) as YAMLSeq;
  const found = list.items.find((item) => isMap(item) && item.get("name") === entry.name);
  const item = (found ?? document.createNode({})) as YAMLMap<string>;
  for (const key of OWNED) if (entry[key] === undefined) item.delete(key);
  const current = item.toJS(document) as Record<string, unknown>;
  for (const [key, value] of Object.entries(entry)) {
    if (value === undefined || isDeepStrictEqual(current[key], value)) continue;
    const old = item.get(key, true) as unknown;
    const node = valueNode(key, value);
    if (isNode(old) && typeof old.comment === "string") node.comment = old.comment;
    item.set(key, node);
  }
  if (found === undefined) list.add(item);
  if (sealKey !== null) document.set("seal_key", valueNode("seal_key", sealKey));
  for (const [key, value] of Object.entries(shipperValues(shipper))) {
    document.set(key, valueNode(key, value));
  }
  return document.toString(TO_STRING);
}

/** An existing, valid configuration with a key added. */
export function withKey(text: string, key: string, value: unknown): string {
  const wanted = { ...readValue(text), [key]: value };
  const added = `${text}${text.endsWith("\n") ? "" : "\n"}${pairText(key, value)}\n`;
  if (isDeepStrictEqual(readValue(added), wanted)) return added;
  const document = parseDocument(text, OPTIONS);
  document.set(key, valueNode(key, value));
  return document.toString(TO_STRING);
}
