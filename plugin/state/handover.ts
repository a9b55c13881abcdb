import type { Checkpoint, Position, Run, RunEnd } from "./checkpoint.ts";
import { MAX_RUNS } from "./checkpoint.ts";
import type { Shipper } from "./shipper.ts";
import { isLater, sameShipper } from "./shipper.ts";

/**
 * The one decision of the handover: when a run begins, may it commit the positions that earlier runs staged? Pure.
 * docs/delivery.md has the rules, docs/decisions/0002-committed-and-staged.md the reasons.
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
  /** Only in the last entry of a run that has ended; it is valid even if the run could not save the checkpoint. */
  readonly end?: RunEnd;
}

/** Why a run starts at its positions; for the log, the health events and the tests. */
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

/** What else the decision needs. */
export interface ResumeRules {
  /** `handover: drained`: a run that ended after draining counts, whoever starts the next one. */
  readonly trustDrained: boolean;
  /** The last run still existed when this process started, so its end did not cause this start. */
  readonly overlapped: boolean;
}

/** The checkpoint with which a run begins. */
export interface Resumed {
  readonly checkpoint: Checkpoint;
  readonly reason: ResumeReason;
  /** Streams that the run sends again from `committed` although an earlier run had gone further. */
  readonly again: readonly string[];
  /** Positions that the run takes over as its own staged ones: it does not send them again, and commits them at its first flush. */
  readonly carried: Readonly<Record<string, Position>>;
}

/**
 * Decides which staged positions of the last runs a run under `shipper` may commit.
 *
 * - A run whose stdout was closed: none, because nobody read the rest of the pipe.
 * - `trustDrained`: all, if the run ended after it had drained.
 * - A run into a file or by HTTP: all, if the machine has not restarted. The lines have left the program; only the flush
 *   is missing.
 * - A `--follow` run: none beyond the positions that it committed itself. A shipper that reloads closes the pipe
 *   unread and starts us again as the same process (syslog-ng).
 * - A `--once` run that was asked to stop: none, because the shipper may have been ending.
 * - Any other `--once` run: all, if the same shipper process starts us again, even if the run was killed: the shipper
 *   has read the pipe to its end (Fluent Bit). None, if another process starts us, or if we started before that run
 *   ended.
 *   Three drained runs in a row, each with another shipper, get a health event: cron or a wrapper, or a shipper that dies
 *   each time. The program trusts none of them, because a person who looks at the lines has the same traces.
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
    // The same shipper starts us again only if we started after that run; a parent outside of our pid namespace has pid 0.
    const again = isLater(last.shipper, shipper) && !rules.overlapped && shipper.pid > 0;
    return again ? commit("same_shipper") : drop("overlapped", older);
  }
  if (last.end === "open") return drop("other_shipper", older);

  if (open.length < MAX_RUNS) return drop("other_shipper", open);
  const isMade = open.every((run) => run.shipper.madeForRun);
  return drop(isMade ? "new_parents" : "shippers_change", open.slice(1));
}

/** The committed positions and the last run: those of the checkpoint, replaced by the journal's where it has newer ones. */
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
