import type { Effects } from "../effects.ts";
import { ApiError } from "../errors.ts";
import type { Console } from "./qradar_console.ts";
import { isRecord } from "./qradar_refusal.ts";

/** A row of a search's result, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows of one answer. */
const PAGE = 50_000;
const POLL_MS = 2_000;
const TIDY_MS = 10_000;

/**
 * Runs one search and gives its rows page by page. The search is deleted afterwards, and cancelled where the reader stops or
 * the program ends. A search that has not ended after `limitMs` is an `ApiError` code `qradar_search`.
 */
export async function* search(
  console: Console,
  aql: string,
  { sleep, now }: Pick<Effects, "sleep" | "now">,
  signal: AbortSignal,
  limitMs: number,
): AsyncGenerator<readonly Row[]> {
  const made = await console.call({
    method: "POST",
    path: "/ariel/searches",
    query: { query_expression: aql },
    needs: ["search_id"],
  });
  const id = String((made.value as { search_id?: unknown }).search_id);
  const path = `/ariel/searches/${encodeURIComponent(id)}`;
  let state = made.value as SearchState;
  const endMs = now() + limitMs;
  try {
    while (state.status !== "COMPLETED") {
      if (state.status === "CANCELED" || state.status === "ERROR") throw ended(state);
      if (now() > endMs) throw endless(limitMs);
      await sleep(POLL_MS, signal);
      state = (await console.call({ method: "GET", path })).value as SearchState;
    }
    // A managed host that could not be searched: what it has would look lost.
    const parts = saidOf(state).filter(({ severity }) => severity !== "INFO");
    if (parts.length > 0) throw partly(parts);
    const { record_count: count } = state;
    // Nothing found and nothing said are not the same: what is not there would be sent again.
    if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) throw uncounted();
    for (let from = 0; from < count; from += PAGE) {
      const range = [from, Math.min(count, from + PAGE) - 1] as const;
      const { value } = await console.call({ method: "GET", path: `${path}/results`, range });
      const [rows] = Object.values(value as Readonly<Record<string, unknown>>);
      const isWhole = Array.isArray(rows) && rows.length === range[1] - range[0] + 1;
      if (!isWhole || !rows.every(isRecord)) throw short(count);
      yield rows;
    }
  } finally {
    await tidyUp(console, path);
  }
}

interface SearchState {
  readonly search_id: string;
  readonly status: "WAIT" | "EXECUTE" | "SORTING" | "COMPLETED" | "CANCELED" | "ERROR";
  readonly record_count?: number;
  readonly error_messages?: readonly Said[] | null;
}

interface Said {
  readonly message?: string;
  readonly severity?: string;
}

/** What can't be deleted goes by itself: the console keeps results for a limited time. */
async function tidyUp(console: Console, path: string): Promise<void> {
  try {
    // Also where the program has been told to end: a search of ours must not go on without us.
    await console.call({ method: "DELETE", path, signal: AbortSignal.timeout(TIDY_MS) });
  } catch {
    // Deleted by a person, or the connection is gone with the program.
  }
}

function saidOf({ error_messages: messages }: SearchState): readonly Said[] {
  return Array.isArray(messages) ? messages.filter(isRecord) : [];
}

function ended(state: SearchState): ApiError {
  const said = saidOf(state)
    .map(({ message = "" }) => message)
    .join("; ");
  const { status } = state;
  const what =
    status === "CANCELED" ? "somebody canceled it" : `it failed: ${JSON.stringify(said)}`;
  return failed(
    what,
    "Ask again; Log Activity > Manage Search Results shows the searches of the console",
  );
}

function partly(messages: readonly Said[]): ApiError {
  const said = messages.map(({ message = "" }) => message).join("; ");
  return failed(
    `it ended with ${JSON.stringify(said)}, so it may lack events`,
    "Are all managed hosts there (Admin > System and License Management)? Ask again then",
  );
}

function endless(limitMs: number): ApiError {
  return failed(
    `it did not end in ${limitMs / 1_000} s`,
    "Ask for a shorter stretch with --since and --until; is the property Mimecast Event UID indexed (Admin > Index Management)?",
  );
}

function uncounted(): ApiError {
  return failed(
    "it ended without a number of rows",
    "Ask again; if it stays so, a proxy changes the answers of the console",
  );
}

function short(count: number): ApiError {
  return failed(`it has ${count} rows and gave fewer`, "Ask again: its results have expired");
}

function failed(what: string, hint: string): ApiError {
  return new ApiError(`Cannot search QRadar: ${what}`, {
    code: "qradar_search",
    status: 200,
    retryable: true,
    hint,
  });
}

/** A text as AQL quotes it. */
export function aqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
