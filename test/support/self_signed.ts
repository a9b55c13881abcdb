import { generateKeyPairSync, sign } from "node:crypto";

/** A key and a certificate for it, as PEM texts. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const OID = {
  ecdsaWithSha256: "06082a8648ce3d040302",
  commonName: "0603550403",
  subjectAltName: "0603551d11",
} as const;

/** Makes a certificate for 127.0.0.1 and a host name that signs itself, good for one day around now. */
export function selfSigned(nowMs = Date.now(), host = "localhost"): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = der(0x30, der(0x31, der(0x30, hex(OID.commonName), der(0x0c, host))));
  const names = der(0x30, der(0x82, host), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extension = der(0x30, hex(OID.subjectAltName), der(0x04, names));
  const algorithm = der(0x30, hex(OID.ecdsaWithSha256));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(0x30, utcTime(nowMs - 43_200_000), utcTime(nowMs + 43_200_000)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: pem(certificate),
  };
}

/** One value of the Distinguished Encoding Rules (X.690): tag, length, content. */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

function utcTime(ms: number): Buffer {
  return der(0x17, `${new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14)}Z`);
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
