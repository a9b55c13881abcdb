/** A LEEF event as a receiver that knows the specification and nothing of the sender reads it. */
export interface LeefEvent {
  readonly vendor: string;
  readonly product: string;
  readonly eventId: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const DELIMITER = /^(?:0x|x)([0-9A-Fa-f]{1,4})$/;

/**
 * Reads what follows the first "LEEF:" (IBM's LEEF guide). Of a repeated key the first value counts; a piece without "="
 * is skipped. Null where there is no LEEF header.
 */
export function leefEvent(payload: string): LeefEvent | null {
  const start = payload.indexOf("LEEF:");
  if (start < 0) return null;
  const header = /^LEEF:([12]\.0)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|/.exec(payload.slice(start));
  if (header === null) return null;
  const [whole, version, vendor, product, , eventId] = header as unknown as string[];
  const rest = payload.slice(start + whole!.length).replace(/^[ \t]/, "");
  const [delimiter, text] = version === "2.0" ? delimited(rest) : ["\t", rest];
  const attributes = new Map<string, string>();
  for (const pair of text!.split(delimiter!)) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, Math.max(at, 0)).trim();
    if (key !== "" && !attributes.has(key)) attributes.set(key, pair.slice(at + 1));
  }
  return { vendor: vendor!, product: product!, eventId: eventId!, attributes };
}

/** The delimiter field may be missing: then the attributes, which hold "=", follow at once, with TAB between them. */
function delimited(rest: string): [string, string] {
  const end = rest.indexOf("|");
  const field = end < 0 ? "" : rest.slice(0, end);
  if (end < 0 || field.includes("=")) return ["\t", rest];
  const hex = DELIMITER.exec(field);
  const delimiter = hex === null ? field : String.fromCharCode(Number.parseInt(hex[1]!, 16));
  return [delimiter === "" ? "\t" : delimiter, rest.slice(end + 1)];
}
