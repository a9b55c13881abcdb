import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createEngine, loadEngine } from "../../plugin/encode/engine.ts";
import { keyValueLine } from "./fake_mimecast/key_value.ts";
import { idOf, recordId } from "./fake_mimecast/record_id.ts";
import { type RecordType, TYPE_NAMES, typeRow } from "./fake_mimecast/record_types.ts";
import { drawOf, record, recordText } from "./fake_mimecast/records/record.ts";
import { stixObjects } from "./fake_mimecast/records/threat_intel.ts";
import { parseLeef } from "./leef_reference.ts";

const RECORDS = 400;
const SEED = 7;
const engineModule = loadEngine(readFileSync("dist/mimecast.wasm"));

type Form = "v1" | "key_value" | "batch" | "stream";

/** Every form in which a type can reach the engine. */
function formsOf(type: RecordType): Form[] {
  const { v1, v2 } = typeRow(type);
  if (v2 === undefined) return ["v1"];
  return v1 === undefined ? ["batch", "stream"] : ["v1", "key_value", "batch", "stream"];
}

function textOf(type: RecordType, index: number, form: Form): string {
  const key = { type, index, seed: SEED, atMs: Date.UTC(2026, 2, 6, 12) + index };
  if (type === "threat_intel") {
    const objects = stixObjects(drawOf(key), recordId(SEED, type, index), key.atMs);
    return objects.map((object) => JSON.stringify(object)).join("\n");
  }
  return form === "key_value" ? keyValueLine(record(key, "v1")) : recordText(key, form);
}

function encode(type: RecordType, form: Form): string[] {
  const engine = createEngine(engineModule, {
    format: "leef",
    account: "acme",
    hostname: "mimecast-acme",
    api: form === "v1" || form === "key_value" ? "1.0" : "2.0",
    maxLineBytes: 4096,
    delimiter: "^",
    leefVersion: "2.0",
    usrName: "internal",
    mapping: { rename: {}, drop: [], severity: {} },
  });
  engine.begin(typeRow(type).source);
  const texts = Array.from({ length: RECORDS }, (_, index) => textOf(type, index, form));
  let out = "";
  for (const { bytes } of engine.encode(Buffer.from(`${texts.join("\n")}\n`))) {
    out += Buffer.from(bytes).toString("utf8");
  }
  return out.split("\n").slice(0, -1);
}

const cases = TYPE_NAMES.flatMap((type) => formsOf(type).map((form) => [type, form] as const));

test.each(cases)("the id of each %s record (%s) is still in its LEEF line", (type, form) => {
  const lines = encode(type, form);
  for (const line of lines) expect(() => parseLeef(line, { maxLineBytes: 4096 })).not.toThrow();
  // Of the three objects of a detection one carries the id.
  const ids = lines
    .map((line) => idOf(line))
    .filter((id) => type !== "threat_intel" || id !== null);
  expect(ids).toEqual(Array.from({ length: RECORDS }, (_, index) => recordId(SEED, type, index)));
});
