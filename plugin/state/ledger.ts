import type { Effects } from "../effects.ts";
import { StateError } from "../errors.ts";
import type { Checkpoint, Gap, Position, Run, RunEnd, Safety, SourceState } from "./checkpoint.ts";
import { checkpointFile } from "./checkpoint_file.ts";
import { isSameHole, withGap } from "./gaps.ts";
import type { ResumeReason } from "./handover.ts";
import { resume } from "./handover.ts";
import { blankJournal, parseJournal, serializeJournal } from "./journal.ts";
import { type Mark, partMarks, positionsOf, withMark } from "./marks.ts";
import { journalPath } from "./paths.ts";
import { createQuietClock } from "./quiet_clock.ts";
import { createSerial } from "./serial.ts";
import type { Shipper } from "./shipper.ts";

/** What `openLedger` needs. */
export interface LedgerOptions {
  readonly folder: string;
  readonly account: string;
  readonly api: "1.0" | "2.0";
  readonly shipper: Shipper;
  readonly trustDrained: boolean;
  /** True if another process held the account's lock when this one started. Default: false. */
  readonly overlapped?: boolean;
  readonly safety: Safety;
  readonly lagBytes: number;
  readonly settleMs: number;
}

/**
 * The checkpoint of one account while it is open: the only writer of the checkpoint file and the journal. Each call finishes
 * with the files before the next one begins.
 */
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
  /**
   * Moves the stream to the next page and saves before it returns. "taken": the output was flushed when its running total
   * was `outBytes`.
   */
  advance(stream: string, position: Position, outBytes: number): Promise<void>;
  setSource(source: string, state: SourceState): void;
  setHealth(atMs: number): void;
  /** `aheadMs`: how far a wrong clock is ahead; null for a right one. */
  setClock(aheadMs: number | null): void;
  /** Counts a failure of an item, saves, and returns the number of its failures in a row. */
  itemFailed(stream: string, item: string): Promise<number>;
  /** False if the checkpoint has the same gap already, because the page came again. Saved with the next position. */
  addGap(gap: Gap): boolean;
  /**
   * Records the gap of an item that the program gives up, and moves its stream past the item. One save has both, so that no
   * kill separates them; it is done before this returns.
   */
  stepOver(gap: Gap, position: Position, outBytes: number): Promise<void>;
  /**
   * "lag": commits the positions that have settled; none while the reader keeps the output waiting. True if positions
   * are still open.
   */
  settle(readerWaits: boolean): Promise<boolean>;
  save(): Promise<void>;
  /** "taken": the output must have been flushed, except where `end` is "broken". */
  close(end: RunEnd): Promise<void>;
}

/** The position that was accepted last. */
type Accepted = Pick<Mark, "stream" | "position">;

/** "lag": a shipper's death costs what was written since the last save; a save costs two synced files. */
const SAVE_EVERY_MS = 1000;

/** Reads the account's files, decides which positions of the last run to commit, and opens a run. */
export async function openLedger(effects: Effects, options: LedgerOptions): Promise<Ledger> {
  const { files } = effects;
  const { safety } = options;
  const file = checkpointFile(files, options.folder);
  const journalFile = journalPath(options.folder);

  const stored = await file.read(options.account, options.api);
  const journalBytes = await files.read(journalFile);
  const journal = parseJournal(journalBytes);
  const resumed = resume(stored, journal, options.shipper, {
    trustDrained: options.trustDrained,
    overlapped: options.overlapped ?? false,
  });
  let run: Run = {
    id: effects.randomUUID(),
    shipper: options.shipper,
    startedMs: effects.now(),
    safety,
    end: "open",
    staged: resumed.carried,
  };
  let rest = resumed.checkpoint;
  let marks: readonly Mark[] = Object.entries(run.staged).map(([stream, position]) => {
    return { bytes: 0, stream, position };
  });
  const quiet = createQuietClock(() => effects.now());
  let notedBytes = 0;
  let savedMs = 0;
  let changed = false;
  /** False until the file names this run: the journal's entries count only from then on. */
  let named = false;
  /** The positions committed since the last save; the journal holds them too. */
  let news: Readonly<Record<string, Position>> = {};
  /** The one stream whose position since the last save is in the journal. */
  let journaled: string | null = null;
  let last: Accepted | null = null;

  const inTurn = createSerial();

  function checkpoint(): Checkpoint {
    return { ...rest, runs: [...rest.runs, run] };
  }

  function edit(values: Partial<Omit<Checkpoint, "runs">>): void {
    rest = { ...rest, ...values };
    changed = true;
  }

  function commit(positions: Readonly<Record<string, Position>>): void {
    if (Object.keys(positions).length === 0) return;
    const open = Object.entries(run.staged).filter(([stream, at]) => positions[stream] !== at);
    run = { ...run, staged: Object.fromEntries(open) };
    // This run has sent an earlier run's positions again, so they are older than ours.
    rest = { ...rest, runs: [] };
    news = { ...news, ...positions };
    edit({ committed: { ...rest.committed, ...positions } });
  }

  function addGap(gap: Gap): boolean {
    if (rest.gaps.some((known) => isSameHole(known, gap))) return false;
    const { gaps, dropped } = withGap(rest.gaps, gap);
    if (dropped !== null) {
      const fields = { account: rest.account, ...dropped };
      effects.log("error", "Too many gaps: the oldest one is not listed any more", fields);
    }
    edit({ gaps });
    return true;
  }

  function note(stream: string, position: Position, outBytes: number): void {
    run = { ...run, staged: { ...run.staged, [stream]: position } };
    last = { stream, position };
    if (safety === "next_start") return;
    marks = withMark(marks, { bytes: outBytes, stream, position }, options.lagBytes);
    if (safety !== "lag") return;
    // A page without output changes nothing: it adds no bytes whose acceptance could prove a position.
    if (outBytes > notedBytes) quiet.reset();
    notedBytes = outBytes;
    commitBehind(outBytes - options.lagBytes);
  }

  /** Commits the positions that were accepted up to this running total of the output. */
  function commitBehind(bytes: number): void {
    const { settled, open } = partMarks(marks, bytes);
    marks = open;
    commit(positionsOf(settled));
  }

  async function save(): Promise<void> {
    const sequence = rest.sequence + 1;
    if (!named && journalBytes === null) await files.overwrite(journalFile, blankJournal());
    const restBefore = rest;
    await file.write({ ...checkpoint(), sequence });
    if (rest === restBefore) changed = false;
    rest = { ...rest, sequence };
    named = true;
    journaled = null;
    news = {};
    savedMs = effects.now();
  }

  async function keepJournal(
    { stream, position }: Accepted,
    more: { readonly end?: RunEnd } = {},
  ): Promise<void> {
    const entry = {
      run: run.id,
      sequence: rest.sequence,
      stream,
      position,
      ...(Object.keys(news).length === 0 ? {} : { committed: news }),
      ...more,
    };
    await files.overwrite(journalFile, serializeJournal(entry));
    journaled = stream;
  }

  if (resumed.reason !== "first" && resumed.reason !== "nothing_staged") await save();

  return {
    reason: resumed.reason,
    again: resumed.again,
    checkpoint,
    position: (stream) => run.staged[stream] ?? rest.committed[stream],
    begin: (stream, position) =>
      inTurn(async () => {
        edit({ committed: { ...rest.committed, [stream]: position } });
        await save();
      }),
    accepted: (stream, position, outBytes) =>
      inTurn(async () => {
        note(stream, position, outBytes);
        // The journal holds one position: another stream's must be in the checkpoint before it is overwritten.
        const fits = journaled === null || journaled === stream;
        const late = safety === "lag" && Math.abs(effects.now() - savedMs) > SAVE_EVERY_MS;
        if (named && fits && !late) await keepJournal({ stream, position });
        else await save();
      }),
    advance: (stream, position, outBytes) =>
      inTurn(async () => {
        note(stream, position, outBytes);
        if (safety === "taken") commitBehind(outBytes);
        const prefix = `${stream} `;
        const open = Object.entries(rest.itemFailures).filter(([key]) => !key.startsWith(prefix));
        edit({ itemFailures: Object.fromEntries(open) });
        await save();
      }),
    setSource(source, state) {
      edit({ sources: { ...rest.sources, [source]: state } });
    },
    setHealth(atMs) {
      edit({ healthMs: atMs });
    },
    setClock(aheadMs) {
      const { clockAheadMs, ...others } = rest;
      rest = aheadMs === null ? others : { ...others, clockAheadMs: aheadMs };
      changed ||= aheadMs !== (clockAheadMs ?? null);
    },
    itemFailed: (stream, item) =>
      inTurn(async () => {
        const key = `${stream} ${item}`;
        const count = (rest.itemFailures[key] ?? 0) + 1;
        edit({ itemFailures: { ...rest.itemFailures, [key]: count } });
        await save();
        return count;
      }),
    addGap,
    stepOver: (gap, position, outBytes) =>
      inTurn(async () => {
        addGap(gap);
        note(gap.stream, position, outBytes);
        await save();
      }),
    settle: (readerWaits) =>
      inTurn(async () => {
        if (safety !== "lag" || marks.length === 0) return false;
        if (readerWaits) quiet.reset();
        if (quiet.quietMs() < options.settleMs) return true;
        commit(positionsOf(marks));
        marks = [];
        await save();
        return false;
      }),
    save: () => inTurn(save),
    close: (end) =>
      inTurn(async () => {
        if (safety === "taken" && end !== "broken") commit(run.staged);
        if (!changed && Object.keys(run.staged).length === 0) return;
        if (last !== null) {
          // On a full disk an overwrite in place may succeed when a new file fails; the save below reports it.
          await keepJournal(last, { end }).catch((error) => {
            if (!(error instanceof StateError)) throw error;
          });
        }
        run = { ...run, end };
        await save();
      }),
  };
}
