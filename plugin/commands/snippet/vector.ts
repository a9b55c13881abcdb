import type { SnippetSettings } from "./settings.ts";
import { comment } from "./steps.ts";

/** A value, with the reason for it. */
type Property = readonly [key: string, value: string | number | boolean, reason?: string];

/** A table of TOML, a mapping of YAML. */
interface Table {
  readonly path: readonly string[];
  readonly properties: readonly Property[];
  /** `inputs` and `command`: a list of texts. */
  readonly lists: readonly (readonly [key: string, values: readonly string[]])[];
}

/** The block for vector.toml. */
export function vectorTomlSnippet(settings: SnippetSettings): string {
  const text = tables(settings).map(({ path, properties, lists }) => {
    const lines = properties.map(([key, value, reason]) => {
      const why = reason === undefined ? "" : `# ${reason}\n`;
      return `${why}${key} = ${JSON.stringify(value)}\n`;
    });
    const more = lists.map(([key, values]) => {
      return `${key} = [${values.map((value) => JSON.stringify(value)).join(", ")}]\n`;
    });
    return `[${path.join(".")}]\n${more.join("")}${lines.join("")}`;
  });
  const dataDir = `data_dir = ${JSON.stringify(settings.bufferDir)}`;
  return `${comment(settings.steps)}${dataDir}\n\n${text.join("\n")}`;
}

/** The block for vector.yaml. */
export function vectorYamlSnippet(settings: SnippetSettings): string {
  const root = new Map<string, Table[]>();
  for (const table of tables(settings)) {
    const [head = ""] = table.path;
    root.set(head, [...(root.get(head) ?? []), table]);
  }
  const text = [...root].map(([head, group]) => {
    const inner = group.map(({ path, properties, lists }) => {
      const indent = "  ".repeat(path.length);
      const title = `${"  ".repeat(path.length - 1)}${path.at(-1)}:\n`;
      const more = lists.map(([key, values]) => {
        return `${indent}${key}: [${values.map((value) => JSON.stringify(value)).join(", ")}]\n`;
      });
      return `${title}${more.join("")}${properties.map((one) => yamlProperty(one, indent)).join("")}`;
    });
    return `${head}:\n${inner.join("")}`;
  });
  const dataDir = `data_dir: ${JSON.stringify(settings.bufferDir)}`;
  return `${comment(settings.steps)}${dataDir}\n\n${text.join("\n")}`;
}

/** `maximum_buffer_size_bytes` where it is not set. */
const DEFAULT_LINE_ROOM = 1_000_000;
const DISK_BYTES = 1024 ** 3;

function tables(settings: SnippetSettings): Table[] {
  return [...sourceTables(settings), ...sinkTables(settings)];
}

function sourceTables(settings: SnippetSettings): Table[] {
  const { expected } = settings;
  const isLong = expected.longestLineBytes + 1 > DEFAULT_LINE_ROOM;
  return [
    {
      path: ["sources", "mimecast"],
      lists: [["command", ["mimecast-input", "poll", "--follow", ...settings.args]]],
      properties: [
        ["type", "exec"],
        ["mode", "streaming", "Never scheduled: that kills a run which waits for QRadar."],
        ["include_stderr", false, "The default is true: log lines would become events."],
        ...(isLong ? [["maximum_buffer_size_bytes", settings.lineRoomBytes] as const] : []),
      ],
    },
    {
      path: ["sources", "mimecast", "streaming"],
      lists: [],
      properties: [
        ["respawn_on_exit", true],
        ["respawn_interval_secs", 10],
      ],
    },
    {
      path: ["sources", "mimecast", "decoding"],
      lists: [],
      properties: [["codec", expected.format === "json+leef" ? "json" : "bytes"]],
    },
    {
      path: ["sources", "mimecast", "framing"],
      lists: [],
      properties: [["method", "newline_delimited"]],
    },
  ];
}

function sinkTables({ host, port, tls }: SnippetSettings): Table[] {
  return [
    {
      path: ["sinks", "qradar"],
      lists: [["inputs", ["mimecast"]]],
      properties: [
        ["type", "socket"],
        ["mode", "tcp"],
        ["address", `${host.includes(":") ? `[${host}]` : host}:${port}`],
      ],
    },
    {
      path: ["sinks", "qradar", "encoding"],
      lists: [],
      properties: [["codec", "text", "The field `message` is our whole line."]],
    },
    {
      path: ["sinks", "qradar", "framing"],
      lists: [],
      properties: [["method", "newline_delimited"]],
    },
    {
      path: ["sinks", "qradar", "healthcheck"],
      lists: [],
      properties: [
        ["enabled", false, "The packaged unit would not start Vector while QRadar is away."],
      ],
    },
    ...(tls === null
      ? []
      : [
          {
            path: ["sinks", "qradar", "tls"],
            lists: [],
            properties: [
              ["enabled", true],
              ...(tls.caFile === null ? [] : [["ca_file", tls.caFile] as const]),
            ] as readonly Property[],
          },
        ]),
    {
      path: ["sinks", "qradar", "buffer"],
      lists: [],
      properties: [
        ["type", "disk", "In memory, a kill of Vector costs its events."],
        ["max_size", DISK_BYTES],
        ["when_full", "block", "drop_newest would drop; this makes mimecast-input wait."],
      ],
    },
  ];
}

function yamlProperty([key, value, reason]: Property, indent: string): string {
  const why = reason === undefined ? "" : `${indent}# ${reason}\n`;
  return `${why}${indent}${key}: ${JSON.stringify(value)}\n`;
}
