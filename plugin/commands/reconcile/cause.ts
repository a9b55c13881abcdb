import type { Checkpoint } from "../../state/checkpoint.ts";
import type { MissingRecord } from "./text.ts";

/** What can be seen from here of why a record is missing. */
export function causeOf(
  checkpoint: Checkpoint,
  feed: string,
  timeMs: number,
): MissingRecord["cause"] {
  const covered = checkpoint.sources[feed]?.coveredUntilMs ?? null;
  if (covered === null || timeMs >= covered) return "not_yet_collected";
  const isOpen = checkpoint.gaps.some(
    ({ stream, redoneMs }) =>
      redoneMs === undefined && (stream === feed || stream.startsWith(`${feed}:`)),
  );
  return isOpen ? "maybe_in_a_gap" : "lost_on_the_way";
}
