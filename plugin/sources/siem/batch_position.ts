import { cursorFields } from "../cursor_fields.ts";
import { NO_RESTARTS, type Restarts, readRestarts, restartsCursor } from "../restarts.ts";
import { SeenIds } from "../seen_ids.ts";
import type { Cursor } from "../source.ts";
import type { LinkedFile } from "./batch_listing.ts";

/** How far the program has read the list of one type. Times in ms since 1970, by Mimecast's clock. */
export interface BatchPosition {
  /** `@nextPage` of the last answer; null: by date. */
  readonly nextPage: string | null;
  /** The day, `YYYY-MM-DD`, at which to begin without a token: all files of earlier days are collected. */
  readonly startDay: string;
  /** This host's time at the feed's beginning, until the first answer shows whether it was right; else null. */
  readonly begunMs: number | null;
  /** Files taken lately, as `SeenIds` writes them: Mimecast lists them again by date, and sometimes by token. */
  readonly files: readonly string[];
  /** `files` has all files taken since then; null: not known, because an earlier version left the position. */
  readonly knownFromMs: number | null;
  /** When the token last brought a file, or was given by date; 0: not known. */
  readonly aliveMs: number;
  readonly restarts: Restarts;
  /** Mimecast had nothing more of this type at the last answer. */
  readonly isCaughtUp: boolean;
  /** A token of the list of all types, from before that answer; null: none. */
  readonly probe: string | null;
  /** The program does not ask for the list of all types before this moment. */
  readonly noProbeUntilMs: number;
}

/** How many files the cursor remembers: 20 full pages. */
const MAX_FILES = 2_000;

/** The position to begin at. */
export function batchStart(startDay: string, begunMs: number | null = null): BatchPosition {
  const known = { files: [], knownFromMs: 0, aliveMs: 0 };
  const unprobed = { isCaughtUp: false, probe: null, noProbeUntilMs: 0 };
  return { nextPage: null, startDay, begunMs, ...known, restarts: NO_RESTARTS, ...unprobed };
}

/** The `listed` files that were not taken before, each once, and the position that remembers them. */
export function freshFiles(
  position: BatchPosition,
  listed: readonly LinkedFile[],
  atMs: number,
): { readonly files: readonly LinkedFile[]; readonly position: BatchPosition } {
  const seen = new SeenIds(position.files);
  const fresh = listed.filter((file) => seen.add(file.key, atMs));
  const files = seen.entries(Date.parse(position.startDay), MAX_FILES);
  const isFull = files.length === MAX_FILES;
  const oldestMs = Number.parseInt(files[0] ?? "0", 36) * 1_000;
  const knownFromMs = Math.max(position.knownFromMs ?? atMs, isFull ? oldestMs : 0);
  return { files: fresh, position: { ...position, files, knownFromMs } };
}

/** True if a list by date, from `startDay` on, would bring nothing a second time. */
export function remembersAll({ knownFromMs, startDay }: BatchPosition): boolean {
  return knownFromMs !== null && knownFromMs <= Date.parse(startDay);
}

/** Reads a cursor of `batchCursor`, or of an earlier version, which remembered files without their time. */
export function readBatchPosition(cursor: Cursor, source: string, nowMs: number): BatchPosition {
  const fields = cursorFields(cursor, source);
  const second = Math.floor(nowMs / 1_000).toString(36);
  return {
    nextPage: fields.textOrNull("nextPage"),
    startDay: fields.text("startDay"),
    begunMs: fields.numberOrNull("begun"),
    files: fields.texts("recent").map((file) => (file.includes(".") ? file : `${second}.${file}`)),
    knownFromMs: fields.numberOrNull("knownFrom"),
    aliveMs: fields.numberOrNull("alive") ?? 0,
    restarts: readRestarts(fields),
    isCaughtUp: fields.numberOrNull("caughtUp") === 1,
    probe: fields.textOrNull("probe"),
    noProbeUntilMs: fields.numberOrNull("noProbeUntil") ?? 0,
  };
}

/** The position as it is in the checkpoint. */
export function batchCursor(position: BatchPosition): Cursor {
  return {
    nextPage: position.nextPage,
    startDay: position.startDay,
    begun: position.begunMs,
    recent: [...position.files],
    knownFrom: position.knownFromMs,
    alive: position.aliveMs,
    ...restartsCursor(position.restarts),
    caughtUp: position.isCaughtUp ? 1 : 0,
    probe: position.probe,
    noProbeUntil: position.noProbeUntilMs,
  };
}
