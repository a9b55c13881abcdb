import {
  applySettings,
  type EngineModule,
  type EngineSettings,
  instantiate,
  KINDS,
  type RecordKind,
} from "./engine_module.ts";
import { type RecordFields, readRecordFields } from "./record_fields.ts";
import { takeUnknownNames, type UnknownName } from "./unknown_names.ts";

export {
  type EngineModule,
  type EngineSettings,
  loadEngine,
  type RecordKind,
} from "./engine_module.ts";
export type { UnknownName } from "./unknown_names.ts";

/** A piece of output: whole lines, and the position in the item after them. */
export interface Chunk {
  /** Whole lines, each with its "\n". A view into the engine's memory: valid until the next step. */
  readonly bytes: Uint8Array;
  /** Records read so far in this item, with the skipped ones. */
  readonly records: number;
  /** Running digest over those records, 32 hex digits: equal if and only if the records were the same. */
  readonly digest: string;
  /** Records in this chunk that could not be parsed; each still made a line. */
  readonly malformed: number;
  /** Records in this chunk that make no line because of their EventID (`EngineSettings.dropped`). */
  readonly filtered: number;
}

/** Not re-entrant: finish one item before the next `begin`. */
export interface Engine {
  /**
   * Opens an item. With `taken`, the first `taken.records` records make no output; if the digest over them
   * differs, `encode` throws a `ResumeMismatchError` before it gives any output.
   */
  begin(kind: RecordKind, taken?: { readonly records: number; readonly digest: string }): void;
  /** A block of whole lines in, chunks out. One record, one line; blank lines are no records. */
  encode(block: Uint8Array): Iterable<Chunk>;
  /**
   * Closes the item. Throws a `ResumeMismatchError` if the item had fewer records than `taken`: it is another item, and
   * gave no output.
   */
  end(): void;
  /** The names that the mapping does not know, in the output of all items since the last call. */
  takeUnknown(): readonly UnknownName[];
  /** The fields of the last record, for a command that explains its line. */
  lastFields(): RecordFields;
}

/** The first records of an item are not those that were taken: the item must be sent from its start. */
export class ResumeMismatchError extends Error {
  readonly code = "resume_mismatch";
  constructor(taken: { readonly records: number }, found: number) {
    const state = found < taken.records ? `it holds ${found}` : "their digest is another one";
    super(
      `Cannot resume the item: its first ${taken.records} records must be those of the checkpoint: ${state}`,
    );
    this.name = "ResumeMismatchError";
  }
}

/** Makes an engine with its own memory (1.4 MB). Throws a `ConfigError` for settings that are not valid. */
export function createEngine(module: EngineModule, settings: EngineSettings): Engine {
  const wasm = instantiate(module);
  const memory = new Uint8Array(wasm.memory.buffer);
  const input = memory.subarray(wasm.inputAddress(), wasm.inputAddress() + wasm.inputSize());
  applySettings(wasm, input, settings);
  let taken: { readonly records: number; readonly digest: string } | undefined;

  const chunk = (): Chunk => ({
    bytes: memory.subarray(wasm.outputAddress(), wasm.outputAddress() + wasm.outputLength()),
    records: wasm.recordCount(),
    digest: latin1(memory, wasm.digest(), 32),
    malformed: wasm.malformedCount(),
    filtered: wasm.filteredCount(),
  });

  return {
    begin(kind, start) {
      taken = start;
      wasm.begin(KINDS.indexOf(kind), start?.records ?? 0);
    },
    *encode(block) {
      for (let at = 0; at < block.length; ) {
        const piece = block.subarray(at, at + pieceLength(block, at, input.length));
        input.set(piece);
        const before = wasm.recordCount();
        at += wasm.encode(piece.length, at + piece.length === block.length ? 1 : 0);
        if (wasm.recordCount() === before) {
          continue;
        }
        const next = chunk();
        if (taken?.records === next.records && taken.digest !== next.digest) {
          throw new ResumeMismatchError(taken, next.records);
        }
        yield next;
      }
    },
    end() {
      const found = wasm.recordCount();
      if (taken !== undefined && found < taken.records) {
        throw new ResumeMismatchError(taken, found);
      }
      taken = undefined;
    },
    takeUnknown: () => takeUnknownNames(wasm),
    lastFields: () => readRecordFields(wasm),
  };
}

/** Engines with the same settings: one for each open item. */
export interface EnginePool {
  borrow(): Engine;
  giveBack(engine: Engine): void;
}

/** A pool that makes engines on demand and keeps one spare: it needs more only while streams wait in the middle of an item. */
export function createEnginePool(create: () => Engine): EnginePool {
  let atRest: Engine | null = null;
  return {
    borrow() {
      const engine = atRest ?? create();
      atRest = null;
      return engine;
    },
    giveBack(engine) {
      atRest = engine;
    },
  };
}

/** As many whole lines as fit; a line that does not fit is cut, and the engine counts it as malformed. */
function pieceLength(block: Uint8Array, at: number, room: number): number {
  if (block.length - at <= room) {
    return block.length - at;
  }
  const lineFeed = block.lastIndexOf(10, at + room - 1);
  return lineFeed >= at ? lineFeed + 1 - at : room;
}

function latin1(memory: Uint8Array, at: number, length: number): string {
  return Buffer.from(memory.buffer, at, length).toString("latin1");
}
