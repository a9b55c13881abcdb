/** What is done to the processes. Only the first three kill; after the others nothing may come twice by our doing. */
export type Blow =
  | "kill plugin"
  | "kill shipper"
  | "kill both"
  | "stop shipper"
  | "reload shipper"
  | "term plugin"
  | "pause plugin"
  | "pause shipper"
  | "pause receiver"
  | "mimecast down"
  | "damaged download";

/** One blow and what it met. */
export interface Planned {
  readonly blow: Blow;
  /** Pause before it. */
  readonly afterMs: number;
  /** Then waits for the next record, and strikes so long after it: in the middle of a run. Null: at any moment. */
  readonly aimMs: number | null;
  /** How long a pause, an outage or the time without a shipper lasts. */
  readonly forMs: number;
}

const WEIGHTS: readonly (readonly [Blow, number])[] = [
  ["kill plugin", 30],
  ["kill shipper", 25],
  ["kill both", 10],
  ["stop shipper", 5],
  ["reload shipper", 5],
  ["term plugin", 5],
  ["pause plugin", 5],
  ["pause shipper", 5],
  ["pause receiver", 5],
  ["mimecast down", 5],
  ["damaged download", 5],
];

/** The same seed plans the same blows; `only` leaves out the others. */
export function plan(
  count: number,
  seed: number,
  paceMs: number,
  only: readonly string[] = [],
): Planned[] {
  const random = seeded(seed);
  const weights = WEIGHTS.filter(([blow]) => only.length === 0 || only.includes(blow));
  if (weights.length === 0) {
    const names = WEIGHTS.map(([blow]) => blow).join(", ");
    throw new Error(`Cannot plan blows "${only.join(", ")}": they must be among ${names}`);
  }
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return Array.from({ length: count }, () => {
    let at = random() * total;
    const found = weights.find(([, weight]) => {
      at -= weight;
      return at < 0;
    });
    return {
      blow: (found ?? weights[0])?.[0] ?? "kill plugin",
      afterMs: Math.round(random() * 2 * paceMs),
      aimMs: random() < 0.75 ? Math.round(random() * 40) : null,
      forMs: Math.round(100 + random() * 900),
    };
  });
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
