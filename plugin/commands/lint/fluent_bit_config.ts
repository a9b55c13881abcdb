import type { YamlText } from "../../config/yaml_text.ts";
import type { Setting } from "./finding.ts";

/** What a section of a Fluent Bit configuration is. */
export type SectionKind = "service" | "input" | "filter" | "output";

/** One section: a plugin with its properties. */
export interface Section {
  readonly kind: SectionKind;
  readonly line: number;
  /** Value of a property; names are not case-sensitive. Variables that are known are filled in. */
  get(key: string): Setting | undefined;
}

/** A Fluent Bit configuration, whichever of the two formats it was written in. */
export interface FluentBitConfig {
  readonly sections: readonly Section[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** The plugin of a section, in lower case. */
export function nameOf(each: Section): string {
  return (each.get("name")?.value ?? "").toLowerCase();
}

/** Makes a section of its properties, by name in lower case. */
export function section(
  kind: SectionKind,
  line: number,
  properties: ReadonlyMap<string, Setting>,
  variables: ReadonlyMap<string, string>,
): Section {
  return {
    kind,
    line,
    get(key) {
      const found = properties.get(key.toLowerCase());
      return found && { ...found, value: filled(found.value, variables) };
    },
  };
}

/** A configuration in YAML (reference: Fluent Bit manual, "YAML configuration"). */
export function fluentBitYaml(yaml: YamlText, env: Env = {}): FluentBitConfig {
  const root = mapping(yaml.value);
  const variables = known(env);
  for (const [name, value] of Object.entries(mapping(root.env))) {
    if (typeof value === "string" || typeof value === "number")
      variables.set(name, filled(String(value), variables));
  }
  const read = (kind: SectionKind, path: readonly PropertyKey[], value: unknown): Section => {
    const properties = new Map<string, Setting>();
    for (const [key, one] of Object.entries(mapping(value))) {
      if (typeof one === "object" && one !== null) continue;
      const line = yaml.lineOf([...path, key]) ?? 1;
      properties.set(key.toLowerCase(), { value: String(one ?? ""), line });
    }
    return section(kind, yaml.lineOf(path) ?? 1, properties, variables);
  };
  const sections: Section[] = [];
  if (root.service !== undefined) sections.push(read("service", ["service"], root.service));
  const pipeline = mapping(root.pipeline);
  for (const [key, kind] of LISTS) {
    const list = pipeline[key];
    for (const [index, one] of (Array.isArray(list) ? list : []).entries()) {
      sections.push(read(kind, ["pipeline", key, index], one));
    }
  }
  return { sections };
}

const LISTS: readonly (readonly [string, SectionKind])[] = [
  ["inputs", "input"],
  ["filters", "filter"],
  ["outputs", "output"],
];

/**
 * A configuration in the classic format (reference: Fluent Bit manual, "Classic mode"): `[SECTION]` lines, indented
 * `Key Value` lines, comments on lines of their own.
 */
export function fluentBitClassic(text: string, env: Env = {}, base = 0): FluentBitConfig {
  const variables = known(env);
  const sections: Section[] = [];
  let properties = new Map<string, Setting>();
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = base + index + 1;
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const heading = /^\[([A-Za-z_]+)\]$/.exec(trimmed);
    if (heading !== null) {
      properties = new Map();
      const kind = (heading[1] ?? "").toLowerCase();
      if (isKind(kind)) sections.push(section(kind, line, properties, variables));
      return;
    }
    const [, key = "", value = ""] = /^(\S+)\s*(.*)$/.exec(trimmed) ?? [];
    if (/^@include$/i.test(key)) return;
    if (/^@set$/i.test(key)) {
      const cut = value.indexOf("=");
      if (cut > 0) variables.set(value.slice(0, cut).trim(), value.slice(cut + 1).trim());
    } else properties.set(key.toLowerCase(), { value, line });
  });
  return { sections };
}

/** The file's own variables come before those of the environment (flb_env.c). */
function known(env: Env): Map<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function isKind(word: string): word is SectionKind {
  return word === "service" || word === "input" || word === "filter" || word === "output";
}

function filled(value: string, variables: ReadonlyMap<string, string>): string {
  return value.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => {
    return variables.get(name) ?? whole;
  });
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
