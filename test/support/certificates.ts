import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** A key and a certificate for it, as PEM texts. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** What a certificate says. By default good for one day around now. */
export interface Wanted {
  /** Host names and addresses; the first one is the common name. */
  readonly hosts: readonly string[];
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
}

/** An issuer of certificates. */
export interface Authority {
  /** PEM. */
  readonly cert: string;
  issue(wanted: Wanted): KeyAndCertificate;
}

const OID = {
  ecdsaWithSha256: "06082a8648ce3d040302",
  commonName: "0603550403",
  subjectAltName: "0603551d11",
  basicConstraints: "0603551d13",
} as const;
const HALF_DAY_MS = 43_200_000;

/** Makes an authority of its own. */
export function certificateAuthority(name = "Test CA"): Authority {
  const pair = newKey();
  const issuer = { name, key: pair.privateKey };
  const cert = certificate({ hosts: [name] }, pair.publicKey, issuer, true);
  return {
    cert,
    issue(wanted) {
      const { privateKey, publicKey } = newKey();
      return { key: pemOf(privateKey), cert: certificate(wanted, publicKey, issuer, false) };
    },
  };
}

/** Makes a certificate for 127.0.0.1 and a host name that signs itself. */
export function selfSigned(nowMs = Date.now(), host = "localhost"): KeyAndCertificate {
  const { privateKey, publicKey } = newKey();
  const wanted = {
    hosts: [host, "127.0.0.1"],
    notBeforeMs: nowMs - HALF_DAY_MS,
    notAfterMs: nowMs + HALF_DAY_MS,
  };
  const cert = certificate(wanted, publicKey, { name: host, key: privateKey }, false);
  return { key: pemOf(privateKey), cert };
}

function certificate(
  { hosts, notBeforeMs, notAfterMs }: Wanted,
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  isAuthority: boolean,
): string {
  const nowMs = Date.now();
  const algorithm = der(0x30, hex(OID.ecdsaWithSha256));
  const extension = isAuthority
    ? der(0x30, hex(OID.basicConstraints), der(0x04, der(0x30, der(0x01, Buffer.from([0xff])))))
    : der(0x30, hex(OID.subjectAltName), der(0x04, der(0x30, ...hosts.map(altName))));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...crypto.getRandomValues(new Uint8Array(8))])),
    algorithm,
    nameOf(issuer.name),
    der(
      0x30,
      utcTime(notBeforeMs ?? nowMs - HALF_DAY_MS),
      utcTime(notAfterMs ?? nowMs + HALF_DAY_MS),
    ),
    nameOf(hosts[0] ?? ""),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign("sha256", body, issuer.key);
  const pem = pemText(der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature)));
  // Throws where it is no certificate.
  return new X509Certificate(pem).toString();
}

function newKey() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }) as string;
}

function nameOf(text: string): Buffer {
  return der(0x30, der(0x31, der(0x30, hex(OID.commonName), der(0x0c, text))));
}

/** GeneralName of RFC 5280 §4.2.1.6: dNSName or iPAddress. */
function altName(host: string): Buffer {
  const family = isIP(host);
  if (family === 0) return der(0x82, host);
  return der(0x87, family === 4 ? Buffer.from(host.split(".").map(Number)) : ipv6(host));
}

function ipv6(address: string): Buffer {
  const [before = "", after = ""] = address.split("::");
  const words = (text: string) => text.split(":").filter((word) => word !== "");
  const missing = 8 - words(before).length - words(after).length;
  const all = [...words(before), ...Array<string>(missing).fill("0"), ...words(after)];
  return Buffer.from(all.map((word) => word.padStart(4, "0")).join(""), "hex");
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

function pemText(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
