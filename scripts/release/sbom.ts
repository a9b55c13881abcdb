import { createHash } from "node:crypto";
import type { LockedPackage } from "./locked_packages.ts";

/** What the bill of materials describes. */
export interface Described {
  readonly version: string;
  readonly description: string;
  readonly licence: string;
  /** Of the node binary in the single executables. */
  readonly nodeVersion: string;
  /** RFC 3339. */
  readonly time: string;
}

/**
 * The software bill of materials, CycloneDX 1.6 JSON: the program, every package bundled into it with its hash and licence,
 * and the Node.js of the single executables. The same input gives the same bytes.
 */
export function sbom(described: Described, packages: readonly LockedPackage[]): string {
  const self = `pkg:npm/mimecast-input@${described.version}`;
  const node = `pkg:generic/node@${described.nodeVersion}`;
  const refs = new Map(packages.map((each) => [each.name, purl(each)]));
  const needed = new Set(packages.flatMap(({ needs }) => needs));
  const tops = packages.filter(({ name }) => !needed.has(name)).map(purl);
  const body = {
    version: 1,
    metadata: {
      timestamp: described.time,
      component: {
        type: "application",
        "bom-ref": self,
        name: "mimecast-input",
        version: described.version,
        description: described.description,
        licenses: [licenceOf(described.licence)],
        purl: self,
      },
    },
    components: [
      ...packages.map((each) => ({
        type: "library",
        "bom-ref": purl(each),
        name: each.name,
        version: each.version,
        scope: "required",
        hashes: [{ alg: "SHA-512", content: sha512Of(each.integrity) }],
        licenses: [licenceOf(each.licence)],
        purl: purl(each),
      })),
      {
        type: "platform",
        "bom-ref": node,
        name: "node",
        version: described.nodeVersion,
        scope: "optional",
        description: "Inside the single executables only",
        licenses: [licenceOf("MIT")],
        purl: node,
      },
    ],
    dependencies: [
      { ref: self, dependsOn: [...tops, node].sort() },
      ...packages.map((each) => ({
        ref: purl(each),
        dependsOn: each.needs.flatMap((name) => refs.get(name) ?? []).sort(),
      })),
      { ref: node, dependsOn: [] },
    ],
  };
  const head = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
  };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

function purl({ name, version }: LockedPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** An SPDX id, or an expression where it is more than one word. */
function licenceOf(spdx: string): object {
  return /[ ()]/.test(spdx) ? { expression: spdx } : { license: { id: spdx } };
}

function sha512Of(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}

/** A UUID made from the content (RFC 9562 §5.8, version 8). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = "89ab"[Number.parseInt(hex[16] as string, 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
