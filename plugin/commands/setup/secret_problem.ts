import type { CredentialKey } from "../../config/credentials.ts";

/** What is wrong with the text of a key; undefined: nothing. Never quotes it. */
export function secretProblem(key: CredentialKey, text: string): string | undefined {
  if (text === "") return "must not be empty";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be in it
  if (/[\u0000-\u001f\u007f]/.test(text)) return "must be one line without control characters";
  if (text !== text.trim()) return "must not begin or end with a space";
  // Mimecast shows it as base64 (API 1.0, authorization).
  if (key === "secret_key" && !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return "must be base64";
  return undefined;
}
