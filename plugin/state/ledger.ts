import type { Effects } from "../effects.ts";
import { StateError } from "../errors.ts";
import { Book } from "./book.ts";
import type { Checkpoint, Gap, Position, RunEnd, Safety, SourceState } from "./checkpoint.ts";
import { type CheckpointStore, checkpointFile } from "./checkpoint_file.ts";
import { type JournalEntry, type ResumeReason, resume } from "./handover.ts";
import { blankJournal, parseJournal, serializeJournal } from "./journal.ts";
import { journalPath } from "./paths.ts";
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
  /** Default: the file in `folder`. The journal is always there. */
  readonly store?: CheckpointStore;
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
  /** `problem`: why the newest configuration can't be taken; null where it is in use. */
  setConfigProblem(problem: string | null): void;
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
type Accepted = Pick<JournalEntry, "stream" | "position">;

/** "lag": a shipper's death costs what was written since the last save; a save costs two synced files. */
const SAVE_EVERY_MS = 1000;

/** Reads the account's files, decides which positions of the last run to commit, and opens a run. */
export async function openLedger(effects: Effects, options: LedgerOptions): Promise<Ledger> {
  const { account, api, folder, shipper, trustDrained, overlapped = false } = options;
  const file = options.store ?? checkpointFile(effects.files, folder);
  const stored = await file.read(account, api);
  const bytes = await effects.files.read(journalPath(folder));
  const resumed = resume(stored, parseJournal(bytes), shipper, { trustDrained, overlapped });
  const run = { id: effects.randomUUID(), shipper, startedMs: effects.now() };
  const book = new Book(resumed, run, options, () => effects.now());
  const writer = createWriter(effects, book, file, journalPath(folder), bytes !== null);
  if (resumed.reason !== "first" && resumed.reason !== "nothing_staged") await writer.save();
  const { reason, again } = resumed;
  return { reason, again, ...ledgerOver(effects, book, writer, options) };
}

/** Writes the book to the account's files. */
interface Writer {
  save(): Promise<void>;
  /** Notes a position in the journal where that is enough; else saves. */
  note(at: Accepted): Promise<void>;
  keepJournal(at: Accepted, more?: { readonly end?: RunEnd }): Promise<void>;
}

function createWriter(
  effects: Effects,
  book: Book,
  file: CheckpointStore,
  journal: string,
  hasJournal: boolean,
): Writer {
  const { files } = effects;
  let savedMs = 0;
  /** False until the file names this run: the journal's entries count only from then on. */
  let isNamed = false;
  /** The one stream whose position since the last save is in the journal. */
  let journaled: string | null = null;

  async function save(): Promise<void> {
    if (!isNamed && !hasJournal) await files.overwrite(journal, blankJournal());
    const checkpoint = book.toSave();
    await file.write(checkpoint);
    book.saved(checkpoint);
    isNamed = true;
    journaled = null;
    savedMs = effects.now();
  }

  async function keepJournal(at: Accepted, more: { readonly end?: RunEnd } = {}): Promise<void> {
    const { run, news } = book;
    const { sequence } = book.checkpoint();
    const committed = Object.keys(news).length === 0 ? {} : { committed: news };
    const entry = { run, sequence, ...at, ...committed, ...more };
    await files.overwrite(journal, serializeJournal(entry));
    journaled = at.stream;
  }

  return {
    save,
    keepJournal,
    async note(at) {
      // The journal holds one position: another stream's must be in the checkpoint before it is overwritten.
      const fits = journaled === null || journaled === at.stream;
      const isLate = book.safety === "lag" && Math.abs(effects.now() - savedMs) > SAVE_EVERY_MS;
      if (isNamed && fits && !isLate) await keepJournal(at);
      else await save();
    },
  };
}

function ledgerOver(
  effects: Effects,
  book: Book,
  writer: Writer,
  { account, safety }: LedgerOptions,
): Omit<Ledger, "reason" | "again"> {
  const inTurn = createSerial();
  let last: Accepted | null = null;

  function note(stream: string, position: Position, outBytes: number): void {
    book.note(stream, position, outBytes);
    last = { stream, position };
  }

  function addGap(gap: Gap): boolean {
    const { isNew, dropped } = book.addGap(gap);
    if (dropped !== null) {
      const message = "Too many gaps: the oldest one is not listed any more";
      effects.log("error", message, { account, ...dropped });
    }
    return isNew;
  }

  /** Changes the book and saves it, when the calls before are done with the files. */
  const saving = <T>(change: () => T): Promise<T> =>
    inTurn(async () => {
      const result = change();
      await writer.save();
      return result;
    });

  return {
    checkpoint: () => book.checkpoint(),
    position: (stream) => book.position(stream),
    begin: (stream, position) => saving(() => book.begin(stream, position)),
    accepted: (stream, position, outBytes) =>
      inTurn(async () => {
        note(stream, position, outBytes);
        await writer.note({ stream, position });
      }),
    advance: (stream, position, outBytes) =>
      saving(() => {
        note(stream, position, outBytes);
        if (safety === "taken") book.commitBehind(outBytes);
        book.forgetFailures(stream);
      }),
    setSource: (source, state) =>
      book.edit({ sources: { ...book.checkpoint().sources, [source]: state } }),
    setHealth: (healthMs) => book.edit({ healthMs }),
    setClock: (aheadMs) => book.setClock(aheadMs),
    setConfigProblem: (problem) => book.setConfigProblem(problem),
    itemFailed: (stream, item) => saving(() => book.countFailure(stream, item)),
    addGap,
    stepOver: (gap, position, outBytes) =>
      saving(() => {
        addGap(gap);
        note(gap.stream, position, outBytes);
      }),
    settle: (readerWaits) =>
      inTurn(async () => {
        const outcome = book.settle(readerWaits);
        if (outcome === "committed") await writer.save();
        return outcome === "open";
      }),
    save: () => saving(() => {}),
    close: (end) =>
      inTurn(async () => {
        if (safety === "taken" && end !== "broken") book.commitAll();
        if (!book.hasChanged) return;
        // On a full disk an overwrite in place may succeed when a new file fails; the save below reports it.
        if (last !== null) await writer.keepJournal(last, { end }).catch(unlessDisk);
        book.end(end);
        await writer.save();
      }),
  };
}

function unlessDisk(error: unknown): void {
  if (!(error instanceof StateError)) throw error;
}
