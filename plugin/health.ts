/**
 * What the program says of itself in the stream: QRadar marks a log source that is silent for 12 h, and an
 * administrator must be able to search for what went wrong (qradar-leef reference §5.3, "Plugin health").
 */

/** One statement. `endpoint` is the source, or "collector" for the account as a whole. */
export interface Health {
  readonly status: "ok" | "error" | "deadline";
  readonly endpoint: string;
  readonly message: string;
  readonly lagSeconds?: number;
  readonly events?: number;
}

/** The record that the engine turns into a line: family "health". */
export function healthRecord(health: Health, account: string, nowMs: number): Uint8Array {
  return Buffer.from(`${JSON.stringify({ timestamp: nowMs, account, ...health })}\n`);
}
