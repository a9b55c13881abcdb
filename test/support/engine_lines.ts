import { existsSync, readFileSync } from "node:fs";
import {
  createEngine,
  type Engine,
  type EngineSettings,
  loadEngine,
  type RecordKind,
} from "../../plugin/encode/engine.ts";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };

const WASM = new URL("../../dist/mimecast.wasm", import.meta.url);
if (!existsSync(WASM)) {
  throw new Error('Cannot find dist/mimecast.wasm: run "npm run build" first');
}

/** The bytes of the engine that `npm run build` has made, and the compiled module. */
export const WASM_BYTES = readFileSync(WASM);
export const MODULE = loadEngine(WASM_BYTES);

/** The closed list of EventIDs. */
export const EVENT_IDS: ReadonlySet<string> = new Set(MAPPING.events.map(({ id }) => id));

const DEFAULTS: EngineSettings = {
  format: "leef",
  account: "acme",
  hostname: "mimecast-acme",
  api: "2.0",
  maxLineBytes: 4096,
  delimiter: "^",
  leefVersion: "2.0",
  usrName: "internal",
  mapping: { rename: {}, drop: [], severity: {} },
};

/** An engine that differs from the defaults where the test says so. */
export function engineWith(settings: Partial<EngineSettings> = {}): Engine {
  return createEngine(MODULE, { ...DEFAULTS, ...settings });
}

/** What an engine makes of an item. */
export interface Encoded {
  readonly lines: readonly string[];
  readonly bytes: Buffer;
  readonly records: number;
  readonly malformed: number;
  readonly digest: string;
}

/** Encodes one item that comes in these blocks. */
export function encodeWith(
  engine: Engine,
  kind: RecordKind,
  blocks: readonly (Uint8Array | string)[],
  taken?: { readonly records: number; readonly digest: string },
): Encoded {
  engine.begin(kind, taken);
  const parts: Buffer[] = [];
  let records = 0;
  let malformed = 0;
  let digest = "";
  for (const block of blocks) {
    for (const chunk of engine.encode(Buffer.from(block as Uint8Array))) {
      parts.push(Buffer.from(chunk.bytes));
      records = chunk.records;
      malformed += chunk.malformed;
      digest = chunk.digest;
    }
  }
  engine.end();
  const bytes = Buffer.concat(parts);
  const text = bytes.toString("utf8");
  return {
    lines: text === "" ? [] : text.slice(0, -1).split("\n"),
    bytes,
    records,
    malformed,
    digest,
  };
}

/** Lines of records that are given as text, bytes or values. */
export function linesOf(
  records: string | Uint8Array | object,
  settings: Partial<EngineSettings> = {},
  kind: RecordKind = "auto",
): readonly string[] {
  const block =
    typeof records === "string" || records instanceof Uint8Array
      ? records
      : `${JSON.stringify(records)}\n`;
  return encodeWith(engineWith(settings), kind, [block]).lines;
}

/** The only line of one record. */
export function lineOf(
  record: string | Uint8Array | object,
  settings: Partial<EngineSettings> = {},
  kind: RecordKind = "auto",
): string {
  const lines = linesOf(record, settings, kind);
  if (lines.length !== 1) throw new Error(`Expected one line: current number is ${lines.length}`);
  return lines[0] as string;
}
