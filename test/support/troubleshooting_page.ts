import { readFileSync } from "node:fs";

/** A row of docs/troubleshooting.md: a code, the message that it comes with, cause and remedy. */
export interface TroubleRow {
  /** Such as `tls`, or `http_…` where the end differs. */
  readonly code: string;
  /** As quoted on the page: `…` stands for what differs. */
  readonly message: string;
  readonly cause: string;
  readonly remedy: string;
}

/** All rows of the page whose message is quoted. */
export function troubleRows(): TroubleRow[] {
  const page = readFileSync(new URL("../../docs/troubleshooting.md", import.meta.url), "utf8");
  const rows = page.matchAll(
    /^\| (?:Mimecast's own, )?`([^`]+)` \| `([^`]+)` \| (.+?) \| (.*?) \|$/gm,
  );
  return [...rows].map(([, code, message, cause, remedy]) => {
    return { code: code!, message: message!, cause: cause!, remedy: remedy! };
  });
}

/** True where a text is what a quoted one stands for: `…` is any text, or none. */
export function fits(quoted: string, text: string): boolean {
  const parts = quoted
    .split("…")
    .map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*")}$`).test(text);
}
