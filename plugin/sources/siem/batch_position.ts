import { cursorFields } from "../cursor_fields.ts";
import { NO_RESTARTS, type Restarts } from "../restarts.ts";
import { SeenIds } from "../seen_ids.ts";
import type { Cursor } from "../source.ts";
import type { LinkedFile } from "./batch_listing.ts";

/** Where the list of one type has been read to. Times in ms since 1970, by Mimecast's clock. */
export interface BatchPosition {
  /** `@nextPage` of the last answer; null: by date. */
  readonly nextPage: string | null;
  /** Files of earlier days are collected: the day, `YYYY-MM-DD`, to begin at without a token. */
  readonly startDay: string;
  /** This host's time when the feed was begun, until the first answer tells whether it was right. */
  readonly begunMs: number | null;
  /** Files taken lately, as `SeenIds` writes them: they are listed again by date, and at times by token. */
  readonly files: readonly string[];
  /** All files taken since then are in `files`; null: not known, the position was left by an earlier version. */
  readonly knownFromMs: number | null;
  /** When the token last brought a file, or was given by date; 0: not known. */
  readonly aliveMs: number;
  readonly restarts: Restarts;
  /** Mimecast had nothing more of this type at the last answer. */
  readonly isCaughtUp: boolean;
  /** A token of the list of all types, given before that answer; null: none. */
  readonly probe: string | null;
  /** The list of all types is not asked for before. */
  readonly noProbeUntilMs: number;
}

/** Files remembered in the cursor: 20 full pages. */
const MAX_FILES = 2_000;

/** The position to begin at. */
export function batchStart(startDay: string, begunMs: number | null = null): BatchPosition {
  const known = { files: [], knownFromMs: 0, aliveMs: 0 };
  const unprobed = { isCaughtUp: false, probe: null, noProbeUntilMs: 0 };
  return { nextPage: null, startDay, begunMs, ...known, restarts: NO_RESTARTS, ...unprobed };
}

/** Those of `listed` that were not taken before, each once, and the position that remembers them. */
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

/** True where a list by date, from `startDay` on, would bring nothing a second time. */
export function remembersAll({ knownFromMs, startDay }: BatchPosition): boolean {
  return knownFromMs !== null && knownFromMs <= Date.parse(startDay);
}

/** Reads what `batchCursor` wrote, or an earlier version: that remembered files without their time. */
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
    restarts: {
      count: fields.numberOrNull("restarts") ?? 0,
      lastMs: fields.numberOrNull("restartedMs") ?? 0,
    },
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
    restarts: position.restarts.count,
    restartedMs: position.restarts.lastMs,
    caughtUp: position.isCaughtUp ? 1 : 0,
    probe: position.probe,
    noProbeUntil: position.noProbeUntilMs,
  };
}
