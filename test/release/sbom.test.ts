import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { lockedPackages, thirdPartyLicences } from "../../scripts/release/locked_packages.ts";
import { sbom } from "../../scripts/release/sbom.ts";

const LOCK = readFileSync("package-lock.json", "utf8");
const ABOUT = {
  version: "1.2.3",
  description: "d",
  licence: "Apache-2.0",
  nodeVersion: "24.0.0",
  time: "2026-01-01T00:00:00.000Z",
};

/** What CycloneDX 1.6 (bom-1.6.schema.json) says of the parts that are used here, as strictly as it does. */
const ref = z.string().min(1);
const licences = z
  .array(
    z.union([
      z.strictObject({ license: z.strictObject({ id: z.string() }) }),
      z.strictObject({ expression: z.string() }),
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
  hashes: z
    .array(
      z.strictObject({ alg: z.literal("SHA-512"), content: z.string().regex(/^[a-f0-9]{128}$/) }),
    )
    .optional(),
  licenses: licences,
  purl: z.string().regex(/^pkg:/),
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
  it("has every dependency of package.json and none that is for development only", () => {
    const about = JSON.parse(readFileSync("package.json", "utf8"));
    const names = lockedPackages(LOCK).map(({ name }) => name);
    for (const name of Object.keys(about.dependencies)) expect(names).toContain(name);
    for (const name of Object.keys(about.devDependencies)) expect(names).not.toContain(name);
    // What a dependency needs in turn.
    expect(names).toContain("pend");
  });

  it("refuses a lock file that says too little", () => {
    const packages = { "": {}, "node_modules/a": { version: "1.0.0", license: "MIT" } };
    expect(() => lockedPackages(JSON.stringify({ packages }))).toThrow(
      /integrity of node_modules\/a/,
    );
  });
});

describe("thirdPartyLicences()", () => {
  it("holds the licence of every package", () => {
    const packages = lockedPackages(LOCK);
    const text = thirdPartyLicences(packages, ".");
    for (const { name, version } of packages) expect(text).toContain(`${name} ${version} (`);
    expect(text.match(/Permission|Redistribution|Apache License/g)?.length).toBeGreaterThanOrEqual(
      packages.length,
    );
    const lost = [{ ...packages[0]!, folder: "node_modules/no-such-package" }];
    expect(() => thirdPartyLicences(lost, ".")).toThrow(/Cannot find the licence/);
  });
});

describe("sbom()", () => {
  const packages = lockedPackages(LOCK);
  const bom = BOM.parse(JSON.parse(sbom(ABOUT, packages)));

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

  it("says the same of the same input, and has another serial number for another", () => {
    expect(sbom(ABOUT, packages)).toBe(sbom(ABOUT, lockedPackages(LOCK)));
    const other = BOM.parse(JSON.parse(sbom({ ...ABOUT, version: "1.2.4" }, packages)));
    expect(other.serialNumber).not.toBe(bom.serialNumber);
  });
});
