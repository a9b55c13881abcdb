import { readYaml, type YamlProblem, type YamlText } from "../../config/yaml_text.ts";
import { ConfigError } from "../../errors.ts";
import {
  ALONE,
  type ConfigText,
  FILE_LINES,
  type LintFacts,
  type UnreadInclude,
} from "./config_file.ts";
import type { Expected } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { type FluentBitConfig, fluentBitClassic, fluentBitYaml } from "./fluent_bit_config.ts";
import { lintFluentBit } from "./fluent_bit_rules.ts";
import { lintOtelcol } from "./otelcol_rules.ts";
import { recognize, type ShipperFormat } from "./recognize.ts";
import { lintRsyslog } from "./rsyslog_rules.ts";
import { parseRsyslog } from "./rsyslog_text.ts";
import { lintSyslogNg } from "./syslog_ng_rules.ts";
import { parseSyslogNg, SyslogNgSyntaxError, type SyslogNgText } from "./syslog_ng_text.ts";
import { readToml } from "./toml_text.ts";
import { lintVector } from "./vector_rules.ts";
import { mergedTrees } from "./vector_tree.ts";

/** What lint found in a configuration. */
export interface LintResult {
  readonly shipper: ShipperFormat;
  /** In the order of the files and their lines. */
  readonly findings: readonly Finding[];
}

/**
 * Finds what loses or damages data in a shipper's configuration: a file, and the others of `facts`. Pure. Throws a
 * `ConfigError` for a file that no shipper would read: code `lint_unknown` or `lint_syntax`.
 */
export function lintConfig(
  text: string,
  fileName: string,
  expected: Expected,
  facts: LintFacts = ALONE,
): LintResult {
  const shipper = recognize(text, fileName);
  const all: ConfigText[] = [{ name: fileName, text }, ...facts.others];
  const broken = all.flatMap((file) => brokenInclude(shipper, file, expected, facts));
  const files = all.filter(({ name }) => !broken.some(({ pattern }) => pattern === name));
  const findings = findingsOf(shipper, files, expected, facts);
  return { shipper, findings: placed(findings, files, [...facts.unread, ...broken]) };
}

/** An included file that can't be read counts as one that was not read. */
function brokenInclude(
  shipper: ShipperFormat,
  file: ConfigText,
  expected: Expected,
  facts: LintFacts,
): readonly UnreadInclude[] {
  if (file.included !== true) return [];
  try {
    findingsOf(shipper, [file], expected, facts);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ file: file.name, line: 1, pattern: file.name, reason: error.message }];
  }
}

function findingsOf(
  shipper: ShipperFormat,
  files: readonly ConfigText[],
  expected: Expected,
  { env }: LintFacts,
): readonly Finding[] {
  switch (shipper) {
    case "fluent-bit classic":
      return lintFluentBit(
        joined(files, (text, base) => fluentBitClassic(text, env, base)),
        expected,
      );
    case "fluent-bit yaml":
      return lintFluentBit(
        joined(files, (text, base, name) => fluentBitYaml(tree(readYaml(text), name, base), env)),
        expected,
      );
    case "vector yaml":
    case "vector toml":
      return lintVector(mergedTrees(files.map((file, index) => vectorTree(file, index))), expected);
    case "otelcol":
      return lintOtelcol(
        mergedTrees(
          files.map(({ text, name }, index) => tree(readYaml(text), name, index * FILE_LINES)),
        ),
        expected,
      );
    case "rsyslog":
      return lintRsyslog(
        files.flatMap(({ text }, index) => parseRsyslog(text, index * FILE_LINES)),
        expected,
      );
    case "syslog-ng":
      return lintSyslogNg(syslogNg(files), expected, env);
  }
}

/** The sections of all files. */
function joined(
  files: readonly ConfigText[],
  read: (text: string, base: number, name: string) => FluentBitConfig,
): FluentBitConfig {
  const all = files.map(({ text, name }, index) => read(text, index * FILE_LINES, name));
  return { sections: all.flatMap(({ sections }) => sections) };
}

function vectorTree({ text, name }: ConfigText, index: number): YamlText {
  const isYaml = recognize(text, name) === "vector yaml";
  const read = isYaml ? readYaml(filled(text)) : readToml(filled(text));
  return tree(read, name, index * FILE_LINES);
}

function syslogNg(files: readonly ConfigText[]): SyslogNgText {
  const all = files.map(({ text, name }, index) => {
    const base = index * FILE_LINES;
    try {
      return parseSyslogNg(text, base);
    } catch (error) {
      if (!(error instanceof SyslogNgSyntaxError)) throw error;
      throw syntaxError(name, error.line - base, error.message);
    }
  });
  return {
    statements: all.flatMap(({ statements }) => statements),
    defines: new Map(all.flatMap(({ defines }) => [...defines])),
  };
}

/** Each finding in its file. Where something was not read, what seems to be missing may be there: a note. */
function placed(
  findings: readonly Finding[],
  files: readonly ConfigText[],
  [hole]: readonly UnreadInclude[],
): readonly Finding[] {
  return [...findings]
    .sort((a, b) => a.line - b.line)
    .map((finding) => {
      const file = files[Math.floor(finding.line / FILE_LINES)]?.name;
      const line = finding.line % FILE_LINES || 1;
      const here = file === files[0]?.name ? { ...finding, line } : { ...finding, line, file };
      if (hole === undefined || finding.missing !== true) return here;
      const reason = `${finding.reason}; it may be in "${hole.pattern}", which was not read: ${hole.reason}`;
      return {
        ...finding,
        line: hole.line,
        effect: "note",
        reason,
        remedy: "run lint as a user who may read that file",
        ...(hole.file === files[0]?.name ? {} : { file: hole.file }),
      };
    });
}

function tree(
  read: { yaml: YamlText } | { problems: YamlProblem[] },
  fileName: string,
  base: number,
): YamlText {
  if ("problems" in read) {
    const [first] = read.problems;
    throw syntaxError(fileName, first?.line, first?.sentence ?? "the text can't be read");
  }
  const { value, lineOf } = read.yaml;
  return {
    value,
    lineOf: (path) => {
      const line = lineOf(path);
      return line === undefined ? undefined : base + line;
    },
  };
}

function syntaxError(fileName: string, line: number | undefined, sentence: string): ConfigError {
  const where = line === undefined ? "" : `line ${line}: `;
  return new ConfigError(`Cannot lint ${JSON.stringify(fileName)}: ${where}${sentence}`, {
    code: "lint_syntax",
  });
}

/** An unquoted variable of Vector before 0.57 would be no TOML: it becomes a text. */
function filled(text: string): string {
  return text.replaceAll(/(=\s*)(\$\{?[A-Za-z_]\w*(?::?-\w+)?\}?)\s*$/gm, '$1"$2"');
}
