import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALONE } from "../../../plugin/commands/lint/config_file.ts";
import { expectedFor } from "../../../plugin/commands/lint/expected.ts";
import { runsProgram } from "../../../plugin/commands/lint/finding.ts";
import { lintConfig } from "../../../plugin/commands/lint/lint_config.ts";
import { recognize } from "../../../plugin/commands/lint/recognize.ts";
import { sizeBytes, truth } from "../../../plugin/commands/lint/size.ts";
import { parseSyslogNg } from "../../../plugin/commands/lint/syslog_ng_text.ts";
import { readToml } from "../../../plugin/commands/lint/toml_text.ts";
import { ConfigError } from "../../../plugin/errors.ts";
import { runs } from "../../support/amount.ts";

/** As all shippers write an environment variable. */
const VARIABLE = "$" + "{PORT}";
const LEEF = expectedFor("leef", 4096, null);

describe("recognize()", () => {
  it.each([
    ["@version: 3.38\n", "x", "syslog-ng"],
    ["source s { program('x'); };", "x", "syslog-ng"],
    ["[SERVICE]\n  flush 1\n", "x", "fluent-bit classic"],
    ["pipeline:\n  inputs: []\n", "x", "fluent-bit yaml"],
    ["[sources.a]\n", "x", "vector toml"],
    ['sources.a.type = "exec"\n', "x", "vector toml"],
    ["sources:\n  a: {}\n", "x", "vector yaml"],
  ])("%j", (text, name, shipper) => {
    expect(recognize(text, name)).toBe(shipper);
  });

  it("refuses what is none of them, and names the file", () => {
    expect(() => recognize("hello\n", 'a"b')).toThrow(
      'Cannot lint "a\\"b": it is no configuration',
    );
  });
});

describe("lintConfig()", () => {
  it("gives findings or a ConfigError for any text", () => {
    const heads = [
      "@version: 3.38\n",
      "[INPUT]\n",
      "pipeline:\n",
      "[sources.a]\n",
      "sources:\n",
      "",
    ];
    const piece = fc.oneof(
      fc.constantFrom(..."(){};,\"'#`\\ \n[]=:".split("")),
      fc.constantFrom(
        "source",
        "log",
        "program",
        "mimecast-input",
        "- name: exec",
        "flags",
        "exec",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.array(piece, { maxLength: 30 }), (head, pieces) => {
        try {
          const { findings } = lintConfig(head + pieces.join(""), "x", LEEF);
          for (const { line } of findings) expect(line).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it.each([
    ["pipeline:\n  inputs: [\n", /line \d+: /],
    ["[sources.a]\ntype = \n", /line 3: the text is not TOML/],
    ['@version: 3.38\nsource s {\n  program("x\n', /line 3: a quote is not closed/],
    ["@version: 3.38\nsource s { program(x) }; }\n", /line 2: "}" is not expected here/],
  ])("names the line of what can't be read: %j", (text, message) => {
    expect(() => lintConfig(text, "x", LEEF)).toThrow(message);
  });

  it("says that an included file was not read, where something is missing", () => {
    const text = "[SERVICE]\n    flush 1\n@INCLUDE inputs.conf\n";
    const hole = { file: "x", line: 3, pattern: "inputs.conf", reason: "it is not there" };
    const { findings } = lintConfig(text, "x", LEEF, { ...ALONE, unread: [hole] });
    expect(findings).toMatchObject([{ line: 3, effect: "note", rule: "input" }]);
    expect(findings[0]?.reason).toContain('it may be in "inputs.conf"');
    expect(lintConfig(text, "x", LEEF).findings).toMatchObject([{ effect: "stalls" }]);
  });

  it("does not judge a size that an environment variable holds", () => {
    const text = `pipeline:
  inputs:
    - { name: exec, command: mimecast-input poll, threaded: true, storage.type: filesystem, buf_size: "\${SIZE}", tag: m }
  outputs:
    - { name: forward, match: "*", retry_limit: no_limits }
service: { storage.path: /x }
`;
    expect(lintConfig(text, "x", LEEF).findings).toEqual([]);
  });

  it("takes an unquoted variable of Vector for a value", () => {
    const text = `[sources.a]\ntype = "exec"\ncommand = ["x"]\nport = ${VARIABLE}\n`;
    expect(lintConfig(text, "x", LEEF).findings).toMatchObject([{ rule: "source" }]);
  });
});

describe("runsProgram()", () => {
  it.each([
    ["mimecast-input poll", true],
    ["/opt/bin/mimecast-input poll", true],
    ['env A=b "mimecast-input" poll', true],
    ["node dist/mimecast-input.cjs poll", true],
    ["mimecast-inputs poll", false],
    ["cat mimecast-input.log", false],
  ])("%s: %s", (command, expected) => {
    expect(runsProgram(command)).toBe(expected);
  });
});

describe("parseSyslogNg()", () => {
  it("reads words, texts, arguments and blocks, and skips comments", () => {
    const { statements, defines } = parseSyslogNg(
      `@define a-b "c d"\nlog { # c\n  source(s); junction { channel { flags(a, b); }; };\n};\n`,
    );
    expect([...defines]).toEqual([["a-b", "c d"]]);
    const body = statements[0]?.[0]?.block ?? [];
    expect(body[0]?.[0]).toMatchObject({ value: "source", line: 3 });
    expect(body[1]?.[0]?.block?.[0]?.[0]?.block?.[0]?.[0]?.args).toMatchObject([
      { value: "a" },
      { value: "b" },
    ]);
  });

  it("knows escapes in double quotes only, and counts their lines", () => {
    const { statements } = parseSyslogNg(`a("x\\n\\"y");\nb('x\\n\n');\nc;`);
    expect(statements.map(([term]) => term?.args?.[0]?.value)).toEqual([
      'x\n"y',
      "x\\n\n",
      undefined,
    ]);
    expect(statements[2]?.[0]?.line).toBe(4);
  });
});

describe("readToml()", () => {
  it("knows the line of every key, dotted, in tables and inline", () => {
    const read = readToml('a.b = 1\n[t]\nc = { d = 2 }\n[[l]]\ne = [\n  "x",\n  "y",\n]\n');
    if (!("yaml" in read)) throw new Error("not read");
    const { yaml } = read;
    expect(yaml.value).toEqual({ a: { b: 1 }, t: { c: { d: 2 } }, l: [{ e: ["x", "y"] }] });
    expect(yaml.lineOf(["a", "b"])).toBe(1);
    expect(yaml.lineOf(["t", "c", "d"])).toBe(3);
    expect(yaml.lineOf(["l", 0, "e", 1])).toBe(7);
    expect(yaml.lineOf(["t", "missing"])).toBe(2);
  });
});

describe("sizeBytes() and truth()", () => {
  it.each([
    ["4096", 4096],
    ["64k", 65_536],
    ["10M", 10_485_760],
    ["1.5KiB", 1536],
    ["1MB", 1_000_000],
    [VARIABLE, null],
    ["x", null],
    ["", null],
  ])("%s is %s bytes", (text, bytes) => {
    expect(sizeBytes(text)).toBe(bytes);
  });

  it.each([
    ["On", true],
    ["no", false],
    [VARIABLE, null],
  ])("%s is %s", (text, value) => {
    expect(truth(text)).toBe(value);
  });
});
