import type { Checkpoint, Position, Run, RunEnd, Safety } from "../../plugin/state/checkpoint.ts";
import { emptyCheckpoint } from "../../plugin/state/checkpoint.ts";
import type { Shipper } from "../../plugin/state/shipper.ts";

/** A shipper that is fully known; the pid tells it from others. */
export function shipper(pid: number, values: Partial<Shipper> = {}): Shipper {
  const start = String(pid * 100);
  const known = { pid, start, boot: "boot-1", name: "fluent-bit", madeForRun: false };
  return { ...known, ourStart: "", ...values };
}

/** A position at the beginning of the page `cursor`. */
export function at(cursor: number, values: Partial<Position> = {}): Position {
  return { cursor, done: [], taken: null, ...values };
}

/** A run under `by` that ended so and had got to `staged`. */
export function runOf(
  id: string,
  by: Shipper,
  end: RunEnd,
  staged: Readonly<Record<string, Position>>,
  safety: Safety = "next_start",
): Run {
  return { id, shipper: by, startedMs: 1_772_366_400_000, safety, end, staged };
}

/** A checkpoint of the account "acme" with these positions. */
export function checkpointOf(values: Partial<Checkpoint> = {}): Checkpoint {
  return { ...emptyCheckpoint("acme", "2.0"), sequence: 7, ...values };
}
