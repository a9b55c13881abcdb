/**
 * Throws where a manifest has a wrong type or value, or lacks a key, by the schemas of the Kubernetes API. Keys that it does not
 * know are not found.
 */
export async function validateManifest(manifest: Manifest): Promise<void> {
  const [group, version] = manifest.apiVersion.includes("/")
    ? manifest.apiVersion.split("/")
    : ["", manifest.apiVersion];
  const folder = group === "" ? version : `${group}/${version}`;
  const path = `kubernetes-models/${folder}/${manifest.kind}`;
  const model = ((await import(path)) as Record<string, Model>)[manifest.kind];
  if (model === undefined) throw new Error(`No schema of ${manifest.apiVersion} ${manifest.kind}`);
  new model(manifest).validate();
}

/** A document of a manifest file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

type Model = new (manifest: Manifest) => { validate(): void };
