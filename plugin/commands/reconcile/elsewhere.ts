import type { Comparison } from "./comparison.ts";
import { hourOf, isIn, NO_TIME_MS, type Stretch, stretches } from "./stretch.ts";
import type { HourCount, QradarEvents } from "./uids_at_qradar.ts";

/** Where the delivered ids are known: the console, or a file of them. */
export type Elsewhere =
  | { readonly kind: "console"; readonly events: QradarEvents }
  | { readonly kind: "file"; readonly uids: AsyncIterable<string> };

const DAY_MS = 86_400_000;
const NO_TIME_HOUR = hourOf(NO_TIME_MS);

/** Marks what is there. Of the console, first the numbers by hour; the ids only of hours whose numbers differ. */
export async function compare(
  comparison: Comparison,
  stretch: Stretch,
  elsewhere: Elsewhere,
): Promise<void> {
  if (elsewhere.kind === "file") {
    for await (const uid of elsewhere.uids) comparison.find(uid, null);
    return;
  }
  const listed = comparison.counts();
  const counts = new Map<number, HourCount[]>();
  for (const each of await elsewhere.events.counts(stretch)) {
    counts.set(each.hour, [...(counts.get(each.hour) ?? []), each]);
  }
  const differing: number[] = [];
  for (const hour of new Set([...listed.keys(), ...counts.keys()])) {
    const there = counts.get(hour) ?? [];
    const here = listed.get(hour);
    if (here !== undefined && agree(here, there)) comparison.agree(hour);
    else if (there.length > 0 || hour === NO_TIME_HOUR) differing.push(hour);
  }
  for await (const { uid, timeMs } of ids(elsewhere.events, stretch, differing)) {
    // Of what has no time, more may be there than was asked for.
    if (timeMs === NO_TIME_MS) comparison.arrive(uid, timeMs);
    // The first and the last hour may reach beyond the stretch.
    else if (isIn(stretch, timeMs)) comparison.find(uid, timeMs);
  }
}

/** Looks once more for what is missing. */
export async function lookAgain(
  comparison: Comparison,
  stretch: Stretch,
  elsewhere: Elsewhere,
): Promise<void> {
  if (elsewhere.kind === "file") return;
  const hours = comparison.lackingHours();
  for await (const { uid, timeMs } of ids(elsewhere.events, stretch, hours)) {
    comparison.arrive(uid, timeMs);
  }
}

/** Each event once, and for every beginning of an id as many as Mimecast has. */
function agree(here: Uint32Array, there: readonly HourCount[]): boolean {
  const parts = new Map(there.map(({ part, events, uids }) => [part, events === uids ? uids : -1]));
  return here.every((count, part) => (parts.get(part) ?? 0) === count);
}

async function* ids(events: QradarEvents, stretch: Stretch, hours: readonly number[]) {
  for (const each of stretches(hours)) {
    const isUntimed = each.toMs <= stretch.fromMs;
    // Its file or page may be of the day before.
    yield* isUntimed ? events.uids(each, stretch.fromMs - DAY_MS) : events.uids(each);
  }
}
