import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { parseConfig } from "../../plugin/config/parse_config.ts";

/** The manifest can't be applied here: it is parsed, and every name in it has to lead somewhere. */

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string } };
}

const documents = parseAllDocuments(
  readFileSync("config-examples/kubernetes/fluent-bit-exec.yaml", "utf8"),
);
const [map, set] = documents.map((document) => document.toJS());
const { containers, volumes, securityContext } = set.spec.template.spec;
const [container] = containers;
const variables = new Map<string, Variable>(
  container.env.map((each: Variable) => [each.name, each]),
);
const mountOf = (path: string) =>
  container.volumeMounts.find(
    ({ mountPath }: { mountPath: string }) =>
      path === mountPath || path.startsWith(`${mountPath}/`),
  );

describe("config-examples/kubernetes/fluent-bit-exec.yaml", () => {
  it("is a ConfigMap and a StatefulSet of one pod, as YAML without errors", () => {
    expect(documents.flatMap((document) => [...document.errors, ...document.warnings])).toEqual([]);
    expect([map.kind, set.kind]).toEqual(["ConfigMap", "StatefulSet"]);
    expect(set.spec.replicas).toBe(1);
    expect(set.spec.template.metadata.labels).toMatchObject(set.spec.selector.matchLabels);
    expect(containers).toHaveLength(1);
  });

  it("mounts what is there: configuration, secret, and a disk each for checkpoint and buffer", () => {
    const claims = set.spec.volumeClaimTemplates.map(
      (each: { metadata: { name: string } }) => each.metadata.name,
    );
    const there = [...volumes.map(({ name }: { name: string }) => name), ...claims];
    const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
    expect(mounted.toSorted()).toEqual(there.toSorted());
    expect(volumes[0].configMap.name).toBe(map.metadata.name);
    expect(claims).toContain(mountOf("/var/lib/fluent-bit/storage").name);
    const path = variables.get("MIMECAST_INPUT_CONFIG")?.value as string;
    const text = map.data[path.slice(mountOf(path).mountPath.length + 1)];
    const config = parseConfig(text, {}, { fileName: path, mode: 0o644 });
    expect(claims).toContain(mountOf(config.stateDir).name);
    expect(config.target).toBeNull();
  });

  it("sets every variable that Fluent Bit's file and the configuration name", () => {
    const file = readFileSync("config-examples/fluent-bit/fluent-bit.yaml", "utf8");
    const names = [...file.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name as string);
    const inConfig = [...map.data["config.yaml"].matchAll(/env: (\w+)/g)].map(([, name]) => name);
    for (const name of [...names, ...inConfig]) expect(variables.has(name), name).toBe(true);
    const secret = volumes[1].secret;
    expect(secret.defaultMode & 0o007).toBe(0);
    expect(variables.get("MIMECAST_CLIENT_ID")?.valueFrom?.secretKeyRef.name).toBe(
      secret.secretName,
    );
  });

  it("runs as the user that the image's folders belong to, with nothing it may become", () => {
    const dockerfile = readFileSync("config-examples/docker/Dockerfile", "utf8");
    expect(dockerfile).toContain(`USER ${securityContext.runAsUser}:${securityContext.runAsGroup}`);
    expect(securityContext.runAsNonRoot).toBe(true);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });
});
