/** What can go wrong with one answer (reference 6). */
export type FaultKind =
  // Another answer instead of the right one.
  | "app_id"
  | "signature"
  | "binding_expired"
  | "incorrect_region"
  | "token_expired"
  | "unauthorized"
  | "forbidden"
  | "fail_on_200"
  | "rate_limited"
  | "server_error"
  | "html_502"
  | "empty_body"
  | "not_json"
  | "invalid_siem_token"
  // Page tokens: they strike only where the request has one.
  | "page_token_refused"
  | "page_token_dead"
  // The answer's own token, whatever the request.
  | "page_token_oversized"
  // The right answer, transported badly.
  | "reset"
  | "reset_mid_body"
  | "slow_body"
  | "stall_body"
  | "hang"
  // Pages.
  | "repeated_page"
  | "duplicate_records"
  | "empty_page"
  | "duplicate_urls"
  | "missing_next_page"
  // Files of API 1.0.
  | "truncated_json"
  | "not_a_zip"
  | "truncated_zip"
  | "empty_zip"
  | "traversal_name"
  | "invalid_utf8"
  | "empty_data"
  // Downloads of API 2.0 (invalid_utf8 too).
  | "expired_link"
  | "crc_damaged"
  | "truncated_gzip"
  | "non_json_line";

/** One thing that goes wrong: pushed into `fake.faults`, or posted to `/__fake/faults`. */
export interface Fault {
  /** Path, or path and query, of either host; `*` stands for any text. */
  readonly path: string;
  readonly fault: FaultKind;
  /** The first matching request that it happens to, counted from 1 since it was pushed. */
  readonly nth?: number;
  /** How many matching requests it happens to; 0 means all from then on. */
  readonly times?: number;
  /** rate_limited: X-RateLimit-Reset as it stands; null leaves it out. */
  readonly reset?: string | null;
  /** rate_limited, server_error: Retry-After as it stands. */
  readonly retryAfter?: string;
  /** Status of server_error (500), of page_token_refused (400) and of invalid_siem_token (the switch's). */
  readonly status?: number;
  /** reset_mid_body, stall_body: bytes of the body that still go out (default: half, at most 4096). */
  readonly afterBytes?: number;
  /** page_token_oversized: characters of the token (default 100,000). */
  readonly length?: number;
  /** slow_body: pause between pieces of 1 KiB. */
  readonly delayMs?: number;
}

/** A fault and how often it has been met. */
export interface FaultCount {
  seen: number;
  fired: number;
}

/** The fault that the next request for `target` meets, if any. Counts the request for every fault that matches. */
export function nextFault(
  faults: readonly Fault[],
  counts: WeakMap<Fault, FaultCount>,
  target: string,
): Fault | null {
  let chosen: Fault | null = null;
  for (const fault of faults) {
    if (!matches(fault.path, target)) continue;
    const count = counts.get(fault) ?? { seen: 0, fired: 0 };
    counts.set(fault, count);
    count.seen += 1;
    const times = fault.times ?? 1;
    const due = count.seen >= (fault.nth ?? 1) && (times === 0 || count.fired < times);
    if (chosen !== null || !due) continue;
    count.fired += 1;
    chosen = fault;
  }
  return chosen;
}

/** True where a pattern with `*` fits the path, or the path with its decoded query. */
export function matches(pattern: string, target: string): boolean {
  const path = target.split("?", 1)[0] ?? "";
  const rule = new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`, "s");
  return rule.test(path) || rule.test(decoded(target));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target.replaceAll("+", " "));
  } catch {
    return target;
  }
}
