import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isNode, isScalar, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { AccountEntry, ConfigChange } from "./account_entry.ts";
import { entryText, pairText, sealKeyText, shipperText } from "./entry_text.ts";

/** A piece of the text, and what takes its location. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * The account added or changed in the text itself: every byte that is not part of it stays. Null where the form of the file
 * does not allow it: a list in brackets, or keys that would have to go.
 */
export function splicedConfig(
  text: string,
  { entry, sealKey, shipper }: ConfigChange,
): string | null {
  const document = parseDocument(text, { version: "1.2", schema: "core" });
  const list = document.get("accounts", true);
  if (!isSeq(list) || list.flow === true) return null;
  const item = list.items.find((each) => isMap(each) && each.get("name") === entry.name);
  const edits = isMap(item)
    ? itemEdits(text, document, item, entry)
    : newItemEdits(text, list.items, entry);
  if (edits === null) return null;
  const changed = edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((all, edit) => all.slice(0, edit.from) + edit.text + all.slice(edit.to), text);
  const more = sealKeyText(sealKey) + shipperText(shipper);
  return more === "" ? changed : withLineFeed(changed) + more;
}

/** Behind the last item, with the same indentation. */
function newItemEdits(
  text: string,
  items: readonly unknown[],
  entry: AccountEntry,
): readonly Edit[] | null {
  const [first, last] = [items[0], items.at(-1)];
  if (!isNode(first) || !isNode(last) || !first.range || !last.range) return null;
  const lineStart = text.lastIndexOf("\n", first.range[0] - 1) + 1;
  const dash = /^( *)- *$/.exec(text.slice(lineStart, first.range[0]));
  if (dash === null) return null;
  const indent = dash[1] as string;
  const at = endOfItem(text, last.range[1], indent.length);
  const lineFeed = text[at - 1] === "\n" ? "" : "\n";
  return [{ from: at, to: at, text: lineFeed + entryText(entry, indent) }];
}

/** Each value that is another one now, where it stands; keys that are new, below `name`. */
function itemEdits(
  text: string,
  document: Document,
  item: YAMLMap,
  entry: AccountEntry,
): readonly Edit[] | null {
  if (item.flow === true) return null;
  const current = item.toJS(document) as Record<string, unknown>;
  const edits: Edit[] = [];
  const added: [string, unknown][] = [];
  for (const [key, value] of Object.entries(entry)) {
    if (value === undefined || isDeepStrictEqual(current[key], value)) continue;
    const node = item.get(key, true);
    if (!isNode(node) || !node.range) {
      added.push([key, value]);
      continue;
    }
    const [from, to] = node.range;
    const lineFeed = text[to - 1] === "\n" ? "\n" : "";
    edits.push({ from, to, text: pairText(key, value).replace(/^[^:]*: /, "") + lineFeed });
  }
  if (added.length === 0) return edits;
  const name = item.items.find(({ key }) => isScalar(key) && key.value === "name");
  if (!isScalar(name?.key) || !name.key.range) return null;
  const start = name.key.range[0];
  const column = start - (text.lastIndexOf("\n", start - 1) + 1);
  const at = endOfLine(text, start);
  const lines = added.map(([key, value]) => `${" ".repeat(column)}${pairText(key, value)}\n`);
  const lineFeed = text[at - 1] === "\n" ? "" : "\n";
  return [...edits, { from: at, to: at, text: lineFeed + lines.join("") }];
}

/** Behind the comments that stand deeper than the list's own dashes: they belong to its last item. */
function endOfItem(text: string, from: number, indent: number): number {
  let end = text[from - 1] === "\n" ? from : endOfLine(text, from);
  for (;;) {
    const comment = /^(?: *\n)*( *)#[^\n]*(?:\n|$)/.exec(text.slice(end));
    if (comment === null || (comment[1] as string).length <= indent) return end;
    end += comment[0].length;
  }
}

function endOfLine(text: string, from: number): number {
  const lineFeed = text.indexOf("\n", from);
  return lineFeed < 0 ? text.length : lineFeed + 1;
}

function withLineFeed(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
