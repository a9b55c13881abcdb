import type { Checkpoint, Gap, Position, Run, RunEnd, Safety } from "./checkpoint.ts";
import { isSameHole, withGap } from "./gaps.ts";
import type { Resumed } from "./handover.ts";
import { type Mark, partMarks, positionsOf, withMark } from "./marks.ts";
import { createQuietClock } from "./quiet_clock.ts";

type Positions = Readonly<Record<string, Position>>;

/** When positions count as safe. */
export interface SafetyRules {
  readonly safety: Safety;
  readonly lagBytes: number;
  readonly settleMs: number;
}

/** What the open run of an account has come to: what is safe, what is staged, what has to be saved. Reads and writes no file. */
export class Book {
  #rest: Checkpoint;
  #run: Run;
  #marks: readonly Mark[];
  #notedBytes = 0;
  #news: Positions = {};
  #hasChanged = false;
  #saving: Checkpoint | null = null;
  readonly #rules: SafetyRules;
  readonly #quiet: ReturnType<typeof createQuietClock>;

  constructor(
    resumed: Resumed,
    run: Omit<Run, "staged" | "end" | "safety">,
    rules: SafetyRules,
    now: () => number,
  ) {
    const { safety } = rules;
    this.#rest = resumed.checkpoint;
    this.#run = { ...run, safety, end: "open", staged: resumed.carried };
    this.#marks = Object.entries(resumed.carried).map(([stream, position]) => {
      return { bytes: 0, stream, position };
    });
    this.#rules = rules;
    this.#quiet = createQuietClock(now);
  }

  checkpoint(): Checkpoint {
    return { ...this.#rest, runs: [...this.#rest.runs, this.#run] };
  }

  get safety(): Safety {
    return this.#rules.safety;
  }

  /** Of the run. */
  get run(): string {
    return this.#run.id;
  }

  /** The positions committed since the last save; the journal holds them too. */
  get news(): Positions {
    return this.#news;
  }

  /** False where a save would write nothing that is not in the file. */
  get hasChanged(): boolean {
    return this.#hasChanged || Object.keys(this.#run.staged).length > 0;
  }

  position(stream: string): Position | undefined {
    return this.#run.staged[stream] ?? this.#rest.committed[stream];
  }

  edit(values: Partial<Omit<Checkpoint, "runs">>): void {
    this.#rest = { ...this.#rest, ...values };
    this.#hasChanged = true;
  }

  begin(stream: string, position: Position): void {
    this.edit({ committed: { ...this.#rest.committed, [stream]: position } });
  }

  commitAll(): void {
    this.#commit(this.#run.staged);
  }

  #commit(positions: Positions): void {
    if (Object.keys(positions).length === 0) return;
    const open = Object.entries(this.#run.staged).filter(([key, at]) => positions[key] !== at);
    this.#run = { ...this.#run, staged: Object.fromEntries(open) };
    // This run has sent an earlier run's positions again, so they are older than ours.
    this.#rest = { ...this.#rest, runs: [] };
    this.#news = { ...this.#news, ...positions };
    this.edit({ committed: { ...this.#rest.committed, ...positions } });
  }

  /** The output has accepted everything up to `position`; `outBytes` is the output's running total. */
  note(stream: string, position: Position, outBytes: number): void {
    this.#run = { ...this.#run, staged: { ...this.#run.staged, [stream]: position } };
    const { safety, lagBytes } = this.#rules;
    if (safety === "next_start") return;
    this.#marks = withMark(this.#marks, { bytes: outBytes, stream, position }, lagBytes);
    if (safety !== "lag") return;
    // A page without output changes nothing: it adds no bytes whose acceptance could prove a position.
    if (outBytes > this.#notedBytes) this.#quiet.reset();
    this.#notedBytes = outBytes;
    this.commitBehind(outBytes - lagBytes);
  }

  /** Commits the positions that were accepted up to this running total of the output. */
  commitBehind(bytes: number): void {
    const { settled, open } = partMarks(this.#marks, bytes);
    this.#marks = open;
    this.#commit(positionsOf(settled));
  }

  /** "committed" once nothing was written for long enough: the reader has taken it all. */
  settle(readerWaits: boolean): "nothing" | "open" | "committed" {
    const { safety, settleMs } = this.#rules;
    if (safety !== "lag" || this.#marks.length === 0) return "nothing";
    if (readerWaits) this.#quiet.reset();
    if (this.#quiet.quietMs() < settleMs) return "open";
    this.#commit(positionsOf(this.#marks));
    this.#marks = [];
    return "committed";
  }

  /** `dropped`: a gap that is no longer listed, for there are too many. */
  addGap(gap: Gap): { readonly isNew: boolean; readonly dropped: Gap | null } {
    if (this.#rest.gaps.some((known) => isSameHole(known, gap))) {
      return { isNew: false, dropped: null };
    }
    const { gaps, dropped } = withGap(this.#rest.gaps, gap);
    this.edit({ gaps });
    return { isNew: true, dropped };
  }

  /** How often an item has failed in a row, this failure counted. */
  countFailure(stream: string, item: string): number {
    const key = `${stream} ${item}`;
    const count = (this.#rest.itemFailures[key] ?? 0) + 1;
    this.edit({ itemFailures: { ...this.#rest.itemFailures, [key]: count } });
    return count;
  }

  forgetFailures(stream: string): void {
    const failures = Object.entries(this.#rest.itemFailures);
    const others = failures.filter(([key]) => !key.startsWith(`${stream} `));
    this.edit({ itemFailures: Object.fromEntries(others) });
  }

  setClock(aheadMs: number | null): void {
    const { clockAheadMs, ...others } = this.#rest;
    this.#rest = aheadMs === null ? others : { ...others, clockAheadMs: aheadMs };
    this.#hasChanged ||= aheadMs !== (clockAheadMs ?? null);
  }

  setConfigProblem(problem: string | null): void {
    const { configProblem, ...others } = this.#rest;
    if (problem === (configProblem ?? null)) return;
    this.#rest = problem === null ? others : { ...others, configProblem: problem };
    this.#hasChanged = true;
  }

  end(end: RunEnd): void {
    this.#run = { ...this.#run, end };
  }

  /** What is to be written. */
  toSave(): Checkpoint {
    this.#saving = this.#rest;
    return { ...this.checkpoint(), sequence: this.#rest.sequence + 1 };
  }

  /** `written` is in the file; what was edited meanwhile is not. */
  saved({ sequence }: Checkpoint): void {
    if (this.#rest === this.#saving) this.#hasChanged = false;
    this.#rest = { ...this.#rest, sequence };
    this.#news = {};
  }
}
