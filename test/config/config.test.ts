import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { parse, V1, V2 } from "../support/config_text.ts";

describe("parseConfig()", () => {
  test("fills in every default", () => {
    const config = parse(V2);
    expect(config).toMatchObject({
      stateDir: "/var/lib/mimecast-input",
      poll: {
        intervalMs: 900_000,
        maxRunMs: 840_000,
        settleMs: 30_000,
        lagBytes: 1_048_576,
        quarantineAfter: 3,
        maxConcurrency: 4,
        healthIntervalMs: 3_600_000,
      },
      output: {
        format: "leef",
        maxLineBytes: 4096,
        delimiter: "^",
        leefVersion: "2.0",
        usrName: "internal",
      },
      handover: "shipper",
      network: { proxy: null, caFile: null, connectTimeoutMs: 10_000, timeoutMs: 60_000 },
      mapping: { rename: {}, drop: [], severity: {} },
      sealKey: null,
      metricsFile: null,
      httpServer: null,
      log: { level: "info", file: true, maxFileBytes: 5_242_880, maxFiles: 5 },
    });
    expect(config.accounts).toHaveLength(1);
    expect(config.accounts[0]).toMatchObject({
      name: "acme",
      enabled: true,
      api: "2.0",
      region: "global",
      baseUrl: "https://api.services.mimecast.com",
      downloadHosts: ["*.amazonaws.com"],
      hostname: "mimecast-acme",
      label: "acme",
    });
  });

  test("collects every source of the generation that is on by default", () => {
    const names = (text: string) => parse(text).accounts[0]!.sources.map(({ name }) => name);
    const both = ["siem", "audit", "ttp_impersonation", "ttp_url", "ttp_attachment", "dlp"];
    both.push("rejections", "held_release", "archive_search", "archive_view");
    expect(names(V1)).toEqual(both);
    expect(names(V2)).toEqual(both);
  });

  test("keeps references to secrets", () => {
    expect(parse(V1).accounts[0]!.credentials).toMatchObject({
      api: "1.0",
      appKey: { env: "MC_APP_KEY" },
      accessKey: { file: "/run/secrets/access" },
      secretKey: { credential: "mimecast.secret" },
    });
  });

  test.each([
    ["1.0", V1],
    ["2.0", V2],
  ])("takes api: %s without quotes", (api, text) => {
    expect(parse(text.replace(`"${api}"`, api)).accounts[0]!.api).toBe(api);
  });

  test("takes the nearest of source, account and poll", () => {
    const config = parse(`${V2}    interval_secs: 300
    start: 2d
    sources:
      - siem
      - { name: audit, interval_secs: 60, start: now, overlap_secs: 0 }
poll: { interval_secs: 600, start: 1d, overlap_secs: 120 }
`);
    expect(config.accounts[0]!.sources).toEqual([
      {
        name: "siem",
        mode: "batch",
        intervalMs: 300_000,
        start: { kind: "ago", agoMs: 2 * 86_400_000 },
        overlapMs: 120_000,
      },
      {
        name: "audit",
        mode: "batch",
        intervalMs: 60_000,
        start: { kind: "ago", agoMs: 0 },
        overlapMs: 0,
      },
    ]);
  });

  test("puts the account's name into the host", () => {
    const text = `${V2}output: { hostname: "mc.{account}.example.com" }`;
    expect(parse(text).accounts[0]!.hostname).toBe("mc.acme.example.com");
    expect(parse(`${V2}    hostname: 192.0.2.7`).accounts[0]!.hostname).toBe("192.0.2.7");
  });

  test("takes systemd's STATE_DIRECTORY where the file names none", () => {
    const env = { STATE_DIRECTORY: "/var/lib/private/mc:/other" };
    expect(parse(V2, {}, env).stateDir).toBe("/var/lib/private/mc");
    expect(parse(`state_dir: /srv/mc\n${V2}`, {}, env).stateDir).toBe("/srv/mc");
    expect(parse(V2, {}, { STATE_DIRECTORY: "relative" }).stateDir).toBe("/var/lib/mimecast-input");
  });

  test("takes base_url without its slash", () => {
    const at = (url: string) =>
      parse(V2.replace("region: global", `base_url: ${url}`)).accounts[0]!.baseUrl;
    expect(at("https://API.example.com/")).toBe("https://api.example.com");
    expect(at("http://127.0.0.1:8080")).toBe("http://127.0.0.1:8080");
  });

  test("uses tab with LEEF 1.0, which has no other delimiter", () => {
    const config = parse(`${V2}output: { leef_version: 1.0 }`);
    expect(config.output).toMatchObject({ leefVersion: "1.0", delimiter: "tab" });
  });

  test("prints without its secrets", () => {
    const text = V2.replace("{ env: MIMECAST_CLIENT_SECRET }", "correct-horse-battery");
    const config = parse(`${text}network: { proxy: "http://me:tr0ub4dor@proxy.example.com" }`);
    for (const printed of [JSON.stringify(config), inspect(config, { depth: 20 })]) {
      expect(printed).not.toContain("correct-horse");
      expect(printed).not.toContain("tr0ub4dor");
    }
  });
});
