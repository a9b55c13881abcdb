import type { Checkpoint, Gap, Position, RunEnd, SourceState } from "./checkpoint.ts";
import { emptyCheckpoint, MAX_GAPS, parseCheckpoint, serialiseCheckpoint } from "./checkpoint.ts";
import type { Effects } from "./effects.ts";
import { StateError } from "./errors.ts";
import type { ResumeReason } from "./handover.ts";
import { resume } from "./handover.ts";
import { parseJournal, serialiseJournal } from "./journal.ts";
import type { Shipper } from "./shipper.ts";

/**
 * When what the output accepted is safe.
 * "taken": at once (an acknowledged HTTP batch, a synced file, a terminal).
 * "next_start": when the same shipper starts us again (`poll --once` into a pipe).
 * "lag": when `lagBytes` more have been accepted, or nothing was in flight for `settleMs` (`poll --follow`).
 */
export type Safety = "taken" | "next_start" | "lag";

/** What a ledger is opened with. */
export interface LedgerOptions {
  readonly folder: string;
  readonly account: string;
  readonly api: "1.0" | "2.0";
  readonly shipper: Shipper;
  readonly trustDrained: boolean;
  readonly safety: Safety;
  readonly lagBytes: number;
  readonly settleMs: number;
}

/** A place that was accepted when the output's total stood at `bytes`. */
interface Mark {
  readonly bytes: number;
  readonly stream: string;
  readonly position: Position;
}

/** The checkpoint of one account while it is open: the only writer of the checkpoint file and the journal. */
export interface Ledger {
  readonly reason: ResumeReason;
  /** Streams that start again from `committed` although a run had gone further. */
  readonly again: readonly string[];
  checkpoint(): Checkpoint;
  position(stream: string): Position | undefined;
  /** Persists where a stream begins, before its first page. */
  begin(stream: string, position: Position): Promise<void>;
  /** The output has accepted everything up to `position`; `outBytes` is the output's running total. */
  accepted(stream: string, position: Position, outBytes: number): Promise<void>;
  /** The page was taken: the stream moves on. Saved before it returns. */
  advance(stream: string, position: Position, outBytes: number): Promise<void>;
  setSource(source: string, state: SourceState): void;
  setHealth(atMs: number): void;
  /** Counts a failure of an item and returns how many it has had in a row. Saved before it returns. */
  itemFailed(stream: string, item: string): Promise<number>;
  addGap(gap: Gap): void;
  /** "lag": commits what has settled. True where something is still open. */
  settle(): Promise<boolean>;
  save(): Promise<void>;
  close(end: RunEnd): Promise<void>;
}

const SAVE_EVERY_MS = 1000;

/** Reads the account's files, decides what the last run is worth, and opens a run. */
export async function openLedger(effects: Effects, options: LedgerOptions): Promise<Ledger> {
  const { files } = effects;
  const path = `${options.folder}/checkpoint`;
  const previousPath = `${options.folder}/checkpoint.previous`;
  const journalPath = `${options.folder}/journal`;

  const stored = await readCheckpoint();
  const journal = parseJournal(await files.read(journalPath));
  const resumed = resume(stored, journal, options.shipper, options.trustDrained);
  const runId = effects.randomUUID();
  let checkpoint: Checkpoint = {
    ...resumed.checkpoint,
    runs: [
      ...resumed.checkpoint.runs,
      { id: runId, shipper: options.shipper, startedMs: effects.now(), end: "open", staged: {} },
    ],
  };
  let marks: Mark[] = [];
  let total = 0;
  let acceptedMs = effects.now();
  let savedMs = 0;
  let changed = resumed.reason !== "first" && resumed.reason !== "nothing_staged";

  async function readCheckpoint(): Promise<Checkpoint> {
    const bytes = await files.read(path);
    if (bytes === null) {
      if ((await files.read(previousPath)) !== null) {
        throw new StateError(
          `Cannot open account "${options.account}": "${path}" is missing but "${previousPath}" is there`,
          {
            code: "checkpoint_missing",
            hint: "Rename the previous copy to checkpoint (events since then come twice), or remove it to start over",
          },
        );
      }
      return emptyCheckpoint(options.account, options.api);
    }
    const read = parseCheckpoint(bytes, path);
    if (read.account !== options.account || read.api !== options.api) {
      throw new StateError(
        `Cannot open account "${options.account}" (API ${options.api}): "${path}" belongs to "${read.account}" (API ${read.api})`,
        {
          code: "checkpoint_other_account",
          hint: "Give the account another name, or another state_dir",
        },
      );
    }
    return read;
  }

  function staged(): Readonly<Record<string, Position>> {
    return checkpoint.runs.at(-1)?.staged ?? {};
  }

  function stage(stream: string, position: Position): void {
    if (options.safety === "taken") {
      edit({ committed: { ...checkpoint.committed, [stream]: position } });
      return;
    }
    editRun((run) => ({ ...run, staged: { ...run.staged, [stream]: position } }));
  }

  function edit(values: Partial<Checkpoint>): void {
    checkpoint = { ...checkpoint, ...values };
    changed = true;
  }

  function editRun(change: (run: Checkpoint["runs"][number]) => Checkpoint["runs"][number]): void {
    edit({ runs: checkpoint.runs.map((run) => (run.id === runId ? change(run) : run)) });
  }

  function commit(list: readonly Mark[]): void {
    if (list.length === 0) return;
    const committed = { ...checkpoint.committed };
    for (const mark of list) committed[mark.stream] = mark.position;
    // An earlier run's places lie behind ours: they were sent again by this run.
    const runs = checkpoint.runs.filter((run) => run.id === runId);
    edit({ committed, runs });
  }

  function note(stream: string, position: Position, outBytes: number): void {
    total = outBytes;
    acceptedMs = effects.now();
    stage(stream, position);
    if (options.safety !== "lag") return;
    marks.push({ bytes: outBytes, stream, position });
    const open = marks.findIndex((mark) => mark.bytes + options.lagBytes > total);
    commit(marks.slice(0, open));
    marks = marks.slice(open);
  }

  async function save(): Promise<void> {
    checkpoint = { ...checkpoint, sequence: checkpoint.sequence + 1 };
    const before = await files.read(path);
    if (before !== null) await files.replace(previousPath, before);
    await files.replace(path, serialiseCheckpoint(checkpoint));
    savedMs = effects.now();
    changed = false;
  }

  if (changed) await save();

  return {
    reason: resumed.reason,
    again: resumed.again,
    checkpoint: () => checkpoint,
    position: (stream) => staged()[stream] ?? checkpoint.committed[stream],
    async begin(stream, position) {
      edit({ committed: { ...checkpoint.committed, [stream]: position } });
      await save();
    },
    async accepted(stream, position, outBytes) {
      note(stream, position, outBytes);
      const entry = { run: runId, sequence: checkpoint.sequence, stream, position };
      await files.overwrite(journalPath, serialiseJournal(entry));
      if (options.safety === "lag" && effects.now() - savedMs > SAVE_EVERY_MS) await save();
    },
    async advance(stream, position, outBytes) {
      note(stream, position, outBytes);
      const prefix = `${stream} `;
      const open = Object.entries(checkpoint.itemFailures).filter(
        ([key]) => !key.startsWith(prefix),
      );
      edit({ itemFailures: Object.fromEntries(open) });
      await save();
    },
    setSource(source, state) {
      edit({ sources: { ...checkpoint.sources, [source]: state } });
    },
    setHealth(atMs) {
      edit({ healthMs: atMs });
    },
    async itemFailed(stream, item) {
      const key = `${stream} ${item}`;
      const count = (checkpoint.itemFailures[key] ?? 0) + 1;
      edit({ itemFailures: { ...checkpoint.itemFailures, [key]: count } });
      await save();
      return count;
    },
    addGap(gap) {
      edit({ gaps: [...checkpoint.gaps, gap].slice(-MAX_GAPS) });
    },
    async settle() {
      if (options.safety !== "lag" || marks.length === 0) return false;
      if (effects.now() - acceptedMs < options.settleMs) return true;
      commit(marks);
      marks = [];
      await save();
      return false;
    },
    save,
    async close(end) {
      if (!changed && Object.keys(staged()).length === 0) return;
      if (options.safety === "lag" && (end === "drained" || end === "stopped")) {
        commit(marks);
        marks = [];
        editRun((run) => ({ ...run, end: "drained" }));
      } else {
        editRun((run) => ({ ...run, end }));
      }
      await save();
    },
  };
}
