import MAPPING from "../engine/mapping.json" with { type: "json" };
import type { EngineExports } from "./engine_module.ts";

/** A name that Mimecast sent and the mapping does not know, with its count. */
export interface UnknownName {
  /**
   * "field" for the name of a member; the field's name ("type", "action", …) for a word outside of the mapping's closed
   * list; "more" for all names beyond the room.
   */
  readonly kind: string;
  /** At most 48 letters, digits and characters of " -./:_"; "" for any other text, and for "more". */
  readonly name: string;
  readonly count: number;
}

const KINDS = ["field", ...Object.keys(MAPPING.fields)];
/** A row of plugin/engine/unknown.ts. */
const ROW = { bytes: 64, kind: 4, length: 5, name: 8 };

/** The unknown names since the last call. */
export function takeUnknownNames(wasm: EngineExports): readonly UnknownName[] {
  const start = wasm.unknownAddress();
  const rows = Array.from({ length: wasm.unknownCount() }, (_, index) => {
    const row = Buffer.from(wasm.memory.buffer, start + index * ROW.bytes, ROW.bytes);
    const length = row[ROW.length] ?? 0;
    return {
      kind: KINDS[row[ROW.kind] ?? KINDS.length] ?? "more",
      name: row.toString("latin1", ROW.name, ROW.name + length),
      count: row.readUInt32LE(0),
    };
  });
  wasm.forgetUnknown();
  return rows;
}

/** As messages show it: `type "foo"`, `field "bar"`; without quotes if the name is no word. */
export function unknownText({ kind, name }: Pick<UnknownName, "kind" | "name">): string {
  if (kind === "more") return "others";
  return name === "" ? `${kind} that is no word` : `${kind} "${name}"`;
}
