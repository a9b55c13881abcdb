/** Records that came together: their times rise evenly from `fromMs` on. */
interface Run {
  /** First and last + 1 index of this piece. */
  start: number;
  end: number;
  /** The index whose time is `fromMs`: a run that was cut keeps the times of its records. */
  readonly origin: number;
  readonly fromMs: number;
  readonly stepMs: number;
  /** So many records one after the other are equal: they have the time of the first of them. */
  readonly equal: number;
}

/**
 * When each record of one type happened: times are a function of the index, so that any number of
 * records needs only a few numbers. Positions count in the order of time; indexes in the order of arrival.
 */
export class Timeline {
  readonly #runs: Run[] = [];
  #count = 0;

  /** Records so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds `count` records between two times. They may be older than what is there (late arrivals), but must
   * fit between two records that are there already.
   */
  add(count: number, fromMs: number, toMs: number, equal = 1): void {
    if (count === 0) return;
    const run = {
      start: this.#count,
      end: this.#count + count,
      origin: this.#count,
      fromMs,
      stepMs: (toMs - fromMs) / count,
      equal,
    };
    const position = this.#openAt(fromMs);
    const next = this.#runs[position];
    if (next !== undefined && timeIn(next, next.start) < timeIn(run, run.end - 1)) {
      throw new RangeError("Cannot add records: they would overlap records that are there already");
    }
    this.#count += count;
    this.#runs.splice(position, 0, run);
  }

  /** The time of a record. */
  timeOf(index: number): number {
    return timeIn(this.#runOf(index), index);
  }

  /** The first of the records that this one is equal to: itself where there are none. */
  original(index: number): number {
    return firstEqual(this.#runOf(index), index);
  }

  /** The position of a record in the order of time. */
  positionOf(index: number): number {
    const run = this.#runOf(index);
    let position = index - run.start;
    for (const earlier of this.#runs) {
      if (earlier === run) break;
      position += earlier.end - earlier.start;
    }
    return position;
  }

  /** The record at a position in the order of time. */
  indexAt(position: number): number {
    let left = position;
    for (const run of this.#runs) {
      if (left < run.end - run.start) return run.start + left;
      left -= run.end - run.start;
    }
    throw new RangeError(`No record at position ${position}: there are ${this.#count}`);
  }

  /** How many records are older than `ms`: the first position whose time is at `ms` or later. */
  firstAtOrAfter(ms: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.timeOf(this.indexAt(middle)) < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #runOf(index: number): Run {
    const run = this.#runs.find(({ start, end }) => index >= start && index < end);
    if (run === undefined) throw new RangeError(`No record ${index}: there are ${this.#count}`);
    return run;
  }

  /** Where in the list a run goes that begins at `ms`: the run that spans this moment is cut in two. */
  #openAt(ms: number): number {
    const position = this.#runs.findIndex((run) => timeIn(run, run.end - 1) > ms);
    if (position === -1) return this.#runs.length;
    const run = this.#runs[position] as Run;
    const cut = firstPast(run, ms);
    if (cut === run.start) return position;
    this.#runs.splice(position + 1, 0, { ...run, start: cut });
    run.end = cut;
    return position + 1;
  }
}

function timeIn(run: Run, index: number): number {
  return Math.floor(run.fromMs + (firstEqual(run, index) - run.origin) * run.stepMs);
}

function firstEqual(run: Run, index: number): number {
  return index - ((index - run.origin) % run.equal);
}

/** The first index of a run whose time is past `ms`. */
function firstPast(run: Run, ms: number): number {
  let low = run.start;
  let high = run.end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (timeIn(run, middle) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
