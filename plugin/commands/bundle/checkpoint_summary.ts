import { createHash } from "node:crypto";
import type { Checkpoint, Position } from "../../state/checkpoint.ts";

/** What support needs of a checkpoint: everything but the cursors, which hold tokens of Mimecast; their hashes tell whether they moved. */
export function checkpointSummary(checkpoint: Checkpoint): unknown {
  const {
    account,
    api,
    sequence,
    committed,
    runs,
    sources,
    itemFailures,
    gaps,
    healthMs,
    clockAheadMs,
  } = checkpoint;
  return {
    account,
    api,
    sequence,
    committed: summaries(committed),
    runs: runs.map((run) => ({ ...run, staged: summaries(run.staged) })),
    sources,
    itemFailures,
    gaps: gaps.map(({ cursor, ...gap }) => ({ ...gap, cursor: hashOf(cursor) })),
    healthMs,
    clockAheadMs,
  };
}

function summaries(positions: Readonly<Record<string, Position>>): unknown {
  return Object.fromEntries(
    Object.entries(positions).map(([stream, { cursor, done, taken }]) => [
      stream,
      { cursor: hashOf(cursor), done: done.length, taken: taken && { records: taken.records } },
    ]),
  );
}

function hashOf(cursor: unknown): string {
  return createHash("sha256").update(JSON.stringify(cursor)).digest("hex").slice(0, 12);
}
