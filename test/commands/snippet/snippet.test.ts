import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { expectedOf } from "../../../plugin/commands/lint/expected.ts";
import { fluentBitClassic } from "../../../plugin/commands/lint/fluent_bit_config.ts";
import { lintConfig } from "../../../plugin/commands/lint/lint_config.ts";
import { parseSyslogNg, type Statement } from "../../../plugin/commands/lint/syslog_ng_text.ts";
import { readToml } from "../../../plugin/commands/lint/toml_text.ts";
import type { SnippetOptions } from "../../../plugin/commands/snippet/settings.ts";
import { hostAndPort, SNIPPETS, snippet } from "../../../plugin/commands/snippet/snippet.ts";
import type { Config } from "../../../plugin/config/config.ts";
import { parseConfig } from "../../../plugin/config/parse_config.ts";
import type { ShipperName } from "../../../plugin/config/shipper.ts";

const OPTIONS: SnippetOptions = {
  configPath: "/etc/mimecast-input/config.yaml",
  accounts: [],
  qradar: null,
  bufferDir: null,
  tls: null,
};

function configOf(output = "{}"): Config {
  return parseConfig(
    `accounts: [{ name: acme, api: "2.0", region: uk, client_id: a, client_secret: { env: X } }]\noutput: ${output}`,
    {},
    { fileName: "c", mode: 0o600 },
  );
}

const ALL = Object.entries(SNIPPETS).flatMap(([shipper, formats]) =>
  Object.keys(formats).map((as) => [shipper as ShipperName, as] as const),
);

function example(path: string): string {
  return readFileSync(`config-examples/${path}`, "utf8");
}

/** The command differs in what it names; everything else must be the same. */
function without(text: string): string {
  return text.replace(/ --config \S+?(?=["\n])|, "--config", "[^"]*"/g, "");
}

function tomlOf(text: string): unknown {
  const read = readToml(text);
  if (!("yaml" in read)) throw new Error("not TOML");
  return read.yaml.value;
}

/** Statements without the lines in which they stand; options in any order. */
function shape(statements: readonly Statement[]): unknown {
  const one = (terms: Statement): unknown =>
    terms.map((term) => [
      term.value,
      term.args && one(term.args),
      term.block && sorted(term.block.map(one)),
    ]);
  return sorted(statements.map(one));
}

function sorted(values: unknown[]): unknown[] {
  return [...values].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

describe("snippet() and config-examples/ say the same", () => {
  it("for Fluent Bit, YAML", () => {
    const text = without(snippet(configOf(), "fluent-bit", "yaml", OPTIONS));
    const wanted = example("fluent-bit/fluent-bit.yaml")
      .replace(/\$\{QRADAR_HOST\}/, "qradar.example.com")
      .replace(/\$\{QRADAR_PORT\}/, "514");
    expect(parse(text)).toEqual(parse(wanted));
  });

  it("for Fluent Bit, classic: the same properties as in YAML", () => {
    const yaml = parse(snippet(configOf(), "fluent-bit", "yaml", OPTIONS));
    const { sections } = fluentBitClassic(snippet(configOf(), "fluent-bit", "classic", OPTIONS));
    const pairs = [yaml.service, yaml.pipeline.inputs[0], yaml.pipeline.outputs[0]];
    expect(sections.map(({ kind }) => kind)).toEqual(["service", "input", "output"]);
    pairs.forEach((properties, index) => {
      for (const [key, value] of Object.entries(properties)) {
        expect(sections[index]?.get(key)?.value).toBe(String(value));
      }
    });
  });

  it("for Vector, TOML", () => {
    const text = without(snippet(configOf(), "vector", "toml", OPTIONS));
    expect(tomlOf(text)).toEqual(tomlOf(example("vector/vector.toml")));
  });

  it("for Vector, YAML", () => {
    const text = snippet(configOf(), "vector", "yaml", OPTIONS);
    expect(parse(text)).toEqual(tomlOf(snippet(configOf(), "vector", "toml", OPTIONS)));
  });

  it("for syslog-ng", () => {
    const text = without(snippet(configOf(), "syslog-ng", undefined, OPTIONS));
    const wanted = example("syslog-ng/syslog-ng.conf").replace(/^options \{[^}]*\};/m, "");
    expect(shape(parseSyslogNg(text).statements)).toEqual(shape(parseSyslogNg(wanted).statements));
  });
});

describe("snippet()", () => {
  const outputs = ["{}", "{ max_line_bytes: 32000 }", "{ format: json }", "{ format: json+leef }"];
  const all = ALL.flatMap(([shipper, as]) =>
    outputs.map((output) => [shipper, as, output] as const),
  );

  it.each(all)("%s as %s with output %s: lint finds nothing", (shipper, as, output) => {
    const config = configOf(output);
    const tls = { caFile: "/etc/ssl/qradar.pem" };
    const there = { ...OPTIONS, qradar: { host: "qradar.internal", port: 514 } };
    for (const options of [there, { ...there, tls, accounts: ["acme"], bufferDir: "/srv/b" }]) {
      const text = snippet(config, shipper, as, options);
      const { findings } = lintConfig(text, "x", expectedOf(config));
      expect(findings).toEqual([]);
      if (options.tls !== null) expect(text).toContain("/etc/ssl/qradar.pem");
      expect(text.includes("/srv/b")).toBe(options.bufferDir !== null);
      expect(text.includes("--account")).toBe(options.accounts.length > 0);
    }
  });

  it.each(ALL)("%s as %s names the host and port that it is given", (shipper, as) => {
    const qradar = { host: "2001:db8::1", port: 6514 };
    const text = snippet(configOf(), shipper, as, { ...OPTIONS, qradar });
    expect(text).toMatch(shipper === "vector" ? /\[2001:db8::1\]:6514/ : /2001:db8::1[\s\S]*6514/);
    expect(text).not.toContain("qradar.example.com");
  });

  it.each(ALL)(
    "%s as %s without an address has a placeholder, which lint refuses",
    (shipper, as) => {
      const config = configOf();
      const text = snippet(config, shipper, as, OPTIONS);
      expect(text).toContain("is a placeholder: write yours");
      const { findings } = lintConfig(text, "x", expectedOf(config));
      expect(findings).toMatchObject([{ rule: "address", effect: "stalls" }]);
    },
  );

  it.each(ALL)("%s as %s says how it is loaded, and needs no variable", (shipper, as) => {
    const text = snippet(configOf(), shipper, as, OPTIONS);
    expect(text).toMatch(/^# Written by mimecast-input snippet .* Save it as \/etc\//);
    expect(text).toContain("systemctl");
    expect(text).not.toMatch(/\$\{|`[A-Z]/);
    if (shipper === "fluent-bit") expect(text).toContain("first 60 seconds");
    else expect(text).toContain("/var/lib/mimecast-input/.log/mimecast-input.jsonl");
  });

  it("refuses a format that the shipper has not", () => {
    expect(() => snippet(configOf(), "syslog-ng", "toml", OPTIONS)).toThrow(
      'Cannot write a block for syslog-ng as "toml": it must be one of conf',
    );
  });

  it("sends who posts by HTTP to the examples", () => {
    const config = configOf('{ http: { url: "http://127.0.0.1:9880/" } }');
    expect(() => snippet(config, "vector", "toml", OPTIONS)).toThrow(
      'the configuration has "output.http"',
    );
  });

  it.each(["/a b/c.yaml", "/a`id`/c", '/a"/c', "/a$HOME/c"])(
    "refuses the path %s",
    (configPath) => {
      expect(() => snippet(configOf(), "vector", "toml", { ...OPTIONS, configPath })).toThrow(
        "must be made of letters",
      );
    },
  );
});

describe("hostAndPort()", () => {
  it("reads names, addresses and IPv6 in brackets", () => {
    expect(hostAndPort("q.example.com:514")).toEqual({ host: "q.example.com", port: 514 });
    expect(hostAndPort("[::1]:6514")).toEqual({ host: "::1", port: 6514 });
  });

  it.each(["q", "q:0", "q:65536", "::1:514", "a b:1", ":1", 'q"):1'])("refuses %s", (text) => {
    expect(() => hostAndPort(text)).toThrow("it must be host:port");
  });
});
