import { addressFindings } from "./address.ts";
import { bufferDirProblem } from "./buffer_folder.ts";
import { type ConfigTree, textsIn } from "./config_tree.ts";
import type { Expected } from "./expected.ts";
import type { Effect, Finding } from "./finding.ts";

type Say = (key: string, rule: string, effect: Effect, reason: string, remedy: string) => Finding;

/** What an exporter that sends our records costs. `isProcessed`: the pipeline has processors. */
export function exporterFindings(
  config: ConfigTree,
  name: string,
  kind: string,
  isProcessed: boolean,
  expected: Expected,
  receiver: string,
): Finding[] {
  const get = (...path: string[]) => config.at("exporters", name, ...path);
  const say: Say = (key, ...rest) =>
    config.finding(["exporters", name, ...key.split(".")], ...rest);
  const found = [...queueFindings(config, name, say), ...retryFindings(get, say)];
  if (get("tls", "insecure_skip_verify") === true) {
    const reason = "tls.insecure_skip_verify: anybody on the way can read and change the events";
    found.push(say("tls.insecure_skip_verify", "tls", "insecure", reason, "tls: { ca_file: … }"));
  }
  if (kind !== "syslog") return found;
  return [
    ...found,
    ...syslogFindings(get, say),
    ...lineFindings(config, isProcessed, expected, receiver, say),
  ];
}

/** Without a queue the receiver waits for QRadar itself. */
function queueFindings(config: ConfigTree, name: string, say: Say): Finding[] {
  const queue = (key: string) => config.at("exporters", name, "sending_queue", key);
  if (queue("enabled") === false) return [];
  const storage = queue("storage");
  if (storage === undefined) {
    const reason =
      "sending_queue has no storage: what waits for QRadar is in memory, and a kill of the collector loses it";
    return [
      say(
        "sending_queue",
        "sending_queue.storage",
        "loses",
        reason,
        "storage: file_storage, with the extension",
      ),
    ];
  }
  const found: Finding[] = [];
  if (!textsIn(config.at("service", "extensions")).includes(String(storage))) {
    const reason = `service.extensions does not name "${storage}": the collector does not start`;
    found.push(
      say("sending_queue.storage", "extension", "stalls", reason, `extensions: [${storage}]`),
    );
  }
  const folder = config.at("extensions", String(storage), "directory");
  const problem = typeof folder === "string" ? bufferDirProblem(folder) : null;
  if (problem !== null) {
    const at = ["extensions", String(storage), "directory"];
    const remedy = "directory: /var/lib/otelcol/storage";
    found.push(config.finding(at, "buffer.folder", "loses", `directory ${problem}`, remedy));
  }
  return found;
}

type Get = (...path: string[]) => unknown;

/** Five minutes where it is not set (config/configretry). */
function retryFindings(get: Get, say: Say): Finding[] {
  const isOff = get("retry_on_failure", "enabled") === false;
  const most = get("retry_on_failure", "max_elapsed_time");
  if (!isOff && /^0[a-z]*$/.test(String(most))) return [];
  const after = isOff
    ? "at once"
    : `after ${most === undefined ? "five minutes, the default" : most}`;
  const reason = `what QRadar does not take is dropped ${after}`;
  const remedy = "retry_on_failure: { enabled: true, max_elapsed_time: 0 }";
  return [say("retry_on_failure", "retry_on_failure", "loses", reason, remedy)];
}

/** Of the syslog exporter (contrib, exporter/syslogexporter). */
function syslogFindings(get: Get, say: Say): Finding[] {
  const { line } = say("endpoint", "", "note", "", "");
  const port = String(get("port") ?? 514);
  const found = addressFindings(
    String(get("endpoint") ?? ""),
    port,
    line,
    "endpoint and port of QRadar",
  );
  if (get("network") === "udp") {
    const reason =
      "network is udp: datagrams are lost without a trace, and cut at QRadar's UDP limit";
    found.push(say("network", "network", "loses", reason, "network: tcp"));
  }
  if (get("enable_octet_counting") === true) {
    const reason =
      "enable_octet_counting puts a number before each line, which QRadar takes for a part of it";
    found.push(
      say("enable_octet_counting", "enable_octet_counting", "damages", reason, "remove it"),
    );
  }
  if (get("sending_queue", "enabled") !== false && get("sending_queue", "batch") === undefined) {
    const reason =
      "sending_queue has no batch: the exporter opens a connection for each of ours, QRadar refuses more than 10 of a host, and lines on their way are lost";
    const remedy = "batch: { flush_timeout: 1s, min_size: 5000, max_size: 5000 }";
    found.push(say("sending_queue", "sending_queue.batch", "loses", reason, remedy));
  }
  return found;
}

/** The syslog exporter sends the attribute `message`, never the body. */
function lineFindings(
  config: ConfigTree,
  isProcessed: boolean,
  { way, syslogAttributes }: Expected,
  receiver: string,
  say: Say,
): Finding[] {
  const has =
    way === "otlp"
      ? syslogAttributes !== false
      : textsIn(config.at("receivers", receiver, "operators")).length > 0;
  if (has || isProcessed) return [];
  const reason =
    "the syslog exporter sends the attribute message, which our records do not have: QRadar gets empty lines";
  const remedy =
    way === "otlp"
      ? "output.otlp.syslog_attributes: true in our configuration"
      : "operators of the filelog receiver, as config-examples/opentelemetry-collector/file.yaml has them";
  return [say("endpoint", "message", "loses", reason, remedy)];
}
