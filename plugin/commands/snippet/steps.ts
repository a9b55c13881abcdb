import type { ShipperName } from "../../config/shipper.ts";
import { logPath } from "../../host/log_file.ts";

/** What the steps depend on. */
interface Facts {
  readonly stateDir: string;
  /** True where the address of QRadar is not a placeholder. */
  readonly hasAddress: boolean;
}

/** Comment lines of a shipper's file, with an empty line behind them. */
export function comment(lines: readonly string[]): string {
  return `${lines.map((line) => `# ${line}\n`).join("")}\n`;
}

/** How a block gets into the packaged shipper, and what to expect then. */
export function snippetSteps(shipper: ShipperName, format: string, facts: Facts): string[] {
  const { file, load, first } = STEPS[shipper](format);
  return [
    `Written by mimecast-input snippet ${shipper}. Save it as ${file}, then, as root:`,
    ...load.map((line) => `  ${line}`),
    ...(facts.hasAddress ? [] : ["QRadar's address below is a placeholder: write yours."]),
    first,
    ...(shipper === "fluent-bit"
      ? []
      : [`${TITLES[shipper]} throws our log away: it is in ${logPath(facts.stateDir)}.`]),
  ];
}

const TITLES: Readonly<Record<ShipperName, string>> = {
  "fluent-bit": "Fluent Bit",
  vector: "Vector",
  "syslog-ng": "syslog-ng",
};

interface Steps {
  readonly file: string;
  readonly load: readonly string[];
  readonly first: string;
}

/** What the packages' units read: /etc/fluent-bit/fluent-bit.conf, /etc/vector/vector.yaml, /etc/syslog-ng/conf.d. */
const STEPS: Readonly<Record<ShipperName, (format: string) => Steps>> = {
  "fluent-bit": (format) => ({
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
    first:
      "Nothing comes for the first 60 seconds: Fluent Bit starts a command when its first interval has passed.",
  }),
  vector: (format) => ({
    file: `/etc/vector/mimecast.${format}`,
    load: [
      `echo 'VECTOR_CONFIG=/etc/vector/vector.yaml,/etc/vector/mimecast.${format}' >> /etc/default/vector`,
      "systemctl restart vector     # its unit runs vector validate first",
    ],
    first: "The first lines are at QRadar within a minute.",
  }),
  "syslog-ng": () => ({
    file: "/etc/syslog-ng/conf.d/mimecast.conf",
    load: ["syslog-ng --syntax-only && systemctl restart syslog-ng"],
    first: "The first lines are at QRadar within a minute.",
  }),
};
