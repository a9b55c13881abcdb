import type { Checkpoint, Position, Run, RunEnd } from "./checkpoint.ts";
import { MAX_RUNS } from "./checkpoint.ts";
import type { Shipper } from "./shipper.ts";
import { isLater, sameShipper } from "./shipper.ts";

/**
 * The one decision of the handover: when a run begins, may what earlier runs staged be committed?
 * Pure. The rules are those of the design, "Delivery"; docs/decisions/0002-committed-and-staged.md says why.
 */

/** The latest accepted position of the stream in progress, kept beside the checkpoint (journal.ts). */
export interface JournalEntry {
  readonly run: string;
  /** `Checkpoint.sequence` of the save that this entry follows. */
  readonly sequence: number;
  readonly stream: string;
  readonly position: Position;
  /** Positions that were committed since that save. */
  readonly committed?: Readonly<Record<string, Position>>;
  /** Only in the last entry of a run that has ended: it holds even where the checkpoint could not be saved. */
  readonly end?: RunEnd;
}

/** Why a run starts where it starts; for the log, the health events and the tests. */
export type ResumeReason =
  | "first"
  | "nothing_staged"
  | "same_shipper"
  | "same_boot"
  | "drained"
  | "other_shipper"
  | "other_boot"
  | "asked_to_stop"
  | "shipper_gone"
  | "not_settled"
  | "overlapped"
  | "new_parents"
  | "shippers_change";

/** What else decides. */
export interface ResumeRules {
  /** `handover: drained`: a run that ended after draining counts, whoever starts the next one. */
  readonly trustDrained: boolean;
  /** The last run was still there when this process came: it was not started because that one had ended. */
  readonly overlapped: boolean;
}

/** The checkpoint with which a run begins. */
export interface Resumed {
  readonly checkpoint: Checkpoint;
  readonly reason: ResumeReason;
  /** Streams that are sent again from `committed` although a run had gone further. */
  readonly again: readonly string[];
  /** Positions that the run begins with as its own staged ones: not sent again, and committed at its first flush. */
  readonly carried: Readonly<Record<string, Position>>;
}

/**
 * Decides what the last runs' staged positions are worth to a run under `shipper`.
 *
 * - A run whose stdout was closed: nothing, the rest of the pipe was never read.
 * - `trustDrained`: all, if the run ended after draining.
 * - A run into a file or by HTTP: all, if the machine is still up, for it is out of our hands; it only has to be
 *   flushed yet.
 * - A run that followed: nothing beyond what it committed itself. A shipper that is told to reload closes the pipe
 *   unread and starts us again as the same process (syslog-ng).
 * - A run of its own that was asked to stop: nothing, the shipper may have been on its way out.
 * - Any other run of its own: all, if the same shipper process starts us again, even where the run was killed: it
 *   has read what the pipe had accepted to end of file (Fluent Bit). Nothing, if it is another process, or if we were
 *   started before that run had ended.
 *   Three drained runs in a row with a shipper each are worth saying: cron or a wrapper, or a shipper that dies each
 *   time. None of them is believed: a person who looks at the lines looks the same.
 */
export function resume(
  checkpoint: Checkpoint,
  journal: JournalEntry | null,
  shipper: Shipper,
  rules: ResumeRules,
): Resumed {
  const { committed, last } = withJournal(checkpoint, journal);
  if (last === undefined) return { checkpoint, reason: "first", again: [], carried: {} };
  const older = checkpoint.runs.slice(0, -1);
  const open = isEmpty(last) ? older : [...older, last];
  const base = { ...checkpoint, committed };
  if (open.length === 0) {
    const reason = committed === checkpoint.committed ? "nothing_staged" : "not_settled";
    return { checkpoint: { ...base, runs: [] }, reason, again: [], carried: {} };
  }
  const drop = (reason: ResumeReason, runs: readonly Run[]): Resumed => {
    return { checkpoint: { ...base, runs }, reason, again: streamsOf(open), carried: {} };
  };
  const again = streamsOf(older).filter((stream) => last.staged[stream] === undefined);
  const commit = (reason: ResumeReason): Resumed => {
    const after = { ...base, committed: { ...committed, ...last.staged }, runs: [] };
    return { checkpoint: after, reason, again, carried: {} };
  };

  if (last.end === "broken") return drop("shipper_gone", older);
  if (rules.trustDrained && last.end !== "open") return commit("drained");
  if (last.safety === "taken") {
    if (!sameBoot(last.shipper, shipper)) return drop("other_boot", []);
    return { checkpoint: { ...base, runs: [] }, reason: "same_boot", again, carried: last.staged };
  }
  if (last.end === "stopped") return drop("asked_to_stop", older);
  if (last.safety === "lag") return drop("not_settled", older);
  if (sameShipper(last.shipper, shipper)) {
    // It starts us again only if we came after that run; and a parent outside of our pid namespace has pid 0.
    const again = isLater(last.shipper, shipper) && !rules.overlapped && shipper.pid > 0;
    return again ? commit("same_shipper") : drop("overlapped", older);
  }
  if (last.end === "open") return drop("other_shipper", older);

  if (open.length < MAX_RUNS) return drop("other_shipper", open);
  const isMade = open.every((run) => run.shipper.madeForRun);
  return drop(isMade ? "new_parents" : "shippers_change", open.slice(1));
}

/** The committed positions and the last run, with the journal's laid over what the checkpoint had saved. */
export function withJournal(
  checkpoint: Checkpoint,
  journal: JournalEntry | null,
): Pick<Checkpoint, "committed"> & { readonly last: Run | undefined } {
  const { committed } = checkpoint;
  const last = checkpoint.runs.at(-1);
  if (last === undefined || journal === null) return { committed, last };
  if (journal.run !== last.id || journal.sequence !== checkpoint.sequence) {
    return { committed, last };
  }
  const positions = { ...committed, ...journal.committed };
  const staged = Object.entries({ ...last.staged, [journal.stream]: journal.position }).filter(
    ([stream, position]) => JSON.stringify(position) !== JSON.stringify(positions[stream]),
  );
  return {
    committed: journal.committed === undefined ? committed : positions,
    last: { ...last, end: journal.end ?? last.end, staged: Object.fromEntries(staged) },
  };
}

function sameBoot(a: Shipper, b: Shipper): boolean {
  return a.boot !== "" && a.boot === b.boot;
}

function isEmpty(run: Run): boolean {
  return Object.keys(run.staged).length === 0;
}

function streamsOf(runs: readonly Run[]): readonly string[] {
  return [...new Set(runs.flatMap((run) => Object.keys(run.staged)))];
}
