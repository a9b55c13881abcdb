import type { Effects } from "../../effects.ts";
import { ApiError } from "../../errors.ts";
import type { Console } from "../qradar_console.ts";
import { isRecord } from "../qradar_refusal.ts";

/** How long something on the console is waited for. */
export interface Patience {
  readonly effects: Pick<Effects, "now" | "sleep">;
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

/** What a task did to one item of the content. */
export interface TaskItem {
  readonly name: string;
  readonly content_type_name: string;
  /** `OVERWRITE`, `SKIP` and others, as the console says it. */
  readonly action: string;
}

interface TaskState {
  readonly status: string;
  readonly message?: string | null;
}

const POLL_MS = 1_000;
const FAILED = new Set([
  "EXCEPTION",
  "CANCELLED",
  "CANCELED",
  "CANCEL_REQUESTED",
  "TIMEOUT",
  "CONFLICT",
  "INTERRUPTED",
]);

/** Asks until there is an answer. None in time is an `ApiError` code `qradar_task`. */
export async function until<Value>(
  ask: () => Promise<Value | null>,
  what: string,
  patience: Patience,
): Promise<Value> {
  const value = await inTime(ask, patience);
  if (value !== null) return value;
  throw taskError(
    `${what} has not ended in ${patience.limitMs / 1_000} s`,
    "It may still go on: run this again later, or with a longer --wait-secs",
  );
}

/** Asks every second until there is an answer; null where there is none in time. */
export async function inTime<Value>(
  ask: () => Promise<Value | null>,
  { effects, signal, limitMs }: Patience,
): Promise<Value | null> {
  const endMs = effects.now() + limitMs;
  for (;;) {
    const value = await ask();
    if (value !== null || effects.now() >= endMs) return value;
    await effects.sleep(POLL_MS, signal);
  }
}

/** Follows the task that an answer of the extension management names, to its end. Returns what it did, item by item. */
export async function followTask(
  console: Console,
  started: unknown,
  what: string,
  patience: Patience,
): Promise<readonly TaskItem[]> {
  const id = Number((started as { status_id?: unknown } | null)?.status_id);
  const path = `/config/extension_management/extensions_task_status/${id}`;
  const ask = async (): Promise<TaskState | null> => {
    const { value } = await console.call({ method: "GET", path, needs: ["status"] });
    const state = value as TaskState;
    return state.status === "COMPLETED" || FAILED.has(state.status) ? state : null;
  };
  const state = await until(ask, what, patience);
  if (state.status !== "COMPLETED") {
    throw taskError(
      `${what} ended with ${state.status}: ${JSON.stringify(String(state.message ?? "").slice(0, 300))}`,
      "Admin > Extensions Management and /var/log/qradar.error of the console say more",
    );
  }
  // 404: a task without results.
  const results = await console.call({ method: "GET", path: `${path}/results`, alsoTake: [404] });
  const { content } = (results.value ?? {}) as { readonly content?: unknown };
  return Array.isArray(content) ? content.filter(isRecord).map(itemOf) : [];
}

function itemOf(item: Readonly<Record<string, unknown>>): TaskItem {
  const { name, content_type_name, action } = item;
  return {
    name: String(name),
    content_type_name: String(content_type_name),
    action: String(action),
  };
}

/** The console did not do what it had begun. */
export function taskError(what: string, hint: string): ApiError {
  return new ApiError(`Cannot change QRadar: ${what}`, {
    code: "qradar_task",
    status: 200,
    retryable: false,
    hint,
  });
}
