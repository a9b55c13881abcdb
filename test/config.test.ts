import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type Config, type ConfigFacts, parseConfig } from "../plugin/config.ts";
import { ConfigError } from "../plugin/errors.ts";

const FACTS: ConfigFacts = { fileName: "/etc/mimecast-input.yaml", mode: 0o600 };

const V2 = `
accounts:
  - name: acme
    api: "2.0"
    region: global
    client_id: "0123456789"
    client_secret: { env: MIMECAST_CLIENT_SECRET }
`;

const V1 = `
accounts:
  - name: acme-legacy
    api: "1.0"
    region: us
    app_id: 4f1cbb6e-0000-4000-8000-000000000000
    app_key: { env: MC_APP_KEY }
    access_key: { file: /run/secrets/access }
    secret_key: { credential: mimecast.secret }
`;

function parse(text: string, facts: Partial<ConfigFacts> = {}, env = {}): Config {
  return parseConfig(text, env, { ...FACTS, ...facts });
}

function problems(text: string, facts: Partial<ConfigFacts> = {}): readonly string[] {
  try {
    parse(text, facts);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
  throw new Error("the config was accepted");
}

describe("parseConfig()", () => {
  test("fills in every default", () => {
    const config = parse(V2);
    expect(config).toMatchObject({
      stateDir: "/var/lib/mimecast-input",
      poll: {
        intervalMs: 900_000,
        maxRunMs: 840_000,
        settleMs: 30_000,
        lagBytes: 65_536,
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
      log: { level: "info" },
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
    expect(names(V2)).toEqual([...both, "cloud_integrated"]);
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
        intervalMs: 300_000,
        start: { kind: "ago", agoMs: 2 * 86_400_000 },
        overlapMs: 120_000,
      },
      { name: "audit", intervalMs: 60_000, start: { kind: "ago", agoMs: 0 }, overlapMs: 0 },
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

describe("parseConfig() refuses", () => {
  test("with all problems, in the order of the file, the first in the message", () => {
    const text = `${V2}    regoin: x
poll: { interval_secs: 0 }
log: { level: loud }
`;
    expect(problems(text)).toEqual([
      'line 8: unknown key "accounts[0].regoin": did you mean "region"?',
      'line 9: "poll.interval_secs" must be at least 1: current value is 0',
      'line 10: "log.level" must be one of "debug", "info", "warn", "error": current value is "loud"',
    ]);
    expect(() => parse(text)).toThrow(
      'Cannot read config "/etc/mimecast-input.yaml": line 8: unknown key "accounts[0].regoin": did you mean "region"? (and 2 more)',
    );
  });

  test.each([
    ["an empty file", "", "the file must be a mapping: current value is empty"],
    ["a file without accounts", "poll: {}", 'line 1: "accounts" is missing: it must be a list'],
    [
      "an empty list of accounts",
      "accounts: []",
      'line 1: "accounts" must have an entry: current value is a list',
    ],
    [
      "an account that is text",
      "accounts: [acme]",
      'line 1: "accounts[0]" must be a mapping: current value is text',
    ],
    ["a key twice", `${V2}poll: {}\npoll: {}`, "line 9: a key stands twice in the same mapping"],
    [
      "a tag",
      `${V2}state_dir: !!js/function x`,
      'line 8: a value that begins with "!" is a tag, and tags are not allowed: put the value in quotes if it is text',
    ],
    ["an empty section", `${V2}log:`, 'line 8: "log" must be a mapping: current value is empty'],
    [
      "a duration in words",
      `${V2}poll: { interval_secs: 15m }`,
      'line 8: "poll.interval_secs" must be a whole number: current value is "15m"',
    ],
    [
      "a broken duration",
      `${V2}poll: { interval_secs: 1.5 }`,
      'line 8: "poll.interval_secs" must be a whole number: current value is 1.5',
    ],
    [
      "a line limit over QRadar's",
      `${V2}output: { max_line_bytes: 32001 }`,
      'line 8: "output.max_line_bytes" must be at most 32000: current value is 32001',
    ],
    [
      "a line limit under 1024",
      `${V2}output: { max_line_bytes: 1023 }`,
      'line 8: "output.max_line_bytes" must be at least 1024: current value is 1023',
    ],
    [
      "a relative path",
      `${V2}state_dir: var/lib`,
      'line 8: "state_dir" must be an absolute path: current value is "var/lib"',
    ],
    [
      "a number as a name",
      V2.replace("acme", "42"),
      'line 3: "accounts[0].name" must be text: current value is 42: put it in quotes',
    ],
    [
      "an unknown source",
      `${V2}    sources: [siem, audits]`,
      'line 8: "accounts[0].sources[1]" must be one of "siem", "audit", "ttp_impersonation", "ttp_url", "ttp_attachment", "dlp", "rejections", "held_release", "archive_search", "archive_view", "threat_intel", "cloud_integrated": current value is "audits": did you mean "audit"?',
    ],
    [
      "a misspelt key of a source",
      `${V2}    sources: [{ name: siem, intervall_secs: 5 }]`,
      'line 8: unknown key "accounts[0].sources[0].intervall_secs": did you mean "interval_secs"?',
    ],
    [
      "a source twice",
      `${V2}    sources: [siem, { name: siem }]`,
      'line 8: "accounts[0].sources[1]" is named twice: "siem"',
    ],
    [
      "a source of the other generation",
      `${V1}    sources: [cloud_integrated]`,
      'line 10: "accounts[0].sources[0]" must be a source of API 1.0 (siem, audit, ttp_impersonation, ttp_url, ttp_attachment, dlp, rejections, held_release, archive_search, archive_view, threat_intel): current value is "cloud_integrated"',
    ],
    [
      "je for jer",
      V1.replace("region: us", "region: je"),
      'line 5: "accounts[0].region" must be a region of API 1.0 (eu, de, us, usb, uspcom, ca, za, au, jer, sandbox): current value is "je": the offshore region is "jer"; for https://je-api.mimecast.com set base_url',
    ],
    [
      "a 1.0 region with API 2.0",
      V2.replace("region: global", "region: eu"),
      'line 5: "accounts[0].region" must be a region of API 2.0 (global, uk, us): current value is "eu": "eu" is a region of API 1.0; with API 2.0 use "global"',
    ],
    [
      "a misspelt region",
      V2.replace("region: global", "region: globl"),
      'line 5: "accounts[0].region" must be a region of API 2.0 (global, uk, us): current value is "globl": did you mean "global"?',
    ],
    [
      "no region",
      V2.replace("    region: global\n", ""),
      'line 3: "accounts[0]" needs "region" (global, uk, us) or "base_url"',
    ],
    [
      "region and base_url",
      `${V2}    base_url: https://api.example.com`,
      'line 3: "accounts[0]" must have "region" or "base_url", not both',
    ],
    [
      "http outside of loopback",
      V2.replace("region: global", "base_url: http://api.example.com"),
      'line 5: "accounts[0].base_url" must be https (http is allowed on a loopback address only): current value is "http://api.example.com"',
    ],
    [
      "credentials of the other generation",
      `${V2}    app_key: { env: A }`,
      'line 8: "accounts[0].app_key" belongs to API 1.0: this account has api: "2.0"',
    ],
    [
      "a missing credential",
      V1.replace(/ {4}app_key.*\n/, ""),
      'line 3: "accounts[0]" lacks "app_key": an account of API 1.0 needs app_id, app_key, access_key, secret_key',
    ],
    [
      "a host with a space",
      `${V2}output: { hostname: "mime cast" }`,
      'line 8: "output.hostname" must be letters, digits, dot, hyphen and underscore, beginning with a letter or digit: current value is "mime cast"',
    ],
    [
      "an IPv6 host",
      `${V2}output: { hostname: "2001:db8::1" }`,
      'line 8: "output.hostname" must be a host name or an IPv4 address, without a port: current value is "2001:db8::1"',
    ],
    [
      "an unknown placeholder",
      `${V2}output: { hostname: "{name}" }`,
      'line 8: "output.hostname" may hold {account} and no other braces: current value is "{name}"',
    ],
    [
      "^ with LEEF 1.0",
      `${V2}output: { leef_version: "1.0", delimiter: "^" }`,
      'line 8: "output.delimiter" must be "tab" with LEEF 1.0: current value is "^"',
    ],
    [
      "a wildcard that covers a top-level domain",
      `${V2}    download_hosts: ["*.com"]`,
      'line 8: "accounts[0].download_hosts[0]" must be a host name, or "*." and a domain such as "*.amazonaws.com": current value is "*.com"',
    ],
    [
      "a start in words",
      `${V2}poll: { start: yesterday }`,
      'line 8: "poll.start" must be "now", a number of days or hours such as "7d" or "12h", or a UTC date such as "2026-01-31" or "2026-01-31T08:00:00Z": current value is "yesterday"',
    ],
    [
      "a severity of 11",
      `${V2}mapping: { severity: { receipt_rejected: 11 } }`,
      'line 8: "mapping.severity.receipt_rejected" must be at most 10: current value is 11',
    ],
    [
      "a LEEF key with a space",
      `${V2}mapping: { rename: { "a b": c } }`,
      'line 8: a key of "mapping.rename" must be a LEEF key of at most 40 letters and digits: current key is "a b"',
    ],
    [
      "a rename onto a predefined key",
      `${V2}mapping: { rename: { sender: usrName } }`,
      'line 8: "mapping.rename.sender" must not be a key that already has a meaning in LEEF: current value is "usrName"',
    ],
    [
      "two renames onto one key",
      `${V2}mapping: { rename: { sender: who, subject: who } }`,
      'line 8: "mapping.rename.subject" must be another key than that of "mapping.rename.sender": current value is "who"',
    ],
    [
      "a rename of devTime",
      `${V2}mapping: { rename: { devTime: t } }`,
      'line 8: "mapping.rename.devTime" can\'t be renamed: every event needs it',
    ],
    [
      "a rename onto another attribute",
      `${V2}mapping: { rename: { sender: recipients } }`,
      'line 8: "mapping.rename.sender" must not be the key of another attribute: current value is "recipients"',
    ],
    [
      "a rename of an unknown key",
      `${V2}mapping: { rename: { sendr: mailFrom } }`,
      'line 8: "mapping.rename.sendr" must be a LEEF key of an event: "sendr" is not known: did you mean "sender"?',
    ],
    [
      "leaving out an unknown key",
      `${V2}mapping: { drop: [xyzzyx] }`,
      'line 8: "mapping.drop[0]" must be a LEEF key of an event: "xyzzyx" is not known: docs/leef.md lists them',
    ],
    [
      "a severity of an unknown event",
      `${V2}mapping: { severity: { receipt_reject: 5 } }`,
      'line 8: "mapping.severity.receipt_reject" must be an EventID: "receipt_reject" is not known: did you mean "receipt_rejected"?',
    ],
    [
      "leaving out cat",
      `${V2}mapping: { drop: [subject, cat] }`,
      'line 8: "mapping.drop[1]" can\'t be left out: every event needs it: current value is "cat"',
    ],
    [
      "a proxy that is no URL",
      `${V2}network: { proxy: "proxy.example.com:3128" }`,
      'line 8: "network.proxy" must be a URL such as http://proxy.example.com:3128',
    ],
  ])("%s", (_name, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  test("no rename onto a key that is given up", () => {
    const { mapping } = parse(
      `${V2}mapping: { rename: { sender: recipients, recipients: to, senderHeader: subject }, drop: [subject] }`,
    );
    expect(mapping.rename).toEqual({
      sender: "recipients",
      recipients: "to",
      senderHeader: "subject",
    });
  });

  test("two accounts of one name", () => {
    const second = V1.replace("accounts:\n", "").replace("acme-legacy", "acme");
    expect(problems(V2 + second.trimStart().replace(/^/, "  "))).toEqual([
      'line 8: "accounts[1].name" must not be the name of accounts[0]: current value is "acme"',
    ]);
  });

  test.each(["Acme", "-acme", "a b", "../acme", "a/b", `a${"b".repeat(63)}`, ""])(
    "the account name %j",
    (name) => {
      const [problem, ...others] = problems(V2.replace("acme", JSON.stringify(name)));
      expect(problem).toMatch(/^line 3: "accounts\[0\]\.name" must be 1 to 63 characters/);
      expect(others).toEqual([]);
    },
  );
});

describe("parseConfig() on secrets", () => {
  const withSecret = (form: string) => V2.replace("{ env: MIMECAST_CLIENT_SECRET }", form);

  test.each([
    [
      "an unknown form",
      "{ evn: SECRETVALUE }",
      'must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }: did you mean "env"?',
    ],
    [
      "two forms",
      "{ env: SECRETVALUE, file: /x }",
      "must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }, and exactly one",
    ],
    ["a number", "123456", "must be text: put it in quotes"],
    [
      "nothing",
      "",
      "is empty: it must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }",
    ],
    ["an empty text", '""', "must not be empty"],
    [
      "a list",
      "[SECRETVALUE]",
      "must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }",
    ],
  ])("refuses %s without quoting it", (_name, form, sentence) => {
    const found = problems(withSecret(form));
    expect(found).toEqual([`line 7: "accounts[0].client_secret" ${sentence}`]);
  });

  test.each([
    ["env", "SECRET VALUE", "the name of an environment variable"],
    ["file", "secret/value", "an absolute path"],
    ["credential", "../secret", "the name of a systemd credential"],
    ["sealed", "SECRETVALUE", 'the output of the "seal" command'],
  ])("refuses a wrong %s", (key, value, wanted) => {
    const text = `${withSecret(`{ ${key}: "${value}" }`)}seal_key: { file: /etc/seal.key }`;
    expect(problems(text)).toEqual([
      `line 7: "accounts[0].client_secret.${key}" must be ${wanted}`,
    ]);
  });

  test("wants plain text in a file of its owner only", () => {
    const text = withSecret("correct-horse");
    expect(problems(text, { mode: 0o644, fileName: "/etc/it's.yaml" })).toEqual([
      `line 7: "accounts[0].client_secret" in plain text: the file must be readable by its owner only: current mode is 0644: run chmod 600 '/etc/it'\\''s.yaml', or use { env: … }, { file: … }, { credential: … } or { sealed: … }`,
    ]);
    for (const mode of [0o600, 0o400, null]) {
      expect(parse(text, { mode }).accounts).toHaveLength(1);
    }
    expect(parse(V2, { mode: 0o644 }).accounts, "a client id alone is no secret").toHaveLength(1);
  });

  test("wants a proxy with a password in a file of its owner only", () => {
    const proxy = (url: string) => `${V2}network: { proxy: "${url}" }`;
    expect(problems(proxy("http://me:pw@proxy.example.com"), { mode: 0o640 })[0]).toMatch(
      /^line 8: "network\.proxy" in plain text/,
    );
    expect(parse(proxy("http://proxy.example.com"), { mode: 0o644 }).network.proxy).not.toBeNull();
  });

  test("wants a seal key for a sealed secret", () => {
    const sealed = withSecret("{ sealed: eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc }");
    expect(problems(sealed)).toEqual([
      'line 7: "accounts[0].client_secret" is sealed and "seal_key" is missing: say where the key is',
    ]);
    expect(parse(`${sealed}seal_key: { env: MC_SEAL_KEY }`).sealKey).toEqual({
      env: "MC_SEAL_KEY",
    });
    expect(problems(`${sealed}seal_key: plain`)).toEqual([
      'line 8: "seal_key" must be one of { file: … }, { env: … }',
    ]);
  });

  test("says that a sealed text needs its key word", () => {
    const text = withSecret("eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc");
    expect(problems(text)).toEqual([
      'line 7: "accounts[0].client_secret" looks sealed: write { sealed: … } around it',
    ]);
  });

  test("does not quote a base_url that may hold a password", () => {
    const text = V2.replace("region: global", "base_url: https://me:SECRETVALUE@api.example.com");
    expect(problems(text)).toEqual([
      'line 5: "accounts[0].base_url" must not hold a user name or password',
    ]);
  });

  test.each([
    ["an alias", "*SECRETVALUE"],
    ["a tag", "!SECRETVALUE x"],
    ["an open quote", '"SECRETVALUE'],
    ["a reserved character", "@SECRETVALUE"],
    ["a directive", "%SECRETVALUE"],
    ["a bad escape", '"\\SECRETVALUE"'],
    ["a nested mapping", "SECRETVALUE: x: y"],
    ["a flow mapping", "{ SECRETVALUE }"],
    ["a block mapping", "\n      SECRETVALUE: 1"],
    ["a bracket", "SECRETVALUE]\n  ]"],
  ])("does not quote what YAML takes for %s", (_name, form) => {
    expect(problems(withSecret(form)).join("\n")).not.toContain("SECRETVALUE");
  });

  test("does not quote a key that lacks its space", () => {
    for (const text of [
      V2.replace("client_secret: { env: MIMECAST_CLIENT_SECRET }", "client_secret:SECRETVALUE"),
      "accounts: [client_secret:SECRETVALUE]",
      "accounts: [{ client_secret:SECRETVALUE }]",
    ]) {
      expect(problems(text).join("\n")).not.toContain("SECRETVALUE");
    }
  });
});
