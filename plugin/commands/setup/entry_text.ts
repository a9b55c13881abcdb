import { Document, isMap, isScalar, type Node, type Pair, type YAMLMap } from "yaml";
import type { SealKeyRef } from "../../config/secret_ref.ts";
import type { AccountEntry, ShipperChange } from "./account_entry.ts";

/** No folding: a sealed secret stays on its line. */
export const TO_STRING = { lineWidth: 0 } as const;

/** An entry of `accounts` as lines of YAML, `indent` before each; ends with a line feed. */
export function entryText(entry: AccountEntry, indent: string): string {
  const lines = Object.entries(entry)
    .filter(([, value]) => value !== undefined)
    .map(([key, value], index) => `${indent}${index === 0 ? "- " : "  "}${pairText(key, value)}\n`);
  return lines.join("");
}

/** `key: value` on one line. */
export function pairText(key: string, value: unknown): string {
  return pairDocument(key, value).toString(TO_STRING).trimEnd();
}

/** The line of `seal_key`; empty for null. */
export function sealKeyText(sealKey: SealKeyRef | null): string {
  return sealKey === null ? "" : `${pairText("seal_key", sealKey)}\n`;
}

/** The lines of `shipper` and its `output`; empty for null. */
export function shipperText(change: ShipperChange | null): string {
  if (change === null) return "";
  const { shipper, output } = change;
  return `${pairText("shipper", shipper)}\n${output === null ? "" : `${pairText("output", output)}\n`}`;
}

/** The value of a key as it is written: on one line, the API generation in quotes so that it stays text. */
export function valueNode(key: string, value: unknown): Node {
  const { contents } = pairDocument(key, value);
  return (contents.items[0] as Pair<unknown, Node>).value as Node;
}

function pairDocument(key: string, value: unknown): Document & { contents: YAMLMap } {
  const document = new Document({ [key]: value });
  const { contents } = document;
  if (!isMap(contents)) throw new TypeError("A mapping");
  const node = contents.get(key, true);
  if (isScalar(node) && key === "api") node.type = "QUOTE_DOUBLE";
  else if (typeof node === "object" && node !== null) (node as { flow?: boolean }).flow = true;
  return document as Document & { contents: YAMLMap };
}
