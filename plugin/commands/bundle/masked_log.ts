import { redactFields, redactText } from "../../text/redact.ts";

/** A log file, masked again with all secrets that are known now: what was written before a secret was known is old. */
export function maskedLog(text: string, secrets: readonly string[]): string {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `${maskedLine(line, secrets)}\n`)
    .join("");
}

function maskedLine(line: string, secrets: readonly string[]): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) {
      return JSON.stringify(redactFields(value as Record<string, unknown>, secrets));
    }
  } catch {
    // A line that was cut by a crash.
  }
  return redactText(line, secrets);
}
