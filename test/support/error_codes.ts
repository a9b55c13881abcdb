import { readFileSync } from "node:fs";

/** A row of docs/error-codes.csv: a code, the message that it comes with, cause and remedy. */
export interface ErrorCodeRow {
  readonly area: string;
  /** Such as `tls`, or `http_…` where the end differs. */
  readonly code: string;
  /** `…` stands for what differs. */
  readonly message: string;
  readonly cause: string;
  readonly remedy: string;
}

/** All rows. A cell has no line break; a quoted one doubles its quotes (RFC 4180). */
export function errorCodeRows(): ErrorCodeRow[] {
  const table = readFileSync(new URL("../../docs/error-codes.csv", import.meta.url), "utf8");
  const [, ...lines] = table.trimEnd().split("\n");
  return lines.map((line) => {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
    );
    if (cells.length !== 5) throw new Error(`docs/error-codes.csv must have five cells: ${line}`);
    const [area, code, message, cause, remedy] = cells as [string, string, string, string, string];
    return { area, code, message, cause, remedy };
  });
}

/** True where a text is what a quoted one stands for: `…` is any text, or none. */
export function fits(quoted: string, text: string): boolean {
  const parts = quoted
    .split("…")
    .map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*")}$`).test(text);
}
