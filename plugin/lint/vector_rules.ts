import { valueAt } from "../config/problem.ts";
import type { Path, YamlText } from "../config/yaml_text.ts";
import { type Expected, expectedBy } from "./expected.ts";
import { commandFindings, type Effect, type Finding, runsProgram } from "./finding.ts";

/** `maximum_buffer_size_bytes` of the exec source where it is not set (Vector 0.58, src/sources/exec/mod.rs). */
const DEFAULT_MAXIMUM = 1_000_000;

/** A Vector configuration with a way to speak of its parts. */
interface Vector {
  at(...path: Path): unknown;
  finding(path: Path, rule: string, effect: Effect, reason: string, remedy: string): Finding;
}

/** Everything in a Vector configuration that costs Mimecast events. */
export function lintVector(tree: YamlText, expected: Expected): Finding[] {
  const vector: Vector = {
    at: (...path) => valueAt(tree.value, path),
    finding: (path, rule, effect, reason, remedy) => {
      return { rule, line: tree.lineOf(path) ?? 1, effect, reason, remedy };
    },
  };
  const ours = names(vector.at("sources")).filter((name) => isOurs(vector, name, expected));
  if (ours.length === 0) {
    const remedy = "add the block that mimecast-input snippet vector prints";
    const reason =
      expected.batchBytes === null
        ? "no exec source runs mimecast-input"
        : "there is no http_server source, and output.http is configured";
    return [vector.finding(["sources"], "source", "stalls", reason, remedy)];
  }
  return ours.flatMap((name) => [
    ...sourceFindings(vector, name, expected),
    ...routeFindings(vector, name, expected),
  ]);
}

function isOurs(vector: Vector, name: string, { batchBytes }: Expected): boolean {
  if (batchBytes !== null)
    return /^http(?:_server)?$/.test(String(vector.at("sources", name, "type")));
  if (vector.at("sources", name, "type") !== "exec") return false;
  const command = vector.at("sources", name, "command");
  return Array.isArray(command) && runsProgram(command.map(String).join(" "));
}

function sourceFindings(vector: Vector, name: string, expected: Expected): Finding[] {
  const path = ["sources", name];
  const command = vector.at(...path, "command");
  const words = Array.isArray(command) ? command.map(String).join(" ") : "";
  const own = expectedBy(words, expected);
  const lines = lineFindings(vector, path, own);
  return own.batchBytes === null ? [...execFindings(vector, path, own), ...lines] : lines;
}

function execFindings(vector: Vector, path: Path, expected: Expected): Finding[] {
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
function lineFindings(vector: Vector, path: Path, expected: Expected): Finding[] {
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
function routeFindings(vector: Vector, source: string, expected: Expected): Finding[] {
  const reached = new Set([source]);
  const transforms = names(vector.at("transforms"));
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const name of transforms) {
      if (reads(vector.at("transforms", name, "inputs"), reached)) reached.add(name);
    }
  }
  const sinks = names(vector.at("sinks")).filter((name) => {
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
    ...sinks.flatMap((name) => sinkFindings(vector, name)),
    ...(expected.batchBytes === null ? [] : sinks.flatMap((name) => ackFindings(vector, name))),
  ];
}

function sinkFindings(vector: Vector, name: string): Finding[] {
  const path = ["sinks", name];
  const get = (...rest: Path) => vector.at(...path, ...rest);
  const found = [...bufferFindings(vector, path), ...tlsFindings(vector, path)];
  if (get("type") !== "socket") return found;
  if (get("mode") === "udp") {
    const reason =
      'mode is "udp": datagrams are lost without a trace, and cut at QRadar\'s UDP limit';
    found.push(vector.finding([...path, "mode"], "mode", "loses", reason, 'mode = "tcp"'));
  }
  const codec = get("encoding", "codec");
  if (codec !== "text") {
    const reason = `encoding.codec is ${codec === undefined ? "not set" : JSON.stringify(codec)}: QRadar gets something other than our line, which is the field "message"`;
    const at = [...path, "encoding", "codec"];
    found.push(vector.finding(at, "encoding.codec", "damages", reason, 'encoding.codec = "text"'));
  }
  const framing = get("framing", "method");
  if (framing !== undefined && framing !== "newline_delimited") {
    const reason = `framing.method is ${JSON.stringify(framing)}: QRadar ends an event at the line feed`;
    const remedy = 'framing.method = "newline_delimited"';
    const at = [...path, "framing", "method"];
    found.push(vector.finding(at, "framing.method", "damages", reason, remedy));
  }
  return found;
}

/** Only an acknowledging sink makes the answer of `http_server` mean that the batch is safe. */
function ackFindings(vector: Vector, name: string): Finding[] {
  const at = ["sinks", name, "acknowledgements", "enabled"];
  const enabled = vector.at(...at) ?? vector.at("acknowledgements", "enabled");
  if (enabled === true) return [];
  const reason =
    "acknowledgements are off: http_server answers 200 before the sink has the batch, and a kill loses it";
  const remedy = "acknowledgements.enabled = true";
  return [vector.finding(at, "acknowledgements", "loses", reason, remedy)];
}

function bufferFindings(vector: Vector, path: Path): Finding[] {
  const buffer = vector.at(...path, "buffer");
  const stages = (Array.isArray(buffer) ? buffer : [buffer]).map((stage, index) => {
    return { stage, at: Array.isArray(buffer) ? [...path, "buffer", index] : [...path, "buffer"] };
  });
  const found: Finding[] = [];
  if (!stages.some(({ stage }) => valueAt(stage, ["type"]) === "disk")) {
    const reason =
      "the buffer is in memory: when Vector is killed, or QRadar is away and Vector is restarted, its events are gone";
    const remedy = 'buffer.type = "disk", with max_size';
    found.push(vector.finding([...path, "buffer"], "buffer.type", "loses", reason, remedy));
  }
  for (const { stage, at } of stages) {
    if (valueAt(stage, ["when_full"]) !== "drop_newest") continue;
    const reason = 'when_full is "drop_newest": when the buffer is full, events are dropped';
    const remedy = 'when_full = "block"';
    found.push(vector.finding([...at, "when_full"], "buffer.when_full", "loses", reason, remedy));
  }
  return found;
}

function tlsFindings(vector: Vector, path: Path): Finding[] {
  return ["verify_certificate", "verify_hostname"].flatMap((key) => {
    const at = [...path, "tls", key];
    if (vector.at(...at) !== false) return [];
    const reason = `tls.${key} is false: anybody on the way can read and change the events`;
    return [vector.finding(at, `tls.${key}`, "insecure", reason, "remove it, and set tls.ca_file")];
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

function names(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.keys(value)
    : [];
}
