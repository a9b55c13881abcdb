import { describe, expect, test } from "vitest";
import { parse, problems, V1, V2 } from "../support/config_text.ts";

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
    [
      "an empty file",
      "",
      'the file is empty: it must hold at least "accounts", see docs/configuration.md',
    ],
    ["a file without accounts", "poll: {}", 'line 1: "accounts" is missing: it must be a list'],
    [
      "an empty list of accounts",
      "accounts: []",
      'line 1: "accounts" must have at least one entry: the list is empty',
    ],
    [
      "an account that is text",
      "accounts: [acme]",
      'line 1: "accounts[0]" must be a mapping: current value is text',
    ],
    [
      "a key twice",
      `${V2}poll: {}\npoll: {}`,
      "line 9: a key is there twice in the same mapping: keep one of them",
    ],
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
      "a misspelled key of a source",
      `${V2}    sources: [{ name: siem, intervall_secs: 5 }]`,
      'line 8: unknown key "accounts[0].sources[0].intervall_secs": did you mean "interval_secs"?',
    ],
    [
      "a source twice",
      `${V2}    sources: [siem, { name: siem }]`,
      'line 8: "accounts[0].sources[1]" is named twice: "siem"',
    ],
    [
      "a mode that a source does not have",
      `${V2}    sources: [{ name: siem, mode: stream }, { name: audit, mode: stream }]`,
      'line 8: "accounts[0].sources[1].mode" must be "batch": only siem of API 2.0 has another: current value is "stream"',
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
      "a misspelled region",
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
      'line 8: "accounts[0].app_key" belongs to API 1.0: this account has api: "2.0": remove the key, or change api',
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
      "a key in the wrong spelling",
      `${V2}    regionName: x\n    Account-Label:`,
      'line 8: "accounts[0]" holds a key that is not known: known keys are name, enabled, api, region, base_url, client_id, client_secret, app_id, app_key, access_key, secret_key, sources, interval_secs, start, hostname, account_label, filter, rate_limits, download_hosts: is a quote or a space after a colon missing?',
      'line 9: unknown key "accounts[0].Account-Label": did you mean "account_label"?',
    ],
    [
      "a relative CA file",
      `${V2}network: { ca_file: ca.pem }`,
      'line 8: "network.ca_file" must be an absolute path: current value is "ca.pem"',
    ],
    [
      "a proxy of an unknown form",
      `${V2}network: { proxy: { evn: X } }`,
      'line 8: "network.proxy" must be text or one of { env: … }, { file: … }, { credential: … }, { sealed: … }: did you mean "env"?',
    ],
    [
      "leaving out what is no key at all",
      `${V2}mapping: { drop: ["a b", 5] }`,
      'line 8: "mapping.drop[0]" must be a LEEF key of at most 40 letters and digits: current value is "a b"',
      'line 8: "mapping.drop[1]" must be text: current value is 5: put it in quotes',
    ],
    [
      "yes for true, which YAML 1.2 reads as text",
      `${V2}    enabled: yes`,
      'line 8: "accounts[0].enabled" must be true or false: current value is "yes"',
    ],
    [
      "a key that is like none",
      `${V2}log: { color: red }`,
      'line 8: unknown key "log.color": known keys are level, file, max_file_bytes, max_files',
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
  ])("%s", (_name, text, ...expected) => {
    expect(problems(text)).toEqual(expected);
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
      const text = `${V2.replace("acme", JSON.stringify(name))}output: { hostname: "{account}" }`;
      const [problem, ...others] = problems(text);
      expect(problem).toMatch(/^line 3: "accounts\[0\]\.name" must be 1 to 63 characters/);
      expect(others).toEqual([]);
    },
  );
});
