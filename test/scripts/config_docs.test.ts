import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type * as z from "zod";
import { DEFAULTS } from "../../plugin/config/defaults.ts";
import { parseConfig } from "../../plugin/config/parse_config.ts";
import { between } from "../../scripts/between.ts";
import { keysTable, regionTable } from "../../scripts/config_docs.ts";
import { configJsonSchema } from "../../scripts/config_schema.ts";

type Schema = z.core.JSONSchema.BaseSchema;

const PAGE = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const BLOCKS = [...PAGE.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => match[1]!);
const EVERY_KEY = readFileSync("config-examples/mimecast/every-key.yaml", "utf8");

/** With the output that excludes the one of the file. */
const EVERY_OUTPUT = EVERY_KEY.replaceAll(/^ {2}# (?= *\w+: )/gm, "  ");

/** Paths of all keys of the schema, without those of a secret. */
function schemaKeys(schema: Schema, path: string, keys: string[]): string[] {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    if (typeof value === "object") {
      keys.push(path + key);
      schemaKeys(value, `${path}${key}.`, keys);
    }
  }
  const { items } = schema;
  if (typeof items === "object" && !Array.isArray(items)) {
    for (const one of items.properties === undefined ? (items.anyOf ?? []) : [items]) {
      if (typeof one === "object") {
        schemaKeys(one, `${path.slice(0, -1)}[].`, keys);
      }
    }
  }
  return keys;
}

function valueKeys(value: unknown, path: string, keys: Set<string>): Set<string> {
  if (Array.isArray(value)) {
    for (const one of value) {
      valueKeys(one, `${path.slice(0, -1)}[].`, keys);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      keys.add(path + key);
      valueKeys(inner, `${path}${key}.`, keys);
    }
  }
  return keys;
}

describe("docs/configuration.md and every-key.yaml", () => {
  test("hold the tables of the program", () => {
    expect(between(PAGE, "regions", regionTable())).toBe(PAGE);
    const keys = readFileSync("docs/configuration-keys.csv", "utf8");
    expect(keysTable(configJsonSchema())).toBe(keys);
    expect(keys).toContain("\naccounts[].sources[].overlap_secs,0 to 86400,,");
  });

  test("have YAML that the program accepts, in a file that others can read", () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(2);
    for (const block of [...BLOCKS, EVERY_KEY]) {
      const config = parseConfig(block, {}, { fileName: "docs/configuration.md", mode: 0o644 });
      expect(config.accounts.length).toBeGreaterThan(0);
    }
  });

  test("show every key, except three that exclude another one", () => {
    const excluded = ["accounts[].base_url", "output.http.auth.bearer", "output.otlp.auth.bearer"];
    const keys = schemaKeys(configJsonSchema(), "", []).filter((key) => !excluded.includes(key));
    expect(keys.length).toBeGreaterThan(50);
    const shown = valueKeys(parse(EVERY_OUTPUT), "", new Set());
    expect(keys.filter((key) => !shown.has(key))).toEqual([]);
  });

  test("show the real defaults", () => {
    const shown = parse(EVERY_OUTPUT) as Record<string, unknown>;
    const { account, ...defaults } = DEFAULTS;
    expect(shown).toMatchObject({ ...defaults, accounts: [account, {}] });
  });
});

describe("between()", () => {
  test("replaces the text between the marks only", () => {
    const page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n";
    expect(between(page, "x", "new\n")).toBe("a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n");
  });

  test("refuses a page without marks", () => {
    expect(() => between("a", "x", "new")).toThrow(/x: begin/);
  });
});
