import type { Path, YamlText } from "../../config/yaml_text.ts";
import { type ConfigTree, configTree, namesIn } from "./config_tree.ts";
import { type Expected, expectedBy } from "./expected.ts";
import { commandFindings, type Finding, runsProgram } from "./finding.ts";
import { followsFile, renamedFindings } from "./followed_file.ts";
import { localProblems } from "./local_outputs.ts";
import { ackFindings, LOCAL, sinkFindings } from "./vector_sink.ts";
import { dataDirFindings, variableFindings } from "./vector_values.ts";

/** `maximum_buffer_size_bytes` of the exec source where it is not set (Vector 0.58, src/sources/exec/mod.rs). */
const DEFAULT_MAXIMUM = 1_000_000;

/** Everything in a Vector configuration that costs Mimecast events. */
export function lintVector(tree: YamlText, expected: Expected): Finding[] {
  const vector = configTree(tree);
  const ours = namesIn(vector.at("sources")).filter((name) => isOurs(vector, name, expected));
  if (ours.length === 0) {
    const remedy =
      "add the block that mimecast-input snippet vector prints, or name all files: lint vector.yaml mimecast.toml";
    const reason = missingSource(expected);
    return [{ ...vector.finding(["sources"], "source", "stalls", reason, remedy), missing: true }];
  }
  return [
    ...dataDirFindings(vector),
    ...ours.flatMap((name) => [
      ...variableFindings(vector, ["sources", name]),
      ...sourceFindings(vector, name, expected),
      ...routeFindings(vector, name, expected),
    ]),
  ];
}

/** The source of each way; `http` is the older name of `http_server`. */
const SOURCES = {
  exec: ["exec"],
  file: ["file"],
  http: ["http_server", "http"],
  otlp: ["opentelemetry"],
} as const;

function missingSource({ way, path }: Expected): string {
  if (way === "exec") return "no exec source runs mimecast-input";
  if (way === "file") return `no file source includes "${path}", the file of output.file`;
  return `there is no ${SOURCES[way][0]} source, and output.${way} is configured`;
}

function isOurs(vector: ConfigTree, name: string, expected: Expected): boolean {
  const { way } = expected;
  const types: readonly string[] = SOURCES[way];
  if (!types.includes(String(vector.at("sources", name, "type")))) return false;
  if (way === "file") return includesOf(vector, name, expected).length > 0;
  if (way !== "exec") return true;
  const command = vector.at("sources", name, "command");
  return Array.isArray(command) && runsProgram(command.map(String).join(" "));
}

function sourceFindings(vector: ConfigTree, name: string, expected: Expected): Finding[] {
  const path = ["sources", name];
  const command = vector.at(...path, "command");
  const words = Array.isArray(command) ? command.map(String).join(" ") : "";
  const own = expectedBy(words, expected);
  const lines = lineFindings(vector, path, own);
  if (own.way === "file") return fileFindings(vector, name, own);
  return own.way === "exec" ? [...execFindings(vector, path, own), ...lines] : lines;
}

/** `max_line_bytes` of the file source where it is not set (Vector 0.58, src/sources/file.rs). */
const DEFAULT_MAX_LINE = 102_400;

/** The patterns of a file source that take our file. */
function includesOf(vector: ConfigTree, name: string, expected: Expected): string[] {
  const include = vector.at("sources", name, "include");
  const patterns = Array.isArray(include) ? include.map(String) : [];
  return patterns.filter((pattern) => followsFile(pattern, expected));
}

/** What a file source that follows our file costs. */
function fileFindings(vector: ConfigTree, name: string, expected: Expected): Finding[] {
  const path = ["sources", name];
  const get = (...rest: Path) => vector.at(...path, ...rest);
  const { line } = vector.finding([...path, "include"], "", "note", "", "");
  const [pattern = ""] = includesOf(vector, name, expected);
  const found = renamedFindings(pattern, line, expected);
  if (get("read_from") === "end") {
    const reason = 'read_from is "end": what is in a file when Vector first sees it is never read';
    const remedy = 'read_from = "beginning"';
    found.push(vector.finding([...path, "read_from"], "read_from", "loses", reason, remedy));
  }
  const most = get("max_line_bytes") ?? DEFAULT_MAX_LINE;
  if (typeof most === "number" && most < expected.longestLineBytes + 1) {
    const reason = `max_line_bytes is ${most}: lines of up to ${expected.longestLineBytes} bytes are dropped`;
    const remedy = `max_line_bytes = ${2 * expected.longestLineBytes}`;
    const at = [...path, "max_line_bytes"];
    found.push(vector.finding(at, "max_line_bytes", "loses", reason, remedy));
  }
  return found;
}

function execFindings(vector: ConfigTree, path: Path, expected: Expected): Finding[] {
  const get = (...rest: Path) => vector.at(...path, ...rest);
  const found: Finding[] = [];
  const mode = get("mode");
  if (mode !== "streaming") {
    const reason = `mode is ${mode === undefined ? '"scheduled" by default' : JSON.stringify(mode)}: a run that is slow because QRadar is away is killed, and what Vector had read of it is dropped`;
    found.push(vector.finding([...path, "mode"], "mode", "loses", reason, 'mode = "streaming"'));
  }
  const words = (get("command") as unknown[]).map(String).join(" ");
  const command = [...path, "command"];
  const line = vector.finding(command, "", "note", "", "").line;
  // With scheduled, the mode is the finding: --once is right for it.
  if (mode === "streaming") found.push(...commandFindings({ value: words, line }, "--follow"));
  if (get("include_stderr") !== false) {
    const reason = "include_stderr is true by default: log lines become events";
    const remedy = "include_stderr = false";
    found.push(
      vector.finding([...path, "include_stderr"], "include_stderr", "damages", reason, remedy),
    );
  }
  if (get("streaming", "respawn_on_exit") === false) {
    const reason = "respawn_on_exit is false: after the program ends once, nothing is collected";
    const at = [...path, "streaming", "respawn_on_exit"];
    found.push(
      vector.finding(at, "respawn_on_exit", "stalls", reason, "streaming.respawn_on_exit = true"),
    );
  }
  const maximum = get("maximum_buffer_size_bytes") ?? DEFAULT_MAXIMUM;
  if (typeof maximum === "number" && maximum < expected.longestLineBytes + 1) {
    const at = [...path, "maximum_buffer_size_bytes"];
    const reason = `maximum_buffer_size_bytes is ${maximum}: lines of up to ${expected.longestLineBytes} bytes do not fit`;
    const remedy = `maximum_buffer_size_bytes = ${2 * expected.longestLineBytes}`;
    found.push(vector.finding(at, "maximum_buffer_size_bytes", "damages", reason, remedy));
  }
  return found;
}

/** How the source takes lines out of what it reads. */
function lineFindings(vector: ConfigTree, path: Path, expected: Expected): Finding[] {
  const get = (...rest: Path) => vector.at(...path, ...rest);
  const found: Finding[] = [];
  const codec = get("decoding", "codec");
  if (
    typeof codec === "string" &&
    codec !== "bytes" &&
    !(codec === "json" && expected.format !== "leef")
  ) {
    const reason = `decoding.codec is "${codec}": lines that it can't read are dropped, the others are taken apart`;
    found.push(
      vector.finding(
        [...path, "decoding", "codec"],
        "decoding.codec",
        "loses",
        reason,
        'decoding.codec = "bytes"',
      ),
    );
  }
  const framing = get("framing", "method");
  if (framing !== undefined && framing !== "newline_delimited") {
    const reason = `framing.method is ${JSON.stringify(framing)}: our lines end in a line feed`;
    const remedy = 'framing.method = "newline_delimited"';
    found.push(
      vector.finding([...path, "framing", "method"], "framing.method", "damages", reason, remedy),
    );
  }
  return found;
}

/** The transforms and sinks behind a source. */
function routeFindings(vector: ConfigTree, source: string, expected: Expected): Finding[] {
  const reached = new Set([source]);
  const transforms = namesIn(vector.at("transforms"));
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const name of transforms) {
      if (reads(vector.at("transforms", name, "inputs"), reached)) reached.add(name);
    }
  }
  const sinks = namesIn(vector.at("sinks")).filter((name) => {
    return reads(vector.at("sinks", name, "inputs"), reached);
  });
  if (sinks.length === 0) {
    const reason = `no sink reads "${source}": every event is dropped`;
    const remedy = `inputs = ["${source}"] in the sink for QRadar`;
    return [vector.finding(["sources", source], "inputs", "loses", reason, remedy)];
  }
  const dropping = transforms.filter((name) => {
    const type = vector.at("transforms", name, "type");
    return reached.has(name) && (type === "sample" || type === "throttle");
  });
  return [
    ...dropping.map((name) => {
      const reason = `the transform "${name}" drops events (${vector.at("transforms", name, "type")})`;
      const remedy = `take "${source}" past it`;
      return vector.finding(["transforms", name], "transform", "loses", reason, remedy);
    }),
    ...localFindings(vector, source, sinks),
    ...sinks.flatMap((name) => sinkFindings(vector, name, expected.way !== "exec")),
    ...(expected.way === "exec" ? [] : sinks.flatMap((name) => ackFindings(vector, name))),
  ];
}

function localFindings(vector: ConfigTree, source: string, sinks: readonly string[]): Finding[] {
  const reached = sinks.map((name) => {
    return { at: name, name, kind: String(vector.at("sinks", name, "type")) };
  });
  return localProblems(reached, LOCAL).map(({ at, effect, reason }) => {
    const remedy =
      effect === "loses"
        ? `inputs = ["${source}"] in the sink for QRadar`
        : `take "${source}" out of its inputs, or remove it`;
    return vector.finding(["sinks", at, "type"], "sink", effect, reason, remedy);
  });
}

/** True where `inputs` names one of `reached`; a name may hold wildcards. */
function reads(inputs: unknown, reached: ReadonlySet<string>): boolean {
  const list = Array.isArray(inputs) ? inputs.map(String) : [];
  return list.some((input) => {
    const parts = input.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    // `route.name`: an output of a transform that has several.
    const pattern = new RegExp(`^${parts.join(".*")}$`);
    return [...reached].some((name) => pattern.test(name) || input.startsWith(`${name}.`));
  });
}
