import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { configJsonSchema } from "../../scripts/config_schema.ts";

type Schema = z.core.JSONSchema.BaseSchema;

const SCHEMA = configJsonSchema();
const VALIDATOR = z.fromJSONSchema(SCHEMA as Parameters<typeof z.fromJSONSchema>[0]);

function accepts(text: string): boolean {
  return VALIDATOR.safeParse(parse(text)).success;
}

const V2 = 'name: a, api: "2.0", region: uk, client_id: b, client_secret: { env: X }';
const V1 =
  'name: b, api: "1.0", region: eu, app_id: b, app_key: { env: X }, access_key: x, secret_key: { file: /x }';

describe("configJsonSchema()", () => {
  test("is what docs/config.schema.json holds", () => {
    const file = readFileSync(new URL("../../docs/config.schema.json", import.meta.url), "utf8");
    expect(`${JSON.stringify(SCHEMA, null, 2)}\n`).toBe(file);
  });

  test.each([
    `accounts: [{ ${V2} }, { ${V1} }]`,
    `accounts: [{ ${V2.replace('"2.0"', "2.0")}, sources: [siem, { name: cloud_integrated }] }]`,
    `accounts: [{ ${V2.replace("region: uk", "base_url: https://x")} }]\npoll: { start: 7d }`,
    `accounts: [{ ${V2} }]\nmapping: { rename: { a: b }, severity: { x_y: 5 } }`,
  ])("accepts %s", (text) => {
    expect(accepts(text)).toBe(true);
  });

  test.each([
    "{}",
    "accounts: []",
    `accounts: [{ ${V2.replace("uk", "eu")} }]`,
    `accounts: [{ ${V2.replace("region: uk, ", "")} }]`,
    `accounts: [{ ${V2}, base_url: https://x }]`,
    `accounts: [{ ${V2}, app_key: x }]`,
    `accounts: [{ ${V2.replace("client_id: b, ", "")} }]`,
    `accounts: [{ ${V2.replace("env", "evn")} }]`,
    `accounts: [{ ${V1}, sources: [cloud_integrated] }]`,
    `accounts: [{ ${V2} }]\npol: {}`,
    `accounts: [{ ${V2} }]\noutput: { max_line_bytes: 100 }`,
  ])("refuses %s", (text) => {
    expect(accepts(text)).toBe(false);
  });

  // zod merges the strictness of an object with that of its `anyOf`, which JSON Schema does not: asked directly.
  test("knows no other keys than its own in any mapping", () => {
    const open: string[] = [];
    visit(SCHEMA, "", (schema, path) => {
      if (schema.properties !== undefined && schema.additionalProperties !== false) {
        open.push(path);
      }
    });
    expect(open.filter((path) => !/accounts\[\]\.\((any|one)Of/.test(path))).toEqual([]);
  });

  test("describes every key", () => {
    const missing: string[] = [];
    visit(SCHEMA, "", (schema, path) => {
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        if (typeof value === "object" && value.description === undefined) {
          missing.push(`${path}.${key}`);
        }
      }
    });
    const elsewhere = /^\.seal_key|^\.accounts\[\]\.\((?:any|one)Of\)/;
    expect(missing.filter((path) => !elsewhere.test(path))).toEqual([]);
  });
});

/** Calls `see` for a schema and everything in it; branches of a union stand in the path as `(anyOf)`. */
function visit(schema: Schema, path: string, see: (schema: Schema, path: string) => void): void {
  see(schema, path);
  const inner: [unknown, string][] = Object.entries(schema.properties ?? {}).map(([key, one]) => [
    one,
    `${path}.${key}`,
  ]);
  inner.push([schema.items, `${path}[]`]);
  for (const word of ["anyOf", "oneOf"] as const) {
    inner.push(...(schema[word] ?? []).map((one): [unknown, string] => [one, `${path}.(${word})`]));
  }
  for (const [one, at] of inner) {
    if (typeof one === "object" && one !== null && !Array.isArray(one)) {
      visit(one as Schema, at, see);
    }
  }
}
