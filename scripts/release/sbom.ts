import { createHash } from "node:crypto";
import type { LockedPackage } from "./locked_packages.ts";
import type { NodeOrigin } from "./node_binary.ts";

/** What the bill of materials describes. */
export interface Described {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** RFC 3339. */
  readonly time: string;
}

/**
 * The software bill of materials, CycloneDX 1.6 JSON: the program, every package bundled into it with its hash and license,
 * and the node binary of each single executable with its hash and origin. The same input gives the same bytes.
 */
export function sbom(
  described: Described,
  packages: readonly LockedPackage[],
  nodes: readonly NodeOrigin[],
): string {
  const self = `pkg:npm/mimecast-input@${described.version}`;
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
        licenses: [licenseOf(described.license)],
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
        licenses: [licenseOf(each.license)],
        purl: purl(each),
      })),
      ...nodes.map(platform),
    ],
    dependencies: [
      { ref: self, dependsOn: [...tops, ...nodes.map(binaryPurl)].sort() },
      ...packages.map((each) => ({
        ref: purl(each),
        dependsOn: each.needs.flatMap((name) => refs.get(name) ?? []).sort(),
      })),
      ...nodes.map((each) => ({ ref: binaryPurl(each), dependsOn: [] })),
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

function platform(node: NodeOrigin): object {
  const { target, version, npmPackage } = node;
  return {
    type: "platform",
    "bom-ref": binaryPurl(node),
    name: "node",
    version,
    scope: "optional",
    description: `Inside the executable for ${target} only: bin/node of the npm package ${npmPackage}, which the Node.js project does not publish itself. The hash is that of the file before the program is put into it.`,
    hashes: [{ alg: "SHA-256", content: node.sha256 }],
    licenses: [licenseOf("MIT")],
    purl: binaryPurl(node),
    externalReferences: [
      {
        type: "distribution",
        url: `pkg:npm/${npmPackage}@${version}`,
        hashes: [{ alg: "SHA-512", content: sha512Of(node.integrity) }],
      },
    ],
  };
}

/** A file of a package is its subpath (https://github.com/package-url/purl-spec). */
function binaryPurl({ npmPackage, version }: NodeOrigin): string {
  return `pkg:npm/${npmPackage}@${version}#bin/node`;
}

function purl({ name, version }: LockedPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** An SPDX id, or an expression where it is more than one word. */
function licenseOf(spdx: string): object {
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
