import { createHash } from "node:crypto";

/**
 * A value as one line, "SHA256-PREFIX JSON", for a file that the program overwrites in place: the file must survive the end
 * of the process, not of the machine.
 */
export function checkedLine(value: unknown): Buffer {
  const body = JSON.stringify(value);
  return Buffer.from(`${checksum(body)} ${body}\n`);
}

/**
 * Reads a line of `checkedLine`, and ignores the rest of an earlier, longer line after the line feed. Undefined if there is
 * no line, or it is torn or foreign.
 */
export function readCheckedLine(bytes: Uint8Array | null): unknown {
  const text = Buffer.from(bytes ?? []).toString("utf8");
  const body = text.slice(17, Math.max(0, text.indexOf("\n")));
  if (body === "" || text.slice(0, 16) !== checksum(body)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
