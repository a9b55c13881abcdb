import { SaxesParser } from "saxes";

/** An element of a document. */
export interface XmlNode {
  /** With its prefix, as it is written. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** Its own text, CDATA included, children's text not. */
  readonly text: string;
}

/** Reads a document; throws with line and column where it is not well-formed or a prefix has no namespace. */
export function parseXml(document: string): XmlNode {
  const parser = new SaxesParser({ xmlns: true });
  const open: {
    name: string;
    attributes: Map<string, string>;
    children: XmlNode[];
    text: string;
  }[] = [{ name: "", attributes: new Map(), children: [], text: "" }];
  parser.on("opentag", (tag) => {
    const attributes = new Map(
      Object.values(tag.attributes).map(({ name, value }) => [name, value]),
    );
    open.push({ name: tag.name, attributes, children: [], text: "" });
  });
  const text = (piece: string): void => {
    open.at(-1)!.text += piece;
  };
  parser.on("text", text);
  parser.on("cdata", text);
  parser.on("closetag", () => {
    const node = open.pop()!;
    open.at(-1)!.children.push(node);
  });
  parser.write(document).close();
  return open[0]!.children[0]!;
}

/** The children of that name. */
export function childrenOf(node: XmlNode, name: string): XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/** A row of a content export as an object: its children's names and texts. */
export function fieldsOf(node: XmlNode): Record<string, string> {
  return Object.fromEntries(node.children.map(({ name, text }) => [name, text]));
}
