import { CompactEncrypt, compactDecrypt } from "jose";

/** Length of a seal key in bytes (A256GCM, RFC 7518 §5.3). */
export const SEAL_KEY_BYTES = 32;

/** A sealed secret: JWE compact serialization (RFC 7516 §7.1) with an empty key part, as `alg: dir` makes it. */
export const SEALED = /^eyJ[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Encrypts a text with the key itself (`dir` + A256GCM). */
export async function sealText(text: string, key: Uint8Array): Promise<string> {
  return await new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .encrypt(key);
}

/** Decrypts a text of `sealText`; rejects with another key, or if a byte was changed. */
export async function openSealed(sealed: string, key: Uint8Array): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
}

/** The text form of a key, as in a key file: base64url without padding. */
export function formatSealKey(key: Uint8Array): string {
  return Buffer.from(key).toString("base64url");
}

/** A key from its text form; undefined if the text is not exactly 32 bytes of base64url. */
export function parseSealKey(text: string): Uint8Array | undefined {
  const body = text.replace(/=?$/, "");
  if (!/^[A-Za-z0-9_-]{43}$/.test(body)) {
    return undefined;
  }
  const key = new Uint8Array(Buffer.from(body, "base64url"));
  return key.length === SEAL_KEY_BYTES ? key : undefined;
}
