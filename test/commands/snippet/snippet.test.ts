import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Way } from "../../../plugin/commands/lint/expected.ts";
import { expectedOf } from "../../../plugin/commands/lint/expected.ts";
import { fluentBitClassic } from "../../../plugin/commands/lint/fluent_bit_config.ts";
import { lintConfig } from "../../../plugin/commands/lint/lint_config.ts";
import { parseRsyslog } from "../../../plugin/commands/lint/rsyslog_text.ts";
import { parseSyslogNg, type Statement } from "../../../plugin/commands/lint/syslog_ng_text.ts";
import { readToml } from "../../../plugin/commands/lint/toml_text.ts";
import { FORMATS } from "../../../plugin/commands/snippet/formats.ts";
import type { SnippetOptions } from "../../../plugin/commands/snippet/settings.ts";
import { hostAndPort, snippet as snippetOf } from "../../../plugin/commands/snippet/snippet.ts";
import { EXAMPLES, exampleOutput } from "../../../plugin/commands/snippet/ways.ts";
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

const FILES = Object.fromEntries(
  Object.values(EXAMPLES)
    .flatMap((ways) => Object.values(ways))
    .map((path) => [path, readFileSync(`config-examples/${path}`, "utf8")]),
);

function snippet(
  config: Config,
  shipper: ShipperName,
  as: string | undefined,
  options: SnippetOptions,
): string {
  return snippetOf(FILES, config, shipper, as, options);
}

/** Every block: shipper, format, way. */
const ALL = Object.entries(FORMATS).flatMap(([shipper, formats]) =>
  Object.keys(formats).flatMap((as) =>
    (Object.keys(EXAMPLES[shipper as ShipperName]) as Way[]).map(
      (by) => [shipper as ShipperName, as, by] as const,
    ),
  ),
);

/** `output` of our configuration as an example says it, with other settings. */
function outputOf(shipper: ShipperName, by: Way, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    ...exampleOutput(FILES[EXAMPLES[shipper][by] as string] as string),
    ...more,
  });
}

function tomlOf(text: string): unknown {
  const read = readToml(text);
  if (!("yaml" in read)) throw new Error("not TOML");
  return read.yaml.value;
}

/** A text as its shipper reads it: values, or statements without their lines. */
function meaning(text: string, shipper: ShipperName, as: string): unknown {
  if (shipper === "rsyslog") {
    return parseRsyslog(text).map(({ kind, parameters, ruleset }) => {
      return { kind, ruleset, parameters: [...parameters].map(([key, { value }]) => [key, value]) };
    });
  }
  if (shipper === "syslog-ng") return shape(parseSyslogNg(text).statements);
  return as === "toml" ? tomlOf(text) : parse(text);
}

function shape(statements: readonly Statement[]): unknown {
  const one = (terms: Statement): unknown =>
    terms.map((term) => [term.value, term.args && one(term.args), term.block?.map(one)]);
  return statements.map(one);
}

describe("snippet()", () => {
  // What the packages' own files have, and the command, which names the configuration.
  it.each(ALL.filter(([shipper, as]) => as === Object.keys(FORMATS[shipper])[0]))(
    "%s as %s by %s is the example, filled in",
    (shipper, as, by) => {
      const text = snippet(configOf(outputOf(shipper, by, {})), shipper, as, OPTIONS);
      const example = (FILES[EXAMPLES[shipper][by] as string] as string)
        .replace(/\$\{QRADAR_HOST\}/, "qradar.example.com")
        .replace(/\$\{QRADAR_PORT\}/, "514")
        .replace(/^options \{[^}]*\};|^global\(workDirectory.*$/m, "");
      const plain = text.replace(/ --config \S+?(?=["\n])|, "--config", "[^"]*"/g, "");
      const head = shipper === "syslog-ng" ? "@version: 3.38\n" : "";
      expect(meaning(head + plain, shipper, as)).toEqual(meaning(example, shipper, as));
    },
  );

  it.each(["exec", "file", "http", "otlp"] as const)(
    "fluent-bit by %s: the classic format has the properties of the YAML",
    (by) => {
      const config = configOf(outputOf("fluent-bit", by, {}));
      const yaml = parse(snippet(config, "fluent-bit", "yaml", OPTIONS));
      const { sections } = fluentBitClassic(snippet(config, "fluent-bit", "classic", OPTIONS));
      const wanted = [yaml.service, yaml.pipeline.inputs[0], yaml.pipeline.outputs[0]];
      expect(sections.map(({ kind }) => kind)).toEqual(["service", "input", "output"]);
      wanted.forEach((properties, index) => {
        for (const [key, value] of Object.entries(properties)) {
          expect(sections[index]?.get(key)?.value).toBe(String(value));
        }
      });
    },
  );

  it.each(["exec", "file", "http", "otlp"] as const)(
    "vector by %s: the YAML has the values of the TOML, and its reasons",
    (by) => {
      const config = configOf(outputOf("vector", by, {}));
      const toml = snippet(config, "vector", "toml", OPTIONS);
      const yaml = snippet(config, "vector", "yaml", OPTIONS);
      expect(parse(yaml)).toEqual(tomlOf(toml));
      expect(yaml.match(/#/g)?.length).toBe(toml.match(/#/g)?.length);
    },
  );

  const formats = ["leef", "json", "json+leef"] as const;
  const all = ALL.flatMap(([shipper, as, by]) =>
    formats.map((format) => [shipper, as, by, format] as const),
  );

  it.each(all)("%s as %s by %s with format %s: lint finds nothing", (shipper, as, by, format) => {
    const config = configOf(outputOf(shipper, by, { format, max_line_bytes: 32_000 }));
    const tls = { caFile: "/etc/ssl/qradar.pem" };
    const there = { ...OPTIONS, qradar: { host: "qradar.internal", port: 514 } };
    for (const options of [there, { ...there, tls, accounts: ["acme"], bufferDir: "/srv/b" }]) {
      const text = snippet(config, shipper, as, options);
      const { findings } = lintConfig(text, "x", expectedOf(config));
      expect(findings).toEqual([]);
      if (options.tls !== null) expect(text).toContain("/etc/ssl/qradar.pem");
      // A source of Vector that waits for the sink has no buffer, but its positions are in the folder.
      expect(text.includes("/srv/b")).toBe(options.bufferDir !== null);
      expect(text.includes("--account")).toBe(by === "exec" && options.accounts.length > 0);
    }
  });

  it.each(ALL)("%s as %s by %s names the host and port that it is given", (shipper, as, by) => {
    const qradar = { host: "2001:db8::1", port: 6514 };
    const config = configOf(outputOf(shipper, by, {}));
    const text = snippet(config, shipper, as, { ...OPTIONS, qradar });
    expect(text).toMatch(shipper === "vector" ? /\[2001:db8::1\]:6514/ : /2001:db8::1[\s\S]*6514/);
    expect(text).not.toContain("qradar.example.com");
  });

  it.each(ALL)(
    "%s as %s by %s without an address has a placeholder, which lint refuses",
    (shipper, as, by) => {
      const config = configOf(outputOf(shipper, by, {}));
      const text = snippet(config, shipper, as, OPTIONS);
      expect(text).toContain("is a placeholder: write yours");
      const { findings } = lintConfig(text, "x", expectedOf(config));
      expect(findings).toMatchObject([{ rule: "address", effect: "stalls" }]);
    },
  );

  it.each(ALL)("%s as %s by %s says how it is loaded, and needs no variable", (shipper, as, by) => {
    const text = snippet(configOf(), shipper, as, { ...OPTIONS, by });
    expect(text).toMatch(/^# Written by mimecast-input snippet .* Save it as \/etc\//);
    expect(text).toContain("systemctl");
    expect(text).not.toMatch(/\$\{|`[A-Z]/);
    if (by !== "exec") expect(text).toMatch(/^# Our configuration needs:\n# {3}output:/m);
    else if (shipper === "fluent-bit") expect(text).toContain("first 60 seconds");
    else expect(text).toContain("/var/lib/mimecast-input/.log/mimecast-input.jsonl");
  });

  it("takes the way, the path and the port that the configuration has", () => {
    const file = configOf("{ file: { path: /srv/out/m.leef } }");
    for (const shipper of Object.keys(EXAMPLES) as ShipperName[]) {
      const text = snippet(file, shipper, undefined, OPTIONS);
      expect(text).toContain("/srv/out");
      expect(text).toContain("m.leef*");
      expect(text).not.toContain("Our configuration needs");
    }
    const http = configOf('{ http: { url: "https://127.0.0.1:7443/" } }');
    for (const shipper of ["fluent-bit", "vector"] as const) {
      expect(snippet(http, shipper, undefined, OPTIONS)).toContain("7443");
    }
    const otlp = configOf('{ otlp: { url: "http://127.0.0.1:5555/v1/logs" } }');
    for (const shipper of ["fluent-bit", "vector", "otelcol"] as const) {
      const text = snippet(otlp, shipper, undefined, OPTIONS);
      expect(text).toContain("5555");
      expect(text).not.toContain("4318");
    }
  });

  it("says where the configuration has another target than the way", () => {
    const config = configOf('{ http: { url: "http://127.0.0.1:9880/" } }');
    const text = snippet(config, "vector", undefined, { ...OPTIONS, by: "exec" });
    expect(text).toContain("must have none of output.file, output.http and output.otlp");
  });

  it("refuses a format and a way that the shipper has not", () => {
    expect(() => snippet(configOf(), "syslog-ng", "toml", OPTIONS)).toThrow(
      'Cannot write a block for syslog-ng as "toml": it must be one of conf',
    );
    expect(() => snippet(configOf(), "rsyslog", undefined, { ...OPTIONS, by: "http" })).toThrow(
      'Cannot bring lines into rsyslog by "http": it must be one of file',
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
