import { describe, expect, it } from "vitest";
import type { Config } from "../../plugin/config/config.ts";
import { configFiles } from "../../plugin/config/config_files.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { restartKeys } from "../../plugin/config/restart_keys.ts";

const ACME = "name: acme, region: uk, client_id: a, client_secret: { file: /s/acme }";

function configOf(more = "", account = `api: "2.0", ${ACME}`): Config {
  const text = `accounts: [{ ${account} }]\n${more}`;
  return parseConfig(text, {}, { fileName: "config.yaml", mode: 0o600 });
}

const HTTP =
  "output: { http: { url: https://shipper.example.com/, auth: { bearer: { file: /s/token } } } }";
const OTLP = "output: { otlp: { url: https://shipper.example.com/ } }";
const FILE = "output: { file: { path: /var/log/mimecast.log } }";

describe("restartKeys()", () => {
  it.each([
    ["state_dir: /srv/mimecast", ["state_dir"]],
    ["handover: drained", ["handover"]],
    ["poll: { settle_secs: 31 }", ["poll.settle_secs"]],
    ["poll: { lag_bytes: 70000, max_concurrency: 5 }", ["poll.lag_bytes", "poll.max_concurrency"]],
    [FILE, ["output.file"]],
    [HTTP, ["output.http", "output.format"]],
    [OTLP, ["output.otlp", "output.format"]],
    ["output: { max_events_per_second: 9 }", ["output.max_events_per_second"]],
    ["log: { level: debug }", ["log"]],
    ["http_server: {}", ["http_server"]],
  ])("of %s", (more, keys) => {
    expect(restartKeys(configOf(), configOf(more))).toEqual(keys);
    expect(restartKeys(configOf(more), configOf())).toEqual(keys);
    expect(restartKeys(configOf(more), configOf(more))).toEqual([]);
  });

  it.each([
    "poll: { interval_secs: 60, health_interval_secs: 60, quarantine_after: 5 }",
    "output: { format: json, max_line_bytes: 8192, hostname: a }",
    "filter: { drop: [receipt] }",
    "metrics_file: /run/metrics.prom",
    "network: { timeout_secs: 9, ca_file: /etc/ca.pem }",
    "shard: 1/2",
  ])("none of %s", (more) => {
    expect(restartKeys(configOf(), configOf(more))).toEqual([]);
  });

  it("the API of an account, for its checkpoint is of one; not of an account that comes or goes", () => {
    const old = `api: "1.0", name: acme, region: eu, app_id: a, app_key: b, access_key: c, secret_key: d`;
    expect(restartKeys(configOf("", old), configOf())).toEqual(["accounts[0].api"]);
    expect(restartKeys(configOf("", old.replace("acme", "beta")), configOf())).toEqual([]);
  });

  it("the format only where the way depends on it", () => {
    const json = (text: string) => text.replace("output: { ", "output: { format: json, ");
    expect(restartKeys(configOf(HTTP), configOf(json(HTTP)))).toEqual(["output.format"]);
    expect(restartKeys(configOf(FILE), configOf(json(FILE)))).toEqual([]);
  });
});

describe("configFiles()", () => {
  it("names every file that is read for a poll, once", () => {
    const account = `api: "2.0", ${ACME}`.replace("client_id: a", "client_id: { credential: id }");
    const way = "ca_file: /s/ca.pem, client_cert_file: /s/cert.pem, client_key_file: /s/key.pem";
    const proxies = "proxy: { file: /s/acme }";
    const config = configOf(
      `${HTTP.replace("auth:", `${way}, ${proxies}, auth:`)}
network: { proxy: { file: /s/proxy }, ca_file: /s/ca.pem }
seal_key: { file: /s/seal }
`,
      account,
    );
    const files = [
      "/s/acme",
      "/s/ca.pem",
      "/s/cert.pem",
      "/s/key.pem",
      "/s/proxy",
      "/s/seal",
      "/s/token",
    ];
    expect([...configFiles(config, {})].sort()).toEqual(files);
    expect(configFiles(config, { CREDENTIALS_DIRECTORY: "/run/c" })).toContain("/run/c/id");
    expect(
      configFiles(
        configOf("", `api: "2.0", name: a, region: uk, client_id: a, client_secret: { env: X }`),
        {},
      ),
    ).toEqual([]);
  });
});
