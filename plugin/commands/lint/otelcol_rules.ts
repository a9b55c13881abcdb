import type { YamlText } from "../../config/yaml_text.ts";
import { type ConfigTree, configTree, namesIn, textsIn } from "./config_tree.ts";
import type { Expected } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { followsFile, renamedFindings } from "./followed_file.ts";
import { localProblems } from "./local_outputs.ts";
import { exporterFindings } from "./otelcol_exporter.ts";
import { sizeBytes } from "./size.ts";

/** `max_log_size` of the filelog receiver where it is not set (contrib 0.165, pkg/stanza/fileconsumer). */
const DEFAULT_LOG_SIZE = "1MiB";

/** Everything in a configuration of the OpenTelemetry Collector that costs Mimecast events. */
export function lintOtelcol(tree: YamlText, expected: Expected): Finding[] {
  const config = configTree(tree);
  const ours = namesIn(config.at("receivers")).filter((name) => isOurs(config, name, expected));
  if (ours.length === 0) {
    const remedy = "take the block that mimecast-input snippet otelcol prints";
    const reason = missingReceiver(expected);
    return [
      { ...config.finding(["receivers"], "receiver", "stalls", reason, remedy), missing: true },
    ];
  }
  return ours.flatMap((name) => [
    ...(expected.way === "file" ? fileFindings(config, name, expected) : []),
    ...pipelineFindings(config, name, expected),
  ]);
}

/** The kind of a component: `otlp/mimecast` is an `otlp`; `file_log` is the newer name of `filelog`. */
function kindOf(name: string): string {
  return (name.split("/")[0] as string).replaceAll("_", "");
}

function missingReceiver({ way, path }: Expected): string {
  if (way === "file") return `no filelog receiver includes "${path}", the file of output.file`;
  if (way === "otlp") return "there is no otlp receiver, and output.otlp is configured";
  return "the collector starts no program: our configuration needs output.otlp or output.file";
}

function isOurs(config: ConfigTree, name: string, expected: Expected): boolean {
  if (expected.way === "otlp") return kindOf(name) === "otlp";
  return (
    expected.way === "file" &&
    kindOf(name) === "filelog" &&
    patternOf(config, name, expected) !== undefined
  );
}

function patternOf(config: ConfigTree, name: string, expected: Expected): string | undefined {
  const patterns = textsIn(config.at("receivers", name, "include"));
  return patterns.find((pattern) => followsFile(pattern, expected));
}

function fileFindings(config: ConfigTree, name: string, expected: Expected): Finding[] {
  const at = (key: string) => ["receivers", name, key];
  const get = (key: string) => config.at(...at(key));
  const { line } = config.finding(at("include"), "", "note", "", "");
  const found = renamedFindings(patternOf(config, name, expected) ?? "", line, expected);
  if (get("start_at") !== "beginning") {
    const reason =
      'start_at is "end", the default: what is in a file when the collector first sees it is never read';
    found.push(config.finding(at("start_at"), "start_at", "loses", reason, "start_at: beginning"));
  }
  if (get("storage") === undefined) {
    const reason =
      "without storage the collector does not know after a restart how far it has read";
    found.push(
      config.finding(at("storage"), "storage", "damages", reason, "storage: file_storage"),
    );
  }
  if (
    config.at(...at("retry_on_failure"), "enabled") !== true ||
    config.at(...at("retry_on_failure"), "max_elapsed_time") !== 0
  ) {
    const reason = "without retry_on_failure for ever, lines are dropped while the queue is full";
    const remedy = "retry_on_failure: { enabled: true, max_elapsed_time: 0 }";
    found.push(
      config.finding(at("retry_on_failure"), "receiver.retry_on_failure", "loses", reason, remedy),
    );
  }
  if (get("preserve_trailing_whitespaces") !== true) {
    const reason = "without preserve_trailing_whitespaces a line loses the blanks at its end";
    const remedy = "preserve_trailing_whitespaces: true";
    const where = at("preserve_trailing_whitespaces");
    found.push(config.finding(where, "preserve_trailing_whitespaces", "damages", reason, remedy));
  }
  const size = String(get("max_log_size") ?? DEFAULT_LOG_SIZE);
  if ((sizeBytes(size) ?? Number.POSITIVE_INFINITY) <= expected.longestLineBytes) {
    const reason = `max_log_size is ${size}: lines of up to ${expected.longestLineBytes} bytes are cut in two`;
    const remedy = `max_log_size: ${2 * expected.longestLineBytes}`;
    found.push(config.finding(at("max_log_size"), "max_log_size", "damages", reason, remedy));
  }
  return found;
}

/** Processors that drop records, and those that hold them in memory after the receiver has answered. */
const DROPPING = ["filter", "probabilisticsampler", "tailsampling", "logdedup"];

/** The pipelines behind a receiver. */
function pipelineFindings(config: ConfigTree, receiver: string, expected: Expected): Finding[] {
  const ours = namesIn(config.at("service", "pipelines")).filter((name) => {
    const receivers = textsIn(config.at("service", "pipelines", name, "receivers"));
    return kindOf(name) === "logs" && receivers.includes(receiver);
  });
  if (ours.length === 0) {
    const reason = `no pipeline of logs takes "${receiver}": nothing goes to QRadar`;
    const remedy = `logs: { receivers: [${receiver}], exporters: [syslog] }`;
    return [config.finding(["service", "pipelines"], "pipeline", "loses", reason, remedy)];
  }
  const all = (key: string) => [
    ...new Set(ours.flatMap((name) => textsIn(config.at("service", "pipelines", name, key)))),
  ];
  const processors = all("processors");
  const exporters = all("exporters");
  return [
    ...processors.flatMap((name) => processorFindings(config, name)),
    ...localFindings(config, exporters),
    ...exporters
      .filter((name) => !(kindOf(name) in LOCAL))
      .flatMap((name) =>
        exporterFindings(config, name, kindOf(name), processors.length > 0, expected, receiver),
      ),
  ];
}

function processorFindings(config: ConfigTree, name: string): Finding[] {
  const at = ["processors", name];
  if (kindOf(name) === "batch") {
    const reason = `"${name}" holds records in memory after they count as taken: a kill of the collector loses them`;
    const remedy = "remove it: sending_queue.batch of the exporter does the same behind the queue";
    return [config.finding(at, "processor", "loses", reason, remedy)];
  }
  if (!DROPPING.includes(kindOf(name))) return [];
  const remedy = "take our records past it, in a pipeline of their own";
  return [config.finding(at, "processor", "loses", `"${name}" drops records`, remedy)];
}

const LOCAL = { debug: "shows", file: "keeps", nop: "drops" } as const;

function localFindings(config: ConfigTree, exporters: readonly string[]): Finding[] {
  const reached = exporters.map((name) => {
    // With the verbosity "basic", the default, it prints numbers only.
    const isBasic = (config.at("exporters", name, "verbosity") ?? "basic") === "basic";
    return { at: name, name, kind: kindOf(name) === "debug" && isBasic ? "nop" : kindOf(name) };
  });
  return localProblems(reached, LOCAL).map(({ at, effect, reason }) => {
    const remedy =
      effect === "loses"
        ? "add the exporter to QRadar to the pipeline"
        : `take "${at}" out of the pipeline`;
    return config.finding(["exporters", at], "exporter", effect, reason, remedy);
  });
}
