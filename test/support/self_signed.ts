import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A key and a certificate made for one test: nothing of it is kept. */
export interface SelfSigned {
  readonly keyPem: string;
  readonly certPem: string;
}

/**
 * A self-signed certificate (RFC 5280) for a DNS name and 127.0.0.1, ECDSA P-256 with SHA-256, valid around the
 * real present: TLS asks the real clock.
 */
export function selfSigned(dnsName: string, nowMs = Date.now()): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId("2a8648ce3d040302"));
  const name = sequence(set(sequence(objectId("550403"), tagged(0x0c, Buffer.from(dnsName)))));
  const day = 86_400_000;
  const validity = sequence(utcTime(nowMs - day), utcTime(nowMs + day));
  const names = sequence(
    tagged(0x82, Buffer.from(dnsName)),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
  );
  const extensions = sequence(
    sequence(objectId("551d11"), tagged(0x04, names)),
    sequence(objectId("551d13"), TRUE, tagged(0x04, sequence(TRUE))),
  );
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.from([1])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, extensions),
  );
  const signature = sign("sha256", body, privateKey);
  return {
    keyPem: keyPem(privateKey),
    certPem: pem("CERTIFICATE", sequence(body, algorithm, bitString(signature))),
  };
}

const TRUE = Buffer.from([0x01, 0x01, 0xff]);

function keyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** DER: tag, length, content (ITU-T X.690 §8.1). */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(part: Buffer): Buffer {
  return tagged(0x31, part);
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}
