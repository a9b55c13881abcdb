import type { ShipperName } from "../../config/shipper.ts";

/** The other form of a shipper's configuration, made line by line of that in which the example is written. */
type Form = (text: string) => string;

const same: Form = (text) => text;

/** The formats of each shipper; the first is the default, in which the examples are written. */
export const FORMATS: Readonly<Record<ShipperName, Readonly<Record<string, Form>>>> = {
  "fluent-bit": { yaml: same, classic: classicOf },
  vector: { toml: same, yaml: yamlOf },
  "syslog-ng": { conf: same },
  rsyslog: { conf: same },
  otelcol: { yaml: same },
};

/** Fluent Bit's classic format of its YAML: a section for `service` and for each item of a list. */
export function classicOf(yaml: string): string {
  let kind = "";
  return yaml
    .split("\n")
    .map((line) => {
      const list = /^ *(service|parsers|inputs|filters|outputs):$/.exec(line)?.[1];
      if (list !== undefined) kind = list.replace(/s$/, "").toUpperCase();
      if (line === "pipeline:") return null;
      if (list !== undefined) return list === "service" ? "[SERVICE]" : null;
      const comment = /^ +(#.*)$/.exec(line)?.[1];
      if (comment !== undefined) return `    ${comment}`;
      const [, dash, key = "", value = ""] = /^ +(- )?([\w.]+): (.*)$/.exec(line) ?? [];
      if (key === "") return line;
      const property = `    ${key.padEnd(24)} ${value}`;
      return dash === undefined ? property : `[${kind}]\n${property}`;
    })
    .filter((line) => line !== null)
    .join("\n")
    .replace(
      /^\[PARSER\]\n(?: {4}.*\n)+/m,
      (parser) =>
        `# In the file of parsers_file:\n${parser.replaceAll(/^/gm, "#   ").replace(/# {3}$/, "")}`,
    );
}

/** Vector's YAML of its TOML, whose values are those of JSON; comments stay in front of their key. */
export function yamlOf(toml: string): string {
  let table: readonly string[] = [];
  let open: readonly string[] = [];
  let comments: string[] = [];
  const lines: string[] = [];
  for (const line of toml.split("\n")) {
    const header = /^\[([\w.]+)\]$/.exec(line)?.[1];
    const [, key = "", value = ""] = /^([\w.]+) = (.*)$/.exec(line) ?? [];
    if (header !== undefined) table = header.split(".");
    else if (line.startsWith("#")) comments.push(line);
    else if (key === "") lines.push(...comments.splice(0), line);
    else {
      const path = [...table, ...key.split(".")];
      const above = path.slice(0, -1);
      const shared = above.findIndex((name, depth) => name !== open[depth]);
      const from = shared < 0 ? above.length : shared;
      for (const [depth, name] of above.entries()) {
        if (depth >= from) lines.push(`${"  ".repeat(depth)}${name}:`);
      }
      const indent = "  ".repeat(above.length);
      lines.push(...comments.map((text) => indent + text), `${indent}${path.at(-1)}: ${value}`);
      comments = [];
      open = above;
    }
  }
  return lines.join("\n");
}
