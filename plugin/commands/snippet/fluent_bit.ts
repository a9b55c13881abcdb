import type { SnippetSettings } from "./settings.ts";
import { comment } from "./steps.ts";

/** One property of a section, with the reason for it. */
type Property = readonly [key: string, value: string, reason?: string];

interface Block {
  readonly kind: "service" | "input" | "output";
  readonly properties: readonly Property[];
}

/** The name of the parser for `json+leef`, whose LEEF line is the field `message`. */
const PARSER = "mimecast_json";

/** The block for fluent-bit.yaml. */
export function fluentBitYamlSnippet(settings: SnippetSettings): string {
  const [service, input, output] = blocks(settings);
  const parsers =
    settings.expected.format === "json+leef"
      ? `parsers:\n  - name: ${PARSER}\n    format: json\n\n`
      : "";
  return `${comment(settings.steps)}${parsers}service:
${yamlLines(service, "  ")}
pipeline:
  inputs:
${yamlLines(input, "      ").replace(/^ {6}(?=\S)/, "    - ")}
  outputs:
${yamlLines(output, "      ").replace(/^ {6}(?=\S)/, "    - ")}`;
}

/** The block for fluent-bit.conf, the classic format. */
export function fluentBitClassicSnippet(settings: SnippetSettings): string {
  const parsers =
    settings.expected.format === "json+leef"
      ? `# In the file of parsers_file:\n#   [PARSER]\n#       Name   ${PARSER}\n#       Format json\n\n`
      : "";
  const text = blocks(settings).map(({ kind, properties }) => {
    const width = Math.max(...properties.map(([key]) => key.length));
    const lines = properties.map(([key, value, reason]) => {
      const why = reason === undefined ? "" : `    # ${reason}\n`;
      return `${why}    ${key.padEnd(width)} ${value}\n`;
    });
    return `[${kind.toUpperCase()}]\n${lines.join("")}`;
  });
  return comment(settings.steps) + parsers + text.join("\n");
}

function blocks(settings: SnippetSettings): [Block, Block, Block] {
  const { expected, lineRoomBytes, tls } = settings;
  const parsed = expected.format === "json+leef";
  const encrypted: Property[] =
    tls === null
      ? [["mode", "tcp"]]
      : [
          ["mode", "tls"],
          ["tls", "on"],
          ["tls.verify", "on"],
          ...(tls.caFile === null ? [] : [["tls.ca_file", tls.caFile] as const]),
        ];
  return [
    {
      kind: "service",
      properties: [
        ["flush", "1"],
        ["storage.path", settings.bufferDir ?? "", "On a disk that survives a restart."],
        ["storage.sync", "normal"],
        ["storage.checksum", "off", "On, all of the open chunk would be lost after a kill."],
        ["storage.backlog.mem_limit", "64M"],
      ],
    },
    {
      kind: "input",
      properties: [
        ["name", "exec"],
        ["tag", "mimecast"],
        ["command", `mimecast-input poll --once ${settings.args.join(" ")}`],
        ["interval_sec", "60", "Mimecast is asked every poll.interval_secs, not every minute."],
        ["threaded", "true", "A slow poll would stall every other pipeline."],
        ["storage.type", "filesystem", "In memory, a burst is dropped without a message."],
        [
          "buf_size",
          String(lineRoomBytes),
          `Our lines have up to ${expected.longestLineBytes} bytes; longer ones than this are cut in two.`,
        ],
        ...(parsed ? [["parser", PARSER] as const] : []),
      ],
    },
    {
      kind: "output",
      properties: [
        ["name", "syslog"],
        ["match", "mimecast"],
        ["host", settings.host],
        ["port", settings.port],
        ...encrypted,
        ["syslog_format", "rfc5424"],
        [
          "syslog_message_key",
          parsed ? "message" : "exec",
          'The whole line; one that begins with "<" is sent as it is.',
        ],
        ["syslog_maxsize", String(lineRoomBytes), "Longer lines are cut; the default is 2048."],
        ["retry_limit", "no_limits", "QRadar may be away for a weekend."],
        ["storage.total_limit_size", "10G"],
      ],
    },
  ];
}

function yamlLines({ properties }: Block, indent: string): string {
  return properties
    .map(([key, value, reason]) => {
      const why = reason === undefined ? "" : `${indent}# ${reason}\n`;
      return `${why}${indent}${key}: ${value}\n`;
    })
    .join("");
}
