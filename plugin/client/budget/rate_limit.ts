/** The kinds of calls with limits of their own: links to batches, events by streaming, everything else. */
export type CallKind = "batch" | "stream" | "other";

/** At most `calls` in any stretch of `perMs`. */
export interface RateLimit {
  readonly calls: number;
  readonly perMs: number;
}

/** The limits before the first answer; only the headers limit a kind without an entry. */
export type RateLimits = Readonly<Partial<Record<CallKind, RateLimit>>>;

/** The kind of a call, by its path (reference: API 2.0 batch and streaming). */
export function callKind(path: string): CallKind {
  if (path.startsWith("/siem/v1/batch/")) return "batch";
  return path.startsWith("/siem/v1/events/") ? "stream" : "other";
}

/** The tighter of two limits, if two accounts with one credential have different ones. */
export function tighterLimits(a: RateLimits, b: RateLimits): RateLimits {
  const kinds: readonly CallKind[] = ["batch", "stream", "other"];
  const entries = kinds.flatMap((kind) => {
    const [one, two] = [a[kind], b[kind]];
    if (one === undefined || two === undefined) return [[kind, one ?? two] as const];
    return [[kind, one.calls / one.perMs <= two.calls / two.perMs ? one : two] as const];
  });
  return Object.fromEntries(entries.filter(([, limit]) => limit !== undefined));
}
