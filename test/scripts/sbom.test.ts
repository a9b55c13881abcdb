import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { lockedPackages, thirdPartyLicenses } from "../../scripts/release/locked_packages.ts";
import { sbom } from "../../scripts/release/sbom.ts";

const LOCK = readFileSync("package-lock.json", "utf8");
/** Some of the bundle's packages; "pend" is there because "yauzl" needs it. */
const FOLDERS = ["jose", "pend", "undici", "yauzl"].map((name) => `node_modules/${name}`);
const NODES = ["linux-x64", "linux-arm64"].map((target, at) => ({
  target,
  version: "24.0.0",
  sha256: String(at).repeat(64),
  npmPackage: `node-${target}`,
  integrity: `sha512-${Buffer.alloc(64, at).toString("base64")}`,
}));
const ABOUT = {
  version: "1.2.3",
  description: "d",
  license: "Apache-2.0",
  time: "2026-01-01T00:00:00.000Z",
};

/** What CycloneDX 1.6 (bom-1.6.schema.json) says of the parts that are used here, as strictly as it does. */
const ref = z.string().min(1);
const licenses = z
  .array(
    z.union([
      z.strictObject({ license: z.strictObject({ id: z.string() }) }),
      z.strictObject({ expression: z.string() }),
    ]),
  )
  .min(1);
const hashes = z
  .array(
    z.union([
      z.strictObject({ alg: z.literal("SHA-256"), content: z.string().regex(/^[a-f0-9]{64}$/) }),
      z.strictObject({ alg: z.literal("SHA-512"), content: z.string().regex(/^[a-f0-9]{128}$/) }),
    ]),
  )
  .min(1);
const component = z.strictObject({
  type: z.enum(["application", "library", "platform"]),
  "bom-ref": ref,
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  scope: z.enum(["required", "optional", "excluded"]).optional(),
  hashes: hashes.optional(),
  licenses: licenses,
  purl: z.string().regex(/^pkg:/),
  externalReferences: z
    .array(z.strictObject({ type: z.literal("distribution"), url: z.string().min(1), hashes }))
    .optional(),
});
const BOM = z.strictObject({
  $schema: z.literal("http://cyclonedx.org/schema/bom-1.6.schema.json"),
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.6"),
  serialNumber: z
    .string()
    .regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  version: z.int().min(1),
  metadata: z.strictObject({ timestamp: z.iso.datetime(), component }),
  components: z.array(component),
  dependencies: z.array(z.strictObject({ ref, dependsOn: z.array(ref) })),
});

describe("lockedPackages()", () => {
  it("says of the asked folders what the lock file says, and of no other", () => {
    const packages = lockedPackages(LOCK, FOLDERS);
    expect(packages.map(({ name }) => name)).toEqual(["jose", "pend", "undici", "yauzl"]);
    const { packages: locked } = JSON.parse(LOCK);
    for (const { folder, version, integrity, license } of packages) {
      expect({ version, integrity, license: license }).toMatchObject({
        version: locked[folder].version,
        integrity: locked[folder].integrity,
        license: locked[folder].license,
      });
    }
    expect(packages.at(-1)?.needs).toContain("pend");
  });

  it("refuses a package that the lock file says too little of, or nothing", () => {
    const packages = { "": {}, "node_modules/a": { version: "1.0.0", license: "MIT" } };
    for (const folder of ["node_modules/a", "node_modules/b"]) {
      expect(() => lockedPackages(JSON.stringify({ packages }), [folder])).toThrow(
        `integrity of ${folder}`,
      );
    }
  });

  it("tells a package inside of another one from the one beside it", () => {
    const entry = (version: string) => ({ version, license: "MIT", integrity: "sha512-AA==" });
    const packages = {
      "node_modules/@a/b": entry("1.0.0"),
      "node_modules/c/node_modules/@a/b": entry("2.0.0"),
    };
    const lock = JSON.stringify({ packages });
    expect(lockedPackages(lock, ["node_modules/c/node_modules/@a/b"])).toMatchObject([
      { name: "@a/b", version: "2.0.0" },
    ]);
  });
});

describe("thirdPartyLicenses()", () => {
  it("holds the license of every package", () => {
    const packages = lockedPackages(LOCK, FOLDERS);
    const text = thirdPartyLicenses(packages, ".");
    for (const { name, version } of packages) expect(text).toContain(`${name} ${version} (`);
    expect(text.match(/Permission|Redistribution|Apache License/g)?.length).toBeGreaterThanOrEqual(
      packages.length,
    );
    const lost = [{ ...packages[0]!, folder: "node_modules/no-such-package" }];
    expect(() => thirdPartyLicenses(lost, ".")).toThrow(/Cannot find the license/);
  });
});

describe("sbom()", () => {
  const packages = lockedPackages(LOCK, FOLDERS);
  const bom = BOM.parse(JSON.parse(sbom(ABOUT, packages, NODES)));

  it("is CycloneDX 1.6 in which every reference has a component", () => {
    const refs = [bom.metadata.component, ...bom.components].map((each) => each["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    expect(bom.dependencies.map((each) => each.ref).sort()).toEqual([...refs].sort());
    for (const { dependsOn } of bom.dependencies) {
      for (const each of dependsOn) expect(refs).toContain(each);
    }
    const reached = new Set(bom.dependencies.flatMap(({ dependsOn }) => dependsOn));
    expect(reached.size).toBe(bom.components.length);
  });

  it("has the packages that are given and the node binaries, each with hash and origin", () => {
    const libraries = bom.components.filter(({ type }) => type === "library");
    expect(libraries.map(({ name }) => `node_modules/${name}`)).toEqual(FOLDERS);
    const platforms = bom.components.filter(({ type }) => type === "platform");
    expect(platforms).toMatchObject(
      NODES.map(({ npmPackage, sha256 }) => ({
        version: "24.0.0",
        purl: `pkg:npm/${npmPackage}@24.0.0#bin/node`,
        hashes: [{ alg: "SHA-256", content: sha256 }],
        externalReferences: [{ url: `pkg:npm/${npmPackage}@24.0.0`, hashes: [{ alg: "SHA-512" }] }],
      })),
    );
  });

  it("says the same of the same input, and has another serial number for another", () => {
    expect(sbom(ABOUT, packages, NODES)).toBe(sbom(ABOUT, lockedPackages(LOCK, FOLDERS), NODES));
    const other = BOM.parse(JSON.parse(sbom({ ...ABOUT, version: "1.2.4" }, packages, NODES)));
    expect(other.serialNumber).not.toBe(bom.serialNumber);
  });
});
