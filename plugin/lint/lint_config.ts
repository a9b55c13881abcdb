import { readYaml, type YamlProblem, type YamlText } from "../config/yaml_text.ts";
import { ConfigError } from "../errors.ts";
import type { Expected } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { fluentBitClassic, fluentBitYaml } from "./fluent_bit_config.ts";
import { lintFluentBit } from "./fluent_bit_rules.ts";
import { lintSyslogNg } from "./syslog_ng_rules.ts";
import { parseSyslogNg, SyslogNgSyntaxError } from "./syslog_ng_text.ts";
import { readToml } from "./toml_text.ts";
import { lintVector } from "./vector_rules.ts";

/** The shippers and formats that lint knows. */
export type ShipperFormat =
  | "fluent-bit yaml"
  | "fluent-bit classic"
  | "vector toml"
  | "vector yaml"
  | "syslog-ng";

/** What lint found in a file. */
export interface LintResult {
  readonly shipper: ShipperFormat;
  /** In the order of the lines. */
  readonly findings: readonly Finding[];
}

/**
 * Finds what loses or damages data in a shipper's configuration. Pure. Throws a `ConfigError` for a file that no
 * shipper would read: code `lint_unknown` or `lint_syntax`.
 */
export function lintConfig(text: string, fileName: string, expected: Expected): LintResult {
  const shipper = recognise(text, fileName);
  const findings = findingsOf(shipper, text, fileName, expected);
  return { shipper, findings: [...findings].sort((a, b) => a.line - b.line) };
}

/** Decided by what is in the file; its name only says whether it is TOML or YAML. */
export function recognise(text: string, fileName: string): ShipperFormat {
  if (/^\s*@version\s*:/m.test(text) || /^\s*(?:source|destination)\s+\S+\s*\{/m.test(text)) {
    return "syslog-ng";
  }
  if (/^\s*\[(?:service|input|filter|output|parser)\]\s*$/im.test(text))
    return "fluent-bit classic";
  if (/^pipeline\s*:/m.test(text)) return "fluent-bit yaml";
  if (/^\s*\[{1,2}"?(?:sources|sinks|transforms)\b/m.test(text)) return "vector toml";
  if (/^(?:sources|sinks|transforms)\s*:/m.test(text)) return "vector yaml";
  if (/^(?:sources|sinks|transforms)\.\S+\s*=/m.test(text)) return "vector toml";
  throw new ConfigError(
    `Cannot lint ${JSON.stringify(fileName)}: it is no configuration of Fluent Bit, Vector or syslog-ng`,
    { code: "lint_unknown", hint: "Name the file in which the input block stands" },
  );
}

function findingsOf(
  shipper: ShipperFormat,
  text: string,
  fileName: string,
  expected: Expected,
): readonly Finding[] {
  switch (shipper) {
    case "fluent-bit classic":
      return lintFluentBit(fluentBitClassic(text), expected);
    case "fluent-bit yaml":
      return lintFluentBit(fluentBitYaml(tree(readYaml(text), fileName)), expected);
    case "vector yaml":
      return lintVector(tree(readYaml(filled(text)), fileName), expected);
    case "vector toml":
      return lintVector(tree(readToml(filled(text)), fileName), expected);
    case "syslog-ng":
      return syslogNg(text, fileName, expected);
  }
}

function syslogNg(text: string, fileName: string, expected: Expected): readonly Finding[] {
  try {
    return lintSyslogNg(parseSyslogNg(text).statements, expected);
  } catch (error) {
    if (!(error instanceof SyslogNgSyntaxError)) throw error;
    throw syntaxError(fileName, error.line, error.message);
  }
}

function tree(read: { yaml: YamlText } | { problems: YamlProblem[] }, fileName: string): YamlText {
  if ("yaml" in read) return read.yaml;
  const [first] = read.problems;
  throw syntaxError(fileName, first?.line, first?.sentence ?? "the text can't be read");
}

function syntaxError(fileName: string, line: number | undefined, sentence: string): ConfigError {
  const where = line === undefined ? "" : `line ${line}: `;
  return new ConfigError(`Cannot lint ${JSON.stringify(fileName)}: ${where}${sentence}`, {
    code: "lint_syntax",
  });
}

/** Vector fills in variables before it reads the text: outside of quotes they would be no TOML. */
function filled(text: string): string {
  return text.replaceAll(/(=\s*)\$\{?[A-Za-z_]\w*(?::?-(\w+))?\}?\s*$/gm, (_, before, fallback) => {
    return `${before}"${fallback ?? ""}"`;
  });
}
