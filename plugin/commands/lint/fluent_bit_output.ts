import { addressFindings } from "./address.ts";
import { type Expected, roomFor } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { nameOf, type Section } from "./fluent_bit_config.ts";
import { variableFindings } from "./fluent_bit_variables.ts";
import { sizeBytes, truth } from "./size.ts";

/** `syslog_maxsize` where it is not set (syslog.c): RFC 5424, the default format, and RFC 3164. */
const DEFAULT_MAXSIZE = { rfc5424: 2048, rfc3164: 1024 } as const;

/** Outputs of this machine, which never ask for a retry, and what they do with records. */
export const LOCAL = {
  file: "keeps",
  stdout: "shows",
  null: "drops",
  counter: "drops",
  exit: "ends",
} as const;

/** What an output of Fluent Bit costs. `filtered`: a filter stands between `input` and it. */
export function outputFindings(
  output: Section,
  input: Section,
  filtered: boolean,
  expected: Expected,
): Finding[] {
  const found: Finding[] = [];
  const retry = output.get("retry_limit");
  if (nameOf(output) in LOCAL) return found;
  found.push(...variableFindings([output]));
  if (retry === undefined || !/^(no_limits|false|off|\$\{.*\})$/i.test(retry.value)) {
    found.push({
      rule: "retry_limit",
      line: retry?.line ?? output.line,
      effect: "loses",
      reason: `retry_limit is ${retry === undefined ? "1 by default" : `"${retry.value}"`}: what can't be delivered after that is dropped`,
      remedy: "retry_limit: no_limits",
    });
  }
  const verify = output.get("tls.verify");
  if (verify !== undefined && truth(verify.value) === false) {
    found.push({
      rule: "tls.verify",
      line: verify.line,
      effect: "insecure",
      reason: "tls.verify is off: anybody on the way can read and change the events",
      remedy: "tls.verify: on, and tls.ca_file with the issuer of QRadar's certificate",
    });
  }
  return nameOf(output) === "syslog"
    ? [...found, ...syslogFindings(output, input, filtered, expected)]
    : found;
}

function syslogFindings(
  output: Section,
  input: Section,
  filtered: boolean,
  expected: Expected,
): Finding[] {
  const host = output.get("host");
  // 127.0.0.1 and 514 where they are not set (syslog.c): a receiver on this machine.
  const address = { host: host?.value ?? "127.0.0.1", port: output.get("port")?.value ?? "514" };
  const at = host?.line ?? output.get("port")?.line ?? output.line;
  const remedy = "host and port of QRadar";
  const found = addressFindings(address.host, address.port, at, remedy);
  const mode = output.get("mode");
  if (mode === undefined || /^udp$/i.test(mode.value)) {
    found.push({
      rule: "mode",
      line: mode?.line ?? output.line,
      effect: "loses",
      reason: `mode is ${mode === undefined ? "udp by default" : '"udp"'}: datagrams are lost without a trace, and cut at QRadar's UDP limit`,
      remedy: "mode: tcp, or mode: tls with tls: on",
    });
  }
  const key = output.get("syslog_message_key");
  // "message" is the LEEF line of a JSON record, or what the http input makes of a line.
  const lineBytes = key?.value === "message" ? expected.leefLineBytes : expected.longestLineBytes;
  const format = output.get("syslog_format")?.value.toLowerCase();
  const maxsize = output.get("syslog_maxsize");
  const fallback = DEFAULT_MAXSIZE[format === "rfc3164" ? "rfc3164" : "rfc5424"];
  const bytes = maxsize === undefined ? fallback : sizeBytes(maxsize.value);
  if (bytes !== null && bytes < lineBytes + 1) {
    found.push({
      rule: "syslog_maxsize",
      line: maxsize?.line ?? output.line,
      effect: "damages",
      reason: `syslog_maxsize is ${bytes} bytes${maxsize === undefined ? " by default" : ""}: longer lines are cut (ours have up to ${lineBytes})`,
      remedy: `syslog_maxsize: ${roomFor(expected)}`,
    });
  }
  const wanted = lineKeyOf(input, expected);
  // A filter may have given the line another name.
  if ((key === undefined || key.value !== wanted) && !filtered) {
    found.push({
      rule: "syslog_message_key",
      line: key?.line ?? output.line,
      effect: "damages",
      reason: `syslog_message_key is ${key === undefined ? "not set" : `"${key.value}"`}, but the line is in "${wanted}": Fluent Bit sends a header of its own, without our line`,
      remedy: `syslog_message_key: ${wanted}`,
    });
  }
  return found;
}

/** The field in which an input puts the line. */
function lineKeyOf(input: Section, { way, format }: Expected): string {
  const isParsed = format !== "leef" && (input.get("parser") !== undefined || way === "otlp");
  if (way === "http" || isParsed) return "message";
  if (way === "exec") return "exec";
  return (way === "file" ? input.get("key")?.value : undefined) ?? "log";
}
