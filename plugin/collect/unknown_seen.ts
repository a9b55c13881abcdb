import type { UnknownName } from "../encode/engine.ts";
import type { SourceState, UnknownSeen } from "../state/checkpoint.ts";

/**
 * The checkpoint's memory of names that the mapping does not know. Pure. Anybody may invent names, so the list is bounded: it
 * keeps frequent and new names, and forgets names that no longer come.
 */

/** So many names are remembered of a source. */
const MAX_NAMES = 20;
const DAY_MS = 86_400_000;
/** A name that did not come for this long is forgotten. */
const FORGET_AFTER_MS = 30 * DAY_MS;

/** The names of a source with those of one more turn. */
export function withUnknown(
  seen: readonly UnknownSeen[] = [],
  fresh: readonly UnknownName[],
  nowMs: number,
): Pick<SourceState, "unknown"> {
  const names = new Map(seen.map((each) => [keyOf(each), each]));
  for (const { kind, name, count } of fresh) {
    const before = names.get(keyOf({ kind, name }));
    names.set(keyOf({ kind, name }), {
      kind,
      name,
      count: count + (before?.count ?? 0),
      sinceMs: before?.sinceMs ?? nowMs,
      lastMs: nowMs,
    });
  }
  const kept = [...names.values()]
    .filter(({ lastMs }) => nowMs - lastMs <= FORGET_AFTER_MS)
    .sort((a, b) => b.count - a.count || b.lastMs - a.lastMs)
    .slice(0, MAX_NAMES);
  return kept.length === 0 ? {} : { unknown: kept };
}

/** Those of one turn that are not remembered yet. */
export function newNames(
  seen: readonly UnknownSeen[] = [],
  fresh: readonly UnknownName[],
): readonly UnknownName[] {
  const known = new Set(seen.map(keyOf));
  return fresh.filter((each) => !known.has(keyOf(each)));
}

/** For a health line: how many records had such a name, of the names that came within a day, and the most frequent one. */
export function unknownOfDay(
  seen: readonly UnknownSeen[] = [],
  nowMs: number,
): { readonly unknownCount?: number; readonly unknownName?: string } {
  const recent = seen.filter(({ lastMs }) => nowMs - lastMs <= DAY_MS);
  const [first] = recent;
  if (first === undefined) return {};
  return {
    unknownCount: recent.reduce((sum, { count }) => sum + count, 0),
    unknownName: `${first.kind} ${first.name}`.trimEnd(),
  };
}

function keyOf({ kind, name }: Pick<UnknownName, "kind" | "name">): string {
  return `${kind} ${name}`;
}
