import type { Fault } from "./faults.ts";
import type { RecordType } from "./record_types.ts";
import type { World } from "./world.ts";

/** A request as a handler sees it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** What goes wrong with this one. */
  readonly fault: Fault | null;
}

/** A record that an answer holds. */
export interface Handed {
  readonly type: RecordType;
  readonly index: number;
}

/** An answer. A body that is streamed marks its records itself, piece by piece. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** The records in the body: they count as handed out once it has been sent whole. */
  readonly handed?: Iterable<Handed>;
}

/** Request in, answer out. */
export type Handler = (world: World, call: Call) => Answer | Promise<Answer>;

/** Notes what a correct client never does. */
export function violate(world: World, path: string, rule: string, detail: string): void {
  world.violations.push({ path, rule, detail });
}

/** A JSON answer. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** A failure in the envelope of `/api/*` (reference 1.3). */
export function apiFailure(status: number, code: string, message: string, field?: string): Answer {
  const error = { code, message, ...(field === undefined ? {} : { field }), retryable: false };
  return json(status, { meta: { status }, data: [], fail: [{ errors: [error] }] });
}

/** A failure in the form of API 2.0 (reference 2.8). */
export function gatewayFailure(status: number, code: string, message: string): Answer {
  return json(status, { fail: [{ code, message }] }, { "x-request-id": requestId(code, status) });
}

/** A failure in the form of `/siem/v1` (reference 2.8). */
export function siemFailure(code: string, message: string): Answer {
  return json(400, { error: { code, message } }, { "x-request-id": requestId(code, 400) });
}

function requestId(code: string, status: number): string {
  return `00000000-0000-4000-8000-${Buffer.from(`${status}${code}`).toString("hex").slice(0, 12)}`;
}
