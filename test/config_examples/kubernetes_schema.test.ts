import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Manifest, validateManifest } from "../support/kubernetes_schema.ts";

const FOLDER = "config-examples/kubernetes";
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));

it.each(files)("%s holds manifests that the Kubernetes API takes", async (name) => {
  const text = readFileSync(`${FOLDER}/${name}`, "utf8");
  const manifests = parseAllDocuments(text).map((each) => each.toJS() as Manifest);
  expect(manifests.length).toBeGreaterThan(1);
  for (const manifest of manifests) await validateManifest(manifest);
});

it("a manifest with a wrong type or without what it needs is refused", async () => {
  const service = { apiVersion: "v1", kind: "Service", spec: { ports: [{ port: "many" }] } };
  await expect(validateManifest(service)).rejects.toThrow("port");
  const set = { apiVersion: "apps/v1", kind: "StatefulSet", spec: { template: {} } };
  await expect(validateManifest(set)).rejects.toThrow("selector");
  await expect(validateManifest({ apiVersion: "v1", kind: "Nothing" })).rejects.toThrow();
});
