import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ALONE } from "../../../plugin/commands/lint/config_file.ts";
import { type Expected, expectedBy, expectedFor } from "../../../plugin/commands/lint/expected.ts";
import { commandFindings } from "../../../plugin/commands/lint/finding.ts";
import { lintConfig } from "../../../plugin/commands/lint/lint_config.ts";
import { DEFAULTS } from "../../../plugin/config/defaults.ts";
import { fileOutput } from "../../../plugin/config/file_output.ts";

const BAD = "test/fixtures/shipper_configs/bad";
const DOC = readFileSync("docs/lint.md", "utf8");
const LEEF = expectedFor("leef", 4096, null);

const FILE_TARGET = fileOutput({
  path: "/var/log/mimecast-input/events.leef",
  ...DEFAULTS.output.file,
});

/** The name of a file says which target the configuration has: http, otlp, tail (fixtures) or file (examples). */
function expectedIn(name: string): Expected {
  if (/_tail_|\/file[.-]|rsyslog/.test(name)) return expectedFor("leef", 4096, null, FILE_TARGET);
  const syslogAttributes = !name.includes("body_only");
  if (name.includes("otlp"))
    return { ...expectedFor("leef", 4096, 1_048_576), way: "otlp", syslogAttributes };
  return name.includes("http") ? expectedFor("leef", 4096, 1_048_576) : LEEF;
}

describe("lintConfig() on a file with one planted fault", () => {
  const names = readdirSync(BAD);

  it.each(names)("%s", (name) => {
    const text = readFileSync(join(BAD, name), "utf8");
    const [, rule, at] = /^# Planted fault: (\S+); at: (.+)\n/.exec(text) ?? [];
    const { findings } = lintConfig(text, name, expectedIn(name));
    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
    const [finding] = findings;
    expect(text.split("\n")[(finding?.line ?? 0) - 1]).toContain(at);
    expect(finding?.effect).not.toBe("note");
    expect(finding?.reason.length).toBeGreaterThan(20);
    expect(finding?.remedy.length).toBeGreaterThan(5);
  });

  it("has one file or more for every rule of every shipper", () => {
    const planted = new Set(
      names.map((name) => {
        const text = readFileSync(join(BAD, name), "utf8");
        return `${name.split("_")[0]} ${/^# Planted fault: (\S+);/.exec(text)?.[1]}`;
      }),
    );
    for (const [shipper, file] of [
      ["fluent", "fluent_bit_rules"],
      ["fluent", "fluent_bit_output"],
      ["fluent", "fluent_bit_routes"],
      ["fluent", "followed_file"],
      ["fluent", "address"],
      ["vector", "vector_rules"],
      ["vector", "vector_sink"],
      ["vector", "vector_values"],
      ["vector", "followed_file"],
      ["vector", "address"],
      ["rsyslog", "rsyslog_rules"],
      ["rsyslog", "followed_file"],
      ["rsyslog", "address"],
      ["otelcol", "otelcol_rules"],
      ["otelcol", "otelcol_exporter"],
      ["otelcol", "followed_file"],
      ["otelcol", "address"],
      ["syslog", "syslog_ng_rules"],
      ["syslog", "syslog_ng_driver"],
      ["syslog", "followed_file"],
      ["syslog", "address"],
    ] as const) {
      const source = readFileSync(`plugin/commands/lint/${file}.ts`, "utf8");
      const named = /(?:\brule: "([^"]+)"|"([^"]+)",\s*"(?:loses|damages|stalls|insecure)")/g;
      const rules = [...source.matchAll(named)].map(([, one, other]) => one ?? other);
      expect(rules.length).toBeGreaterThan(0);
      for (const rule of rules) {
        expect(planted).toContain(`${shipper} ${rule}`);
        expect(DOC).toContain(`| \`${rule}\``);
      }
    }
  });
});

describe("lintConfig() on config-examples/", () => {
  const files = readdirSync("config-examples", { recursive: true, encoding: "utf8" }).filter(
    (name) =>
      /^(?:fluent-bit|vector|syslog-ng|rsyslog|opentelemetry-collector)\/.*\.(?:yaml|conf|toml)$/.test(
        name,
      ),
  );

  it("has files of every shipper", () => {
    expect(new Set(files.map((name) => name.split("/")[0])).size).toBe(5);
  });

  it("finds nothing in the part of fluent-bit.yaml that is to be uncommented", () => {
    const file = "fluent-bit/fluent-bit.yaml";
    const text = readFileSync(join("config-examples", file), "utf8");
    const whole = text.replaceAll(/^( +)# (- name| {2}\w+[\w.]*:)/gm, "$1$2");
    expect(whole).toContain("\n      command: mimecast-input reconcile --scheduled\n");
    const rules = lintConfig(whole, file, expectedIn(file)).findings.map(({ rule }) => rule);
    expect(rules.filter((rule) => rule !== "variable")).toEqual([]);
  });

  // The address is to be filled in: a placeholder, or a variable of Fluent Bit.
  it.each(files)("finds nothing in %s but QRadar's address", (name) => {
    const text = readFileSync(join("config-examples", name), "utf8");
    const shown = lintConfig(text, name, expectedIn(name)).findings.map(({ rule }) => rule);
    expect(shown.filter((rule) => rule !== "variable")).toEqual(
      name.startsWith("fluent-bit") ? [] : ["address"],
    );
    const filled = text.replaceAll("qradar.example.com", "qradar.internal");
    const env = { QRADAR_HOST: "qradar.internal", QRADAR_PORT: "514", MIMECAST_WASM: "/x" };
    const facts = { ...ALONE, env };
    expect(lintConfig(filled, name, expectedIn(name), facts).findings).toEqual([]);
  });
});

describe("longer lines", () => {
  it.each([
    ["fluent-bit/fluent-bit.yaml", ["buf_size", "syslog_maxsize"]],
    ["syslog-ng/syslog-ng.conf", ["log-msg-size"]],
    ["vector/vector.toml", []],
  ])("%s has no room for a JSON line of a megabyte", (name, rules) => {
    const example = readFileSync(join("config-examples", name), "utf8");
    const text = example.replaceAll("qradar.example.com", "qradar.internal");
    const expected = expectedFor("json", 4096, null);
    const facts = { ...ALONE, env: { QRADAR_HOST: "qradar.internal", QRADAR_PORT: "514" } };
    const { findings } = lintConfig(text, name, expected, facts);
    expect(findings.map(({ rule }) => rule)).toEqual(rules);
  });
});

describe("expectedBy()", () => {
  it.each([
    ["mimecast-input poll --once --format json", "json"],
    ["mimecast-input poll -f json+leef", "json+leef"],
    ["mimecast-input poll --format=leef", "leef"],
    ['"poll", "--format", "json"', "json"],
    ["mimecast-input poll", "leef"],
    ["mimecast-input poll --format xml", "leef"],
  ])("%s: %s", (command, format) => {
    const expected = expectedBy(command, LEEF);
    expect(expected.format).toBe(format);
    expect(expected.longestLineBytes > 1_000_000).toBe(format !== "leef");
    expect(expected.leefLineBytes).toBe(4096);
  });
});

describe("commandFindings()", () => {
  it.each([
    ["mimecast-input poll", "--once", 0],
    ["mimecast-input poll", "--follow", 1],
    ["/usr/bin/mimecast-input poll -a x --follow", "--follow", 0],
    ["mimecast-input poll --follow", "--once", 1],
    ["mimecast-input status", "--once", 0],
  ] as const)("%s for %s: %i", (value, mode, count) => {
    expect(commandFindings({ value, line: 3 }, mode)).toHaveLength(count);
  });
});
