import MAPPING from "../engine/mapping.json" with { type: "json" };
import type { EngineExports } from "./engine_module.ts";

/** Field of the mapping -> its text in the record, with JSON escapes, one character for each byte. */
export type RecordFields = ReadonlyMap<string, string>;

const NAMES = Object.keys(MAPPING.fields);
/** A row of plugin/engine/fields.ts; the first one belongs to no field. */
const ROW = { bytes: 16, start: 4, end: 8 };

/** The fields of the record that the module read last. */
export function readRecordFields(wasm: EngineExports): RecordFields {
  const memory = Buffer.from(wasm.memory.buffer);
  const generation = wasm.fieldsGeneration() >>> 0;
  return new Map(
    NAMES.flatMap((name, index): [string, string][] => {
      const row = wasm.fieldsAddress() + (index + 1) * ROW.bytes;
      if (memory.readUInt32LE(row) !== generation) return [];
      const start = memory.readUInt32LE(row + ROW.start);
      return [[name, memory.toString("latin1", start, memory.readUInt32LE(row + ROW.end))]];
    }),
  );
}
