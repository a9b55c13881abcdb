import { NEW_SOURCE } from "../../collect/schedule.ts";
import type { Source } from "../../sources/source.ts";
import type { Checkpoint, Position, Run, SourceState } from "../../state/checkpoint.ts";
import { type JournalEntry, withJournal } from "../../state/handover.ts";

/**
 * The move of an account from API 1.0 to API 2.0 as a value: what of the old checkpoint holds for the new feeds. Pure;
 * commands/migrate.ts reads and writes the files.
 */

/** What becomes of one stream. */
export interface StreamMove {
  readonly stream: string;
  /**
   * "kept": the same endpoint goes on at its position. "overlap": another endpoint, from `fromMs` on, so that nothing
   * is missed. "new": the feed was not collected before. "left": the configuration does not have it any more.
   */
  readonly what: "kept" | "overlap" | "new" | "left";
  /** Milliseconds since 1970; null where the position is not a time. */
  readonly fromMs: number | null;
}

/** The new checkpoint, and what it means. */
export interface Migration {
  readonly checkpoint: Checkpoint;
  readonly moves: readonly StreamMove[];
  /** SIEM data of the last run that is not known to have arrived: all that Mimecast still has is sent again. */
  readonly siemUncertain: boolean;
}

/** What decides. */
export interface MigrationRules {
  readonly nowMs: number;
  /** The operator has seen that the last run's lines have arrived: `--assume-delivered`. */
  readonly assumeDelivered: boolean;
}

/** How long Mimecast keeps SIEM data, in both generations. */
const SIEM_RETENTION_MS = 7 * 86_400_000;
/** Files of API 1.0 come from many servers and are not in order; half an hour is usual, more has to be expected. */
const OVERLAP_MS = 2 * 3_600_000;

/**
 * Plans the move to `sources`, those of API 2.0 that the configuration has.
 *
 * - A feed with the same endpoint in both generations goes on with its window and the ids that it has seen.
 * - SIEM logs come from another endpoint, with other ids: they start two hours before the moment up to which API 1.0
 *   was collected (and the new endpoint knows whole days only). Where lines of the last run are not known to have
 *   arrived, or that moment is not known, they start with the oldest that Mimecast has.
 */
export function planMigration(
  old: Checkpoint,
  journal: JournalEntry | null,
  sources: readonly Source[],
  rules: MigrationRules,
): Migration {
  const { nowMs, assumeDelivered } = rules;
  const { committed, last } = withJournal(old, journal);
  const runs = last === undefined ? [] : [...old.runs.slice(0, -1), last];
  const positions = assumeDelivered
    ? Object.assign({}, committed, ...runs.map(({ staged }) => staged))
    : committed;
  const streams = new Map(
    sources.flatMap((source) => source.streams.map((stream) => [stream, source] as const)),
  );
  const isKept = (stream: string) => streams.get(stream)?.adopt !== undefined;
  const adopted = (staged: Readonly<Record<string, Position>>) =>
    Object.fromEntries(
      Object.entries(staged)
        .filter(([stream]) => isKept(stream))
        .map(([stream, position]) => [stream, adopt(streams.get(stream)!, stream, position)]),
    );
  const siemUncertain = !assumeDelivered && runs.some(({ staged }) => staged.siem !== undefined);
  const siemFromMs = siemStart(old.sources.siem, siemUncertain, nowMs);
  const siemPositions = Object.fromEntries(
    sources
      .filter(({ name }) => name === "siem" && positions.siem !== undefined)
      .flatMap((source) => source.streams.map((stream) => [stream, source] as const))
      .map(([stream, source]) => [stream, at(source.start(stream, siemFromMs, nowMs))]),
  );
  const kept = adopted(positions);
  return {
    siemUncertain,
    moves: [
      ...[...streams.keys()].map((stream) => moveOf(stream, kept, siemPositions, siemFromMs)),
      ...Object.keys(positions)
        .filter((stream) => stream !== "siem" && !streams.has(stream))
        .map((stream): StreamMove => ({ stream, what: "left", fromMs: null })),
    ],
    checkpoint: {
      ...old,
      api: "2.0",
      // The old journal does not follow this one.
      sequence: old.sequence + 1,
      committed: { ...siemPositions, ...kept },
      runs: assumeDelivered
        ? []
        : runs.map((run): Run => ({ ...run, staged: adopted(run.staged) })),
      sources: sourceStates(old, sources),
      itemFailures: {},
    },
  };
}

function moveOf(
  stream: string,
  kept: Readonly<Record<string, Position>>,
  siem: Readonly<Record<string, Position>>,
  siemFromMs: number,
): StreamMove {
  if (kept[stream] !== undefined) return { stream, what: "kept", fromMs: null };
  if (siem[stream] !== undefined) return { stream, what: "overlap", fromMs: siemFromMs };
  return { stream, what: "new", fromMs: null };
}

function adopt(source: Source, stream: string, position: Position): Position {
  const cursor = source.adopt!(stream, position.cursor);
  // At the same page the items keep their names; at another one what was begun is begun again.
  const isSamePage = JSON.stringify(cursor) === JSON.stringify(position.cursor);
  return isSamePage ? position : at(cursor);
}

function at(cursor: Position["cursor"]): Position {
  return { cursor, done: [], taken: null };
}

function siemStart(state: SourceState | undefined, uncertain: boolean, nowMs: number): number {
  const coveredMs = state?.coveredUntilMs ?? null;
  const oldestMs = nowMs - SIEM_RETENTION_MS;
  if (coveredMs === null || uncertain) return oldestMs;
  return Math.max(oldestMs, coveredMs - OVERLAP_MS);
}

/** Counts go on; everything is due at once. */
function sourceStates(old: Checkpoint, sources: readonly Source[]): Checkpoint["sources"] {
  return Object.fromEntries(
    sources.flatMap(({ name }) => {
      const state = old.sources[name];
      if (state === undefined) return [];
      const { records, coveredUntilMs } = state;
      return [[name, { ...NEW_SOURCE, records, coveredUntilMs }]];
    }),
  );
}
