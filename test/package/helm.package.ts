import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { goTool } from "../../scripts/release/go_tool.ts";
import { type Manifest, validateManifest } from "../support/kubernetes_schema.ts";

/** The chart, rendered by helm: values of every kind give manifests that the Kubernetes API takes. */

const CHART = "config-examples/helm/mimecast-input";
const helm = goTool("helm.sh/helm/v3/cmd/helm@v3.18.6", ["version"]);
const isThere = helm.isThere();
const why = isThere ? "" : " (skipped: Go can't fetch helm)";

const folder = mkdtempSync(join(tmpdir(), "mimecast-input-helm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Rendered extends Manifest {
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: manifests differ by kind; the schemas have checked them.
  readonly spec?: any;
}

function template(values: object): { readonly manifests: Rendered[]; readonly error: string } {
  const path = join(folder, "values.json");
  writeFileSync(path, JSON.stringify(values));
  const run = helm.run(["template", "acme", CHART, "--values", path, "--kube-version", "1.31.0"]);
  const manifests = run.status === 0 ? parseAllDocuments(run.stdout) : [];
  return { manifests: manifests.map((each) => each.toJS() as Rendered), error: run.stderr };
}

const ofKind = (manifests: readonly Rendered[], kind: string) =>
  manifests.filter((each) => each.kind === kind);

describe("the Helm chart", () => {
  it.skipIf(!isThere)(`passes helm lint${why}`, () => {
    const run = helm.run(["lint", "--strict", CHART]);
    expect(run.status, run.stdout + run.stderr).toBe(0);
  });

  it.skipIf(!isThere).each([
    ["its defaults", {}],
    ["a shipper elsewhere", { delivery: { to: "url", url: "https://vector.logs:9880/" } }],
    [
      "everything set",
      {
        image: { repository: "r.test/a", digest: `sha256:${"a".repeat(64)}` },
        imagePullSecrets: [{ name: "pull" }],
        persistence: { size: "5Gi", storageClassName: "fast" },
        podDisruptionBudget: { enabled: true },
        podAnnotations: { "example.test/team": "soc" },
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "soc", operator: "Exists" }],
        affinity: { podAntiAffinity: {} },
      },
    ],
  ])(`gives manifests that the Kubernetes API takes, with %s${why}`, async (_name, values) => {
    const { manifests, error } = template(values);
    expect(error).not.toContain("Error");
    expect(manifests.length).toBeGreaterThan(2);
    for (const manifest of manifests) await validateManifest(manifest);
    const [map] = ofKind(manifests, "ConfigMap");
    const config = parseConfig(
      map?.data?.["config.yaml"] ?? "",
      {},
      { fileName: "config.yaml", mode: 0o644 },
    );
    expect(config.accounts.map(({ name }) => name)).toEqual(["acme"]);
    const [set] = ofKind(manifests, "StatefulSet");
    if (set === undefined) throw new Error("no StatefulSet");
    const pod = set.spec.template;
    const names = [...(pod.spec.volumes ?? []), ...set.spec.volumeClaimTemplates].map(
      (each) => each.name ?? each.metadata.name,
    );
    for (const container of pod.spec.containers) {
      expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true });
      for (const { name } of container.volumeMounts) expect(names).toContain(name);
    }
    for (const each of ["NetworkPolicy", "PodDisruptionBudget"]) {
      for (const { spec } of ofKind(manifests, each)) {
        expect(pod.metadata.labels).toMatchObject((spec.podSelector ?? spec.selector).matchLabels);
      }
    }
    expect(ofKind(manifests, "Secret")).toEqual([]);
  });

  it.skipIf(!isThere)(`sends to QRadar as the example of Fluent Bit does${why}`, () => {
    const { manifests } = template({ qradar: { host: "q.test", port: 6514 } });
    const [map] = ofKind(manifests, "ConfigMap");
    const { pipeline } = parse(map?.data?.["fluent-bit.yaml"] ?? "");
    expect(pipeline.outputs).toMatchObject([{ name: "syslog", host: "q.test", port: 6514 }]);
    const [policy] = ofKind(manifests, "NetworkPolicy");
    expect(JSON.stringify(policy?.spec.egress)).toContain("6514");
  });

  it.skipIf(!isThere).each([
    ["a delivery that is none", { delivery: { to: "tcp" } }, "delivery"],
    ["no URL", { delivery: { to: "url" } }, "url"],
    ["a digest that is none", { image: { repository: "a", digest: "latest" } }, "digest"],
    ["a key that is not known", { creds: {} }, "creds"],
    [
      "what the chart sets itself",
      { config: { accounts: [{ name: "a", api: "2.0" }], state_dir: "/tmp" } },
      "config",
    ],
  ])(`refuses %s${why}`, (_name, values, named) => {
    expect(template(values).error).toContain(named);
  });
});
