import type { Checkpoint, Position, Run, RunEnd } from "./checkpoint.ts";
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
  /** Only in the last entry of a run that has ended: it holds even where the checkpoint could not be saved. */
  readonly end?: RunEnd;
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
  | "believed_after_runs"
  | "shippers_change";

/** What counts as a proof. */
export interface ResumeRules {
  /** `handover: drained`: a run that ended after draining counts, whoever starts the next one. */
  readonly trustDrained: boolean;
  /**
   * True where a new start by the same shipper proves that it has kept the last run (`poll --once`). Otherwise it
   * proves only that the shipper has read it: nothing is sent again, but it is not committed by that alone.
   */
  readonly startProves: boolean;
}

/** The checkpoint with which a run begins. */
export interface Resumed {
  readonly checkpoint: Checkpoint;
  readonly reason: ResumeReason;
  /** Streams that are sent again from `committed` although a run had gone further. */
  readonly again: readonly string[];
  /** Places that the run begins with as its own staged ones: not sent again, and not yet committed. */
  readonly carried: Readonly<Record<string, Position>>;
}

/**
 * Decides what the last runs' staged places are worth to a run under `shipper`.
 *
 * - The same shipper process starts us again: it has read the last run to end of file, so all that the pipe
 *   accepted counts, even where the run was killed.
 * - The run was asked to stop, or its stdout was closed: the shipper may not have read, or kept, the rest. That
 *   holds for the same process too: it may have been told to reload (syslog-ng closes the pipe unread then).
 * - Another shipper: what was accepted may have died with the old one. After three drained runs whose shippers were
 *   each made for the run (cron, a wrapper) the oldest is believed: nobody was there to lose it later.
 * - `trustDrained` (handover: drained): a run that ended after draining counts.
 */
export function resume(
  checkpoint: Checkpoint,
  journal: JournalEntry | null,
  shipper: Shipper,
  rules: ResumeRules,
): Resumed {
  const last = withJournal(checkpoint, journal);
  if (last === undefined) return { checkpoint, reason: "first", again: [], carried: {} };
  const older = checkpoint.runs.slice(0, -1);
  const open = isEmpty(last) ? older : [...older, last];
  if (open.length === 0) {
    return {
      checkpoint: { ...checkpoint, runs: [] },
      reason: "nothing_staged",
      again: [],
      carried: {},
    };
  }
  const drop = (reason: ResumeReason, runs: readonly Run[]): Resumed => ({
    checkpoint: { ...checkpoint, runs },
    reason,
    again: streamsOf(open),
    carried: {},
  });
  const keep = (reason: ResumeReason, proven: boolean): Resumed => ({
    checkpoint: {
      ...checkpoint,
      committed: proven ? { ...checkpoint.committed, ...last.staged } : checkpoint.committed,
      runs: [],
    },
    reason,
    again: streamsOf(older).filter((stream) => last.staged[stream] === undefined),
    carried: proven ? {} : last.staged,
  });

  if (last.end === "broken") return drop("shipper_gone", older);
  if (rules.trustDrained && last.end !== "open") return keep("drained", true);
  if (last.end === "stopped") return drop("asked_to_stop", older);
  // A parent outside of our pid namespace has pid 0, whoever it is.
  if (shipper.pid > 0 && sameShipper(last.shipper, shipper)) {
    return keep("same_shipper", rules.startProves);
  }
  if (last.end === "open" || !rules.startProves) return drop("other_shipper", older);

  const [oldest, ...newer] = open;
  if (oldest === undefined || open.length < MAX_RUNS) return drop("other_shipper", open);
  if (!open.every((run) => run.shipper.madeForRun)) return drop("shippers_change", newer);
  return {
    checkpoint: {
      ...checkpoint,
      committed: { ...checkpoint.committed, ...oldest.staged },
      runs: newer,
    },
    reason: "believed_after_runs",
    again: streamsOf(newer),
    carried: {},
  };
}

/** The last run with the journal's place laid over what the checkpoint had saved. */
function withJournal(checkpoint: Checkpoint, journal: JournalEntry | null): Run | undefined {
  const last = checkpoint.runs.at(-1);
  if (last === undefined || journal === null) return last;
  if (journal.run !== last.id || journal.sequence !== checkpoint.sequence) return last;
  return {
    ...last,
    end: journal.end ?? last.end,
    staged: { ...last.staged, [journal.stream]: journal.position },
  };
}

function isEmpty(run: Run): boolean {
  return Object.keys(run.staged).length === 0;
}

function streamsOf(runs: readonly Run[]): readonly string[] {
  return [...new Set(runs.flatMap((run) => Object.keys(run.staged)))];
}
