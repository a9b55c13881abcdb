import { hkdfSync } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import type { CredentialsV2, Token } from "./auth_v2.ts";

/**
 * The token as a file: a JWE (RFC 7516, `dir` with A256GCM), its key from the client secret by HKDF-SHA256
 * (RFC 5869). Only a holder of the secret can open it.
 */
export async function sealToken(
  token: Token,
  credentials: CredentialsV2,
  baseUrl: string,
): Promise<Uint8Array> {
  const content = { ...token, clientId: credentials.clientId, baseUrl };
  const jwe = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .encrypt(keyOf(credentials));
  return new TextEncoder().encode(jwe);
}

/** The token of a file, or null if it belongs to other credentials or another host, or somebody changed it. */
export async function openToken(
  file: Uint8Array,
  credentials: CredentialsV2,
  baseUrl: string,
): Promise<Token | null> {
  try {
    const { plaintext } = await compactDecrypt(file, keyOf(credentials), {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    const content = JSON.parse(new TextDecoder().decode(plaintext)) as Record<string, unknown>;
    const { accessToken, renewAtMs } = content;
    // The client is that of the key.
    if (content.baseUrl !== baseUrl) return null;
    if (typeof accessToken !== "string" || typeof renewAtMs !== "number") return null;
    return { accessToken, renewAtMs };
  } catch {
    return null;
  }
}

function keyOf(credentials: CredentialsV2): Uint8Array {
  const info = "mimecast-input token at rest, A256GCM";
  return new Uint8Array(
    hkdfSync("sha256", credentials.clientSecret, credentials.clientId, info, 32),
  );
}
