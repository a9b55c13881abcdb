import { createHash } from "node:crypto";
import type { Credentials } from "../client.ts";
import { isObject } from "../failure.ts";
import { ADVICE_BOUNDS } from "../retry.ts";
import { type Budget, FULL_BUDGET } from "./budget.ts";

/**
 * A budget as one line, "SHA256-PREFIX JSON", that is overwritten in place: it has to survive the end of the process,
 * not of the machine. A torn or foreign file reads as nothing known, which costs a 429 at most.
 */
export function serialiseBudget(budget: Budget): Uint8Array {
  const body = JSON.stringify(budget);
  return Buffer.from(`${checksum(body)} ${body}\n`);
}

/**
 * Reads what `serialiseBudget` wrote; what an earlier, longer line left behind its line feed does not count, nor does a
 * pause that is longer than any that is ever made: it was noted while the clock was wrong.
 */
export function parseBudget(bytes: Uint8Array | null, nowMs: number): Budget {
  const text = Buffer.from(bytes ?? []).toString("utf8");
  const body = text.slice(17, Math.max(0, text.indexOf("\n")));
  if (body === "" || text.slice(0, 16) !== checksum(body)) return FULL_BUDGET;
  const value: unknown = JSON.parse(body);
  const { remaining, pausedUntilMs, calls } = isObject(value) ? value : {};
  const { batch, stream, other } = isObject(calls) ? calls : {};
  return {
    remaining: typeof remaining === "number" ? remaining : null,
    pausedUntilMs: isPause(pausedUntilMs, nowMs) ? pausedUntilMs : 0,
    calls: { batch: times(batch), stream: times(stream), other: times(other) },
  };
}

/** The file's name: the same for accounts with the same credential, and it does not tell what the credential is. */
export function budgetName(credentials: Credentials, baseUrl: string): string {
  const id = credentials.api === "1.0" ? credentials.accessKey : credentials.clientId;
  return createHash("sha256")
    .update(JSON.stringify([baseUrl, credentials.api, id]))
    .digest("hex");
}

function isPause(value: unknown, nowMs: number): value is number {
  return typeof value === "number" && value <= nowMs + ADVICE_BOUNDS.maxMs;
}

function times(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((time) => Number.isFinite(time)) : [];
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
