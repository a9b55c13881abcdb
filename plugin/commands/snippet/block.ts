import type { ShipperName } from "../../config/shipper.ts";
import type { Expected } from "../lint/expected.ts";
import { sizeBytes } from "../lint/size.ts";

/** What an example is filled in with. */
export interface Filling {
  /** Arguments of the program after `--once` or `--follow`. */
  readonly args: readonly string[];
  readonly expected: Expected;
  /** Sizes of the shipper's buffers for one line. */
  readonly lineRoomBytes: number;
  readonly host: string;
  readonly port: string;
  /** Folder of the shipper's buffer on disk; null: as in the example. */
  readonly bufferDir: string | null;
  /** Port of the shipper's HTTP input; null: as in the example. */
  readonly inputPort: string | null;
  /** TLS to QRadar; `caFile`: who issued its certificate, null for the system's certificates. */
  readonly tls: { readonly caFile: string | null } | null;
}

/** An example without its head, with the values of an installation: the block that goes into the packaged shipper. */
export function filledBlock(example: string, shipper: ShipperName, filling: Filling): string {
  const { expected, args, tls, bufferDir } = filling;
  let text = example.replace(/^(?:@version.*\n|#.*\n)+\n/, "");
  text = withBuffer(text, shipper, bufferDir);
  text = text.replace(
    /(qradar\.example\.com|\$\{QRADAR_HOST\})([^\d$]*)(514|\$\{QRADAR_PORT\})/,
    (_all, _host, between) => `${addressOf(shipper, filling)}${between}${filling.port}`,
  );
  text = text.replace(/(mimecast-input poll --\w+)(?=["\n])/, (all) => [all, ...args].join(" "));
  const words = args.map((word) => `, ${JSON.stringify(word)}`).join("");
  text = text.replace(/"poll", "--follow"/, (all) => all + words);
  text = text.replace(SIZE, (all, key: string, size: string) => {
    const isBody = key.startsWith("buffer_max_size") && expected.batchBytes !== null;
    const needed = isBody ? 4 * (expected.batchBytes ?? 0) : filling.lineRoomBytes;
    return (sizeBytes(size) ?? 0) < needed ? key + needed : all;
  });
  if (expected.path !== "")
    text = text.replace(/\/var\/log\/mimecast-input\/events\.leef/g, expected.path);
  if (expected.path !== "" && shipper === "syslog-ng") text = withFolder(text, expected.path);
  if (filling.inputPort !== null) text = text.replace(INPUT_PORT, filling.inputPort);
  if (tls !== null) for (const [from, to] of tlsOf(filling)[shipper]) text = text.replace(from, to);
  return withFields(text, shipper, expected.format);
}

const SIZE =
  /\b(buf_size: |syslog_maxsize: |buffer_max_size: |log-msg-size\(|maxMessageSize="|max_line_bytes = |maximum_buffer_size_bytes = |max_log_size: )(\w+)/g;
const INPUT_PORT = /(?<=127\.0\.0\.1:|listen: 127\.0\.0\.1\n +port: )(?:8080|9880|4318)\b/;
const BUFFER_DIR = /\/var\/lib\/(?:vector|rsyslog|(?:fluent-bit|otelcol)\/storage)\b/g;
/** What the packages' own files have already. */
const PACKAGED =
  /^(?:options \{[^}]*\};\n\n|# Where rsyslog keeps .*\nglobal\(workDirectory=.*\n)/m;

/** syslog-ng has a folder by itself; the packaged rsyslog.conf names one. */
function withBuffer(text: string, shipper: ShipperName, folder: string | null): string {
  if (folder === null) return text.replace(PACKAGED, "");
  if (shipper === "syslog-ng") {
    return text.replace(PACKAGED, "").replace(/mem-buf-size\(\d+\)/, `$& dir("${folder}")`);
  }
  return text.replace(BUFFER_DIR, folder);
}

/** `wildcard-file()` has folder and pattern apart. */
function withFolder(text: string, path: string): string {
  const slash = path.lastIndexOf("/");
  return text
    .replace(/base-dir\("[^"]*"\)/, `base-dir("${path.slice(0, slash) || "/"}")`)
    .replace(/filename-pattern\("[^"]*"\)/, `filename-pattern("${path.slice(slash + 1)}*")`);
}

function addressOf(shipper: ShipperName, { host }: Filling): string {
  return shipper === "vector" && host.includes(":") ? `[${host}]` : host;
}

type Changes = readonly (readonly [from: RegExp, to: string])[];

/** What the comment "For TLS" of each example becomes. */
function tlsOf({ tls, host }: Filling): Readonly<Record<ShipperName, Changes>> {
  const ca = tls?.caFile ?? null;
  const named = (text: string) => (ca === null ? "" : text);
  return {
    "fluent-bit": [
      [
        /mode: tcp\n( +)# For TLS:.*\n/,
        `mode: tls\n$1tls: on\n$1tls.verify: on\n${named(`$1tls.ca_file: ${ca}\n`)}`,
      ],
    ],
    vector: [[/# For TLS:.*\n/, `tls.enabled = true\n${named(`tls.ca_file = "${ca}"\n`)}`]],
    "syslog-ng": [
      [
        /transport\("tcp"\)\n +# For TLS:.*\n/,
        `transport("tls") tls(${named(`ca-file("${ca}") `)}peer-verify(required-trusted))\n`,
      ],
    ],
    rsyslog: [
      [
        /# For TLS.*\n/,
        `# Package rsyslog-gnutls.\n    StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name"\n    StreamDriverPermittedPeers="${host}"${named(` streamDriver.CAFile="${ca}"`)}\n`,
      ],
    ],
    otelcol: [
      [
        /# For TLS:.*\n +tls: .*\n/,
        `tls: { ${ca === null ? "insecure: false" : `ca_file: ${ca}`} }\n`,
      ],
    ],
  };
}

/** For the JSON formats: the LEEF line of `json+leef` is the field `message`, and by OTLP every JSON line is an object. */
function withFields(text: string, shipper: ShipperName, format: Expected["format"]): string {
  if (format === "leef" || (format === "json" && !/- name: opentelemetry\n/.test(text)))
    return text;
  if (shipper === "vector") return text.replace('codec = "bytes"', 'codec = "json"');
  if (shipper !== "fluent-bit") return text;
  const named = text.replace(/syslog_message_key: \w+/, "syslog_message_key: message");
  if (!/- name: (?:exec|tail)\n/.test(text)) return named;
  return named
    .replace(/^service:/m, "parsers:\n  - name: mimecast_json\n    format: json\n\nservice:")
    .replace(/^( +)(?:buf_size|buffer_max_size): .*$/m, "$&\n$1parser: mimecast_json");
}
