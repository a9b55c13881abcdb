import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { pagesOf } from "../../plugin/commands/poll/pages.ts";
import { DEFAULTS } from "../../plugin/config/defaults.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { createFakeEffects } from "../support/fake_effects.ts";

/** The manifest can't be applied here: it is parsed, and every name in it has to lead somewhere. */

const read = (path: string) => readFileSync(`config-examples/${path}`, "utf8");

interface ConfigMap {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly data: Record<string, string>;
}

interface Named {
  readonly name: string;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Container extends Named {
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly args: string[];
  readonly env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string } } }[];
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface Volume extends Named {
  readonly configMap?: Named;
  readonly secret?: { secretName: string; defaultMode: number };
}

interface StatefulSet {
  readonly kind: string;
  readonly spec: {
    readonly replicas: number;
    readonly selector: { matchLabels: Record<string, string> };
    readonly template: {
      readonly metadata: { labels: Record<string, string> };
      readonly spec: {
        containers: Container[];
        volumes: Volume[];
        securityContext: Record<string, unknown>;
      };
    };
    readonly volumeClaimTemplates: { metadata: Named }[];
  };
}

const documents = parseAllDocuments(read("kubernetes/mimecast-input.yaml"));
const objects = documents.map((document) => document.toJS() as ConfigMap | StatefulSet);
const maps = objects.filter((one): one is ConfigMap => one.kind === "ConfigMap");
const sets = objects.filter((one): one is StatefulSet => one.kind === "StatefulSet");
const { spec } = sets[0]!;
const { containers, volumes, securityContext } = spec.template.spec;
const [program, fluentBit] = containers as [Container, Container];
const dataOf = (name: string) => maps.find(({ metadata }) => metadata.name === name)!.data;

/** The file that a container sees at `path`: the ConfigMap behind the mount. */
function fileAt(container: Container, path: string): string {
  const mount = container.volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const volume = volumes.find(({ name }) => name === mount?.name);
  const text = dataOf(volume!.configMap!.name)[path.slice(mount!.mountPath.length + 1)];
  if (text === undefined) throw new Error(`${container.name} has no file ${path}`);
  return text;
}

/** The claim whose disk holds `path`; undefined where it is on none. */
function claimOf(container: Container, path: string): string | undefined {
  const mount = container.volumeMounts.find(
    ({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`),
  );
  return spec.volumeClaimTemplates.find(({ metadata }) => metadata.name === mount?.name)?.metadata
    .name;
}

const configPath = program.env.find(({ name }) => name === "MIMECAST_INPUT_CONFIG")!.value!;
const config = parseConfig(fileAt(program, configPath), {}, { fileName: configPath, mode: 0o644 });

describe("config-examples/kubernetes", () => {
  it("is YAML without errors: two ConfigMaps and one StatefulSet of one pod", () => {
    expect(documents.flatMap((document) => [...document.errors, ...document.warnings])).toEqual([]);
    expect(objects.map(({ kind }) => kind)).toEqual(["ConfigMap", "ConfigMap", "StatefulSet"]);
    expect(spec.replicas).toBe(1);
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it("mounts only volumes that are there, and uses each of them", () => {
    const there = [
      ...volumes.map(({ name }) => name),
      ...spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
    ];
    const mounted = containers.flatMap((each) => each.volumeMounts.map(({ name }) => name));
    expect(mounted.toSorted()).toEqual(there.toSorted());
    for (const { configMap } of volumes) {
      if (configMap !== undefined)
        expect(maps.map(({ metadata }) => metadata.name)).toContain(configMap.name);
    }
  });

  it("has a configuration that the program accepts, with its state on a disk that survives", () => {
    expect(program.args).toEqual(["poll", "--follow"]);
    expect(claimOf(program, config.stateDir)).toBe("state");
    expect(config.target).toMatchObject({ url: "http://127.0.0.1:9880/", body: "json" });
  });

  it("restarts the program where /healthz finds that nothing works, and gives it time to begin", () => {
    const { livenessProbe, startupProbe } = program;
    expect(config.httpServer).toEqual({ host: "0.0.0.0", port: livenessProbe!.httpGet.port });
    const pages = pagesOf(() => config, { effects: createFakeEffects(), version: "" });
    expect(Object.keys(pages)).toContain(livenessProbe!.httpGet.path);
    expect(startupProbe?.httpGet).toEqual(livenessProbe?.httpGet);
    expect(startupProbe!.periodSeconds * startupProbe!.failureThreshold).toBeGreaterThan(300);
  });

  it("gives the program the secrets that its configuration names, readable by its group only", () => {
    const { credentials } = config.accounts[0]!;
    if (credentials.api !== "2.0") throw new Error("The example is one of API 2.0");
    const { clientId, clientSecret } = credentials;
    const secret = volumes.find((volume) => volume.secret !== undefined)!.secret!;
    const mount = program.volumeMounts.find(({ name }) => name === "credentials")!;
    expect(clientSecret).toEqual({ file: `${mount.mountPath}/client_secret` });
    expect((secret.defaultMode & 0o007) === 0).toBe(true);
    const variable = program.env.find(({ name }) => "env" in clientId && name === clientId.env)!;
    expect(variable.valueFrom?.secretKeyRef.name).toBe(secret.secretName);
    // The comment makes the secret: its keys must be the ones that are used.
    expect(read("kubernetes/mimecast-input.yaml")).toContain(
      `kubectl create secret generic ${secret.secretName} --from-literal=client_id=… --from-literal=client_secret=…`,
    );
  });

  it("runs Fluent Bit with the settings of fluent-bit/http-input.yaml, its buffer on a disk that survives", () => {
    const path = fluentBit.args[fluentBit.args.indexOf("-c") + 1]!;
    const inPod = parse(fileAt(fluentBit, path));
    const alone = parse(read("fluent-bit/http-input.yaml"));
    expect(claimOf(fluentBit, inPod.service["storage.path"])).toBe("buffer");
    alone.service["storage.path"] = inPod.service["storage.path"];
    expect(inPod).toEqual(alone);
    const variables = [...fileAt(fluentBit, path).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    expect(variables.length).toBeGreaterThan(0);
    expect(fluentBit.env.map(({ name }) => name)).toEqual(variables);
  });

  it("locks both containers", () => {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, fsGroup: 65532 });
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });
});

describe("config-examples/fluent-bit/http-input.yaml", () => {
  it("takes the batches and lines that the program sends by default, and keeps them on disk", () => {
    const { service, pipeline } = parse(read("fluent-bit/http-input.yaml"));
    const [input] = pipeline.inputs;
    const [output] = pipeline.outputs;
    expect(input).toMatchObject({
      name: "http",
      listen: "127.0.0.1",
      "storage.type": "filesystem",
    });
    expect(Number.parseInt(input.buffer_max_size, 10) * 1_000_000).toBeGreaterThan(
      2 * DEFAULTS.output.http.max_batch_bytes,
    );
    expect(service).toMatchObject({
      "storage.checksum": "off",
      "storage.path": "/var/lib/fluent-bit/storage",
    });
    expect(output).toMatchObject({ syslog_message_key: "message", retry_limit: "no_limits" });
    expect(output.syslog_maxsize).toBeGreaterThan(DEFAULTS.output.max_line_bytes);
  });
});
