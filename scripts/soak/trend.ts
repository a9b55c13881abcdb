/** What a minute of a long run showed. */
export interface Sample {
  readonly minute: number;
  /** Resident memory, MB. */
  readonly memoryMb: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** CPU of this minute, user and system, seconds. */
  readonly cpuSecs: number;
  /** All files of the state directory but the log, which has a limit of its own. */
  readonly stateBytes: number;
  /** Different records that have arrived. */
  readonly records: number;
}

type Figure = Exclude<keyof Sample, "minute" | "records">;

/** How a figure went: its median in the third and in the last quarter of the run. */
export interface Trend {
  readonly figure: Figure;
  readonly early: number;
  readonly late: number;
  /** True where the last quarter exceeds the third one by more than `tolerance` allows. */
  readonly isRising: boolean;
}

/**
 * The first half warms up: each feed comes to remember as many files and records as it ever will. Growth within these
 * bounds is noise. Factor and absolute slack.
 */
const TOLERANCE: Readonly<Record<Figure, { readonly factor: number; readonly slack: number }>> = {
  memoryMb: { factor: 1.08, slack: 8 },
  descriptors: { factor: 1, slack: 3 },
  cpuSecs: { factor: 1.2, slack: 1 },
  stateBytes: { factor: 1.1, slack: 65_536 },
};

/** Compares the third quarter of a run with its last one, figure by figure. Needs at least four samples. */
export function trendsOf(samples: readonly Sample[]): readonly Trend[] {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) return [];
  const third = samples.slice(-2 * quarter, -quarter);
  const last = samples.slice(-quarter);
  return (Object.keys(TOLERANCE) as Figure[]).map((figure) => {
    const early = median(third.map((sample) => sample[figure]));
    const late = median(last.map((sample) => sample[figure]));
    const { factor, slack } = TOLERANCE[figure];
    return { figure, early, late, isRising: late > early * factor + slack };
  });
}

/** The table that the command prints. */
export function trendTable(trends: readonly Trend[]): string {
  const rows = trends.map(
    ({ figure, early, late, isRising }) =>
      `| ${figure} | ${early.toFixed(1)} | ${late.toFixed(1)} | ${isRising ? "rising" : "flat"} |\n`,
  );
  const head = "| figure | third quarter | last quarter | trend |\n| --- | ---: | ---: | --- |\n";
  return head + rows.join("");
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
