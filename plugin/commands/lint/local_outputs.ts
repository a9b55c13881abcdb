import type { Effect } from "./finding.ts";

/** An output that our records reach: its name in messages, and the shipper's word for its kind. */
export interface Reached<T> {
  readonly at: T;
  readonly name: string;
  readonly kind: string;
}

/** A kind of output that sends nothing to another machine. */
type Local = "shows" | "keeps" | "drops" | "ends";

/** What is wrong with an output, without its position. */
export interface Problem<T> {
  readonly at: T;
  readonly effect: Effect;
  readonly reason: string;
}

/**
 * What outputs of this machine do with our records: they show them to whoever reads the service's journal, keep a copy, or are
 * the only ones, so that QRadar gets nothing. `kinds`: what the shipper's kinds of output do; all others send.
 */
export function localProblems<T>(
  outputs: readonly Reached<T>[],
  kinds: Readonly<Record<string, Local>>,
): readonly Problem<T>[] {
  const [first] = outputs;
  if (first !== undefined && outputs.every(({ kind }) => kinds[kind] !== undefined)) {
    const names = [...new Set(outputs.map(({ name }) => `"${name}"`))].join(", ");
    const reason = `only ${names} ${outputs.length > 1 ? "get" : "gets"} the records: nothing goes to QRadar`;
    return [{ at: first.at, effect: "loses", reason }];
  }
  return outputs.flatMap(({ at, name, kind }): Problem<T>[] => {
    const does = kinds[kind];
    if (does === "shows") {
      const reason = `"${name}" prints every record, with its addresses and subjects, into the journal of the shipper's service or on terminals`;
      return [{ at, effect: "insecure", reason }];
    }
    if (does === "ends") return [{ at, effect: "stalls", reason: `"${name}" ends the shipper` }];
    return [];
  });
}
