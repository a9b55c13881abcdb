import { valueAt } from "../../config/problem.ts";
import type { Path } from "../../config/yaml_text.ts";
import { addressFindings } from "./address.ts";
import type { ConfigTree } from "./config_tree.ts";
import type { Finding } from "./finding.ts";
import { hasVariable, variableFindings } from "./vector_values.ts";

/** Sinks of this machine, and what they do with records. */
export const LOCAL = { console: "shows", file: "keeps", blackhole: "drops" } as const;

/** What a sink that gets our lines costs. `isAcknowledged`: the source waits for it. */
export function sinkFindings(vector: ConfigTree, name: string, isAcknowledged: boolean): Finding[] {
  const path = ["sinks", name];
  const get = (...rest: Path) => vector.at(...path, ...rest);
  if (String(get("type")) in LOCAL) return variableFindings(vector, path);
  const found = [
    ...variableFindings(vector, path),
    ...bufferFindings(vector, path, isAcknowledged),
    ...tlsFindings(vector, path),
  ];
  if (get("type") !== "socket") return found;
  found.push(...addressOf(vector, path), ...healthcheckFindings(vector, path));
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

/** Only an acknowledging sink makes a source's answer, or the position in a file, mean that the lines are safe. */
export function ackFindings(vector: ConfigTree, name: string): Finding[] {
  const at = ["sinks", name, "acknowledgements", "enabled"];
  const enabled = vector.at(...at) ?? vector.at("acknowledgements", "enabled");
  if (enabled === true) return [];
  const reason =
    "acknowledgements are off: the source answers, or goes on in the file, before the sink has the lines, and a kill loses them";
  const remedy = "acknowledgements.enabled = true";
  return [vector.finding(at, "acknowledgements", "loses", reason, remedy)];
}

/**
 * What was read from a pipe is only in Vector: it needs a disk buffer. A source that waits for the sink must have none: Vector
 * 0.58 acknowledges for its disk buffer before the lines are in a file, and a kill loses them
 * (docs/contributors/delivery-proof.md).
 */
function bufferFindings(vector: ConfigTree, path: Path, isAcknowledged: boolean): Finding[] {
  const buffer = vector.at(...path, "buffer");
  const stages = (Array.isArray(buffer) ? buffer : [buffer]).map((stage, index) => {
    return { stage, at: Array.isArray(buffer) ? [...path, "buffer", index] : [...path, "buffer"] };
  });
  const found: Finding[] = [];
  const onDisk = stages.find(({ stage }) => valueAt(stage, ["type"]) === "disk");
  if (isAcknowledged && onDisk !== undefined) {
    const reason =
      'buffer.type is "disk": Vector acknowledges lines before they are in its file, and a kill loses them';
    const remedy = "remove the buffer: the source then waits for the sink itself";
    found.push(vector.finding(onDisk.at, "buffer.type", "loses", reason, remedy));
  }
  if (!isAcknowledged && onDisk === undefined) {
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

function tlsFindings(vector: ConfigTree, path: Path): Finding[] {
  return ["verify_certificate", "verify_hostname"].flatMap((key) => {
    const at = [...path, "tls", key];
    if (vector.at(...at) !== false) return [];
    const reason = `tls.${key} is false: anybody on the way can read and change the events`;
    return [vector.finding(at, `tls.${key}`, "insecure", reason, "remove it, and set tls.ca_file")];
  });
}

function addressOf(vector: ConfigTree, path: Path): Finding[] {
  const address = vector.at(...path, "address");
  // A variable is a finding by itself.
  if (typeof address === "string" && hasVariable(address)) return [];
  const text = typeof address === "string" ? address : "";
  const [, host = "", port = ""] = /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(text) ?? [];
  const { line } = vector.finding([...path, "address"], "", "note", "", "");
  return addressFindings(host, port, line, 'address = "HOST:PORT" with the address of QRadar');
}

/** The packaged unit runs `vector validate` first, which tries the health checks. */
function healthcheckFindings(vector: ConfigTree, path: Path): Finding[] {
  const at = [...path, "healthcheck"];
  const enabled = vector.at(...at, "enabled") ?? vector.at(...at);
  if (enabled === false || vector.at("healthchecks", "enabled") === false) return [];
  const reason =
    "healthcheck is enabled by default: the packaged unit validates first, and does not start Vector while QRadar is away";
  return [vector.finding(at, "healthcheck", "stalls", reason, "healthcheck.enabled = false")];
}
