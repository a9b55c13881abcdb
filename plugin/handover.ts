import type { Checkpoint, Position, Run } from "./checkpoint.ts";
import { MAX_RUNS } from "./checkpoint.ts";
import type { Shipper } from "./shipper.ts";
import { sameShipper } from "./shipper.ts";

/**
 * The one decision of the handover: when a run begins, may what earlier runs staged be committed?
 * Pure. The rules are those of the design, "Delivery", and are proven by test/handover.test.ts.
 */

/** The latest accepted place of the stream in progress, kept beside the checkpoint (journal.ts). */
export interface JournalEntry {
  readonly run: string;
  /** `Checkpoint.sequence` of the save that this entry follows. */
  readonly sequence: number;
  readonly stream: string;
  readonly position: Position;
}

/** Why a run starts where it starts; for the log, the health events and the tests. */
export type ResumeReason =
  | "first"
  | "nothing_staged"
  | "same_shipper"
  | "drained"
  | "other_shipper"
  | "asked_to_stop"
  | "shipper_gone"
  | "believed_after_runs";

/** The checkpoint with which a run begins. `again` names the streams that will be sent again from `committed`. */
export interface Resumed {
  readonly checkpoint: Checkpoint;
  readonly reason: ResumeReason;
  readonly again: readonly string[];
}

/**
 * Decides what the last runs' staged places are worth to a run under `shipper`.
 *
 * - The same shipper process starts us again: it has read the last run to end of file, so all that the pipe
 *   accepted counts, even where the run was killed.
 * - The run was asked to stop, or its stdout was closed: the shipper may not have kept what it read.
 * - Another shipper: what was accepted may have died with the old one. After three drained runs that each had a
 *   shipper of their own (cron, a wrapper) the oldest is believed.
 * - `trustDrained` (handover: drained): a run that ended after draining counts.
 */
export function resume(
  checkpoint: Checkpoint,
  journal: JournalEntry | null,
  shipper: Shipper,
  trustDrained: boolean,
): Resumed {
  const last = withJournal(checkpoint, journal);
  if (last === undefined) return { checkpoint, reason: "first", again: [] };
  const older = checkpoint.runs.slice(0, -1);
  const drop = (reason: ResumeReason, runs: readonly Run[]): Resumed => ({
    checkpoint: { ...checkpoint, runs },
    reason: Object.keys(last.staged).length === 0 ? "nothing_staged" : reason,
    again: Object.keys(last.staged),
  });
  const commit = (reason: ResumeReason): Resumed => ({
    checkpoint: { ...checkpoint, committed: { ...checkpoint.committed, ...last.staged }, runs: [] },
    reason,
    again: [],
  });

  if (last.end === "broken") return drop("shipper_gone", older);
  if (trustDrained && last.end !== "open") return commit("drained");
  if (last.end === "stopped") return drop("asked_to_stop", older);
  if (sameShipper(last.shipper, shipper)) return commit("same_shipper");
  if (last.end === "open") return drop("other_shipper", older);

  const runs = Object.keys(last.staged).length === 0 ? older : [...older, last];
  const oldest = runs[0];
  if (runs.length < MAX_RUNS || oldest === undefined) return drop("other_shipper", runs);
  return {
    checkpoint: {
      ...checkpoint,
      committed: { ...checkpoint.committed, ...oldest.staged },
      runs: runs.slice(1),
    },
    reason: "believed_after_runs",
    again: Object.keys(last.staged),
  };
}

/** The last run with the journal's place laid over what the checkpoint had saved. */
function withJournal(checkpoint: Checkpoint, journal: JournalEntry | null): Run | undefined {
  const last = checkpoint.runs.at(-1);
  if (last === undefined || journal === null) return last;
  if (journal.run !== last.id || journal.sequence !== checkpoint.sequence) return last;
  return { ...last, staged: { ...last.staged, [journal.stream]: journal.position } };
}
