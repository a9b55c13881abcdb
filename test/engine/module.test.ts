import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };
// @ts-expect-error a script without types
import { engineTables } from "../../scripts/engine_tables.mjs";
// @ts-expect-error a script without types
import { program, tablesSource } from "../../scripts/mapping_tables.mjs";
import { eventsOf, readMapping } from "../../scripts/qradar/mapping.ts";
import { WASM_BYTES } from "../support/engine_lines.ts";

declare const WebAssembly: {
  readonly Module: (new (
    bytes: Uint8Array,
  ) => object) & {
    exports(module: object): { readonly name: string; readonly kind: string }[];
    imports(module: object): unknown[];
  };
};

describe("dist/mimecast.wasm", () => {
  const module = new WebAssembly.Module(WASM_BYTES);

  it("imports nothing and exports its surface, nothing else", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const names = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
    expect(names.sort()).toEqual([
      "function begin",
      "function digest",
      "function encode",
      "function fieldsAddress",
      "function fieldsGeneration",
      "function filteredCount",
      "function forgetUnknown",
      "function free",
      "function inputAddress",
      "function inputSize",
      "function malformedCount",
      "function malloc",
      "function mimecast_leef",
      "function mimecast_leef_only",
      "function outputAddress",
      "function outputLength",
      "function recordCount",
      "function settings",
      "function unknownAddress",
      "function unknownCount",
      "memory memory",
    ]);
  });

  it("is at most 64 KiB", () => {
    expect(WASM_BYTES.length).toBeLessThanOrEqual(65_536);
  });
});

describe("plugin/engine/tables.ts", () => {
  it("is what mapping.json gives", async () => {
    const source = readFileSync(new URL("../../plugin/engine/tables.ts", import.meta.url), "utf8");
    expect(source).toBe(await engineTables());
  });

  it("refuses a mapping that contradicts itself", () => {
    const twice = {
      ...MAPPING,
      attributes: [...MAPPING.attributes, { key: "subject", as: "text", from: ["subject"] }],
    };
    expect(() => tablesSource(twice, new Set())).toThrow('"subject" is there twice for "receipt"');
    const unknown = { ...MAPPING, types: { x: "nothing" } };
    expect(() => tablesSource(unknown, new Set())).toThrow('"nothing" must be a known cat');
    const shared = { ...MAPPING, fields: { ...MAPPING.fields, more: ["subject"] } };
    expect(() => tablesSource(shared, new Set())).toThrow('"subject" is in two fields');
  });
});

describe("plugin/engine/mapping.json", () => {
  const sum = (cat: string) =>
    (program(MAPPING.attributes, cat) as number[])
      .map((number) => MAPPING.attributes[number] as { key: string; max?: number })
      .reduce((total, { key, max }) => total + Math.max(key.length, 40) + 2 + (max ?? 64), 0);

  it("keeps every uncut line within the room that the engine has for it", () => {
    for (const { cat } of MAPPING.cats) expect(`${cat} ${sum(cat) < 60_000}`).toBe(`${cat} true`);
  });

  it("has EventIDs and keys that LEEF can carry", () => {
    for (const { id, sev, name } of MAPPING.events) {
      expect(id).toMatch(/^[a-z0-9_]{1,255}$/);
      expect(sev).toBeGreaterThanOrEqual(1);
      expect(sev).toBeLessThanOrEqual(10);
      expect(name).toMatch(/^[^,|^\t]{1,255}$/);
    }
    for (const { key } of MAPPING.attributes) expect(key).toMatch(/^[A-Za-z0-9]{1,40}$/);
  });

  it("leads to every EventID, and every outcome has one", () => {
    const mapping = readMapping();
    const reached = mapping.cats.flatMap((cat) => eventsOf(mapping, cat));
    expect([...new Set(reached)].sort()).toEqual(MAPPING.events.map(({ id }) => id).sort());
  });
});
