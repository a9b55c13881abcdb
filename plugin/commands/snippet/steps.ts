import type { ShipperName } from "../../config/shipper.ts";
import { logPath } from "../../host/log_file.ts";
import type { Way } from "../lint/expected.ts";

/** Which block it is. */
interface Chosen {
  readonly shipper: ShipperName;
  readonly way: Way;
  readonly format: string;
}

/** What the head depends on. */
interface Facts {
  readonly stateDir: string;
  /** True where the address of QRadar is not a placeholder. */
  readonly hasAddress: boolean;
  /** Lines that our configuration still needs; "": `output` without a target; null: it is as the block needs it. */
  readonly needed: string | null;
}

/** How a block gets into the packaged shipper, and what to expect then, as comment lines with an empty line behind them. */
export function snippetHead({ shipper, way, format }: Chosen, facts: Facts): string {
  const { title, file, load } = STEPS[shipper](format);
  const by = way === "exec" ? "" : ` --by ${way}`;
  const lines = [
    `Written by mimecast-input snippet ${shipper}${by}. Save it as ${file}, then, as root:`,
    ...load.map((line) => `  ${line}`),
    ...(facts.hasAddress ? [] : ["QRadar's address below is a placeholder: write yours."]),
    ...neededLines(facts.needed),
    ...(way === "exec" ? startedLines(shipper, title, facts.stateDir) : ALONE),
  ];
  return `${lines.map((line) => `# ${line}\n`).join("")}\n`;
}

const ALONE = [
  "mimecast-input runs beside it: mimecast-input.timer (its unit with StandardOutput=null), or mimecast-input poll --follow as a service.",
];

function neededLines(needed: string | null): string[] {
  if (needed === null) return [];
  if (needed === "")
    return ["Our configuration must have none of output.file, output.http and output.otlp."];
  return [
    "Our configuration needs:",
    ...needed
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}

function startedLines(shipper: ShipperName, title: string, stateDir: string): string[] {
  if (shipper === "fluent-bit") {
    return [
      "Nothing comes for the first 60 seconds: Fluent Bit starts a command when its first interval has passed.",
    ];
  }
  return [
    "The first lines are at QRadar within a minute.",
    `${title} throws our log away: it is in ${logPath(stateDir)}.`,
  ];
}

interface Steps {
  readonly title: string;
  readonly file: string;
  readonly load: readonly string[];
}

/** What the packages' units read: /etc/fluent-bit/fluent-bit.conf, /etc/vector/vector.yaml, /etc/syslog-ng/conf.d, /etc/rsyslog.d. */
const STEPS: Readonly<Record<ShipperName, (format: string) => Steps>> = {
  "fluent-bit": (format) => ({
    title: "Fluent Bit",
    file: `/etc/fluent-bit/mimecast.${format === "classic" ? "conf" : "yaml"}`,
    load:
      format === "classic"
        ? [
            "echo '@INCLUDE mimecast.conf' >> /etc/fluent-bit/fluent-bit.conf",
            "systemctl restart fluent-bit # first remove the output stdout with match * that the package's file has",
          ]
        : [
            "systemctl edit fluent-bit    # [Service], ExecStart=, and on the next line:",
            "                             # ExecStart=/opt/fluent-bit/bin/fluent-bit -c /etc/fluent-bit/mimecast.yaml",
            "systemctl restart fluent-bit # or, in a YAML file that it reads already: includes: [mimecast.yaml]",
          ],
  }),
  vector: (format) => ({
    title: "Vector",
    file: `/etc/vector/mimecast.${format}`,
    load: [
      `echo 'VECTOR_CONFIG=/etc/vector/vector.yaml,/etc/vector/mimecast.${format}' >> /etc/default/vector`,
      "systemctl restart vector     # its unit runs vector validate first",
    ],
  }),
  "syslog-ng": () => ({
    title: "syslog-ng",
    file: "/etc/syslog-ng/conf.d/mimecast.conf",
    load: ["syslog-ng --syntax-only && systemctl restart syslog-ng"],
  }),
  rsyslog: () => ({
    title: "rsyslog",
    file: "/etc/rsyslog.d/mimecast.conf",
    load: ["rsyslogd -N1 && systemctl restart rsyslog"],
  }),
  otelcol: () => ({
    title: "the OpenTelemetry Collector",
    file: "/etc/otelcol-contrib/mimecast.yaml",
    load: [
      `echo 'OTELCOL_OPTIONS="--config=/etc/otelcol-contrib/mimecast.yaml --feature-gates=stanza.synchronousLogEmitter"' > /etc/otelcol-contrib/otelcol-contrib.conf`,
      "systemctl restart otelcol-contrib",
    ],
  }),
};
