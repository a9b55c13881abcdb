import { createHash } from "node:crypto";
import { checkedLine, readCheckedLine } from "../../text/checked_line.ts";
import type { Credentials } from "../client.ts";
import { isObject } from "../failure.ts";
import { ADVICE_BOUNDS } from "../retry.ts";
import type { Budget } from "./budget.ts";

/** A budget as a line. */
export function serializeBudget(budget: Budget): Uint8Array {
  return checkedLine(budget);
}

/**
 * Reads what `serializeBudget` wrote. A torn or foreign file reads as an empty budget, which costs a 429 at most. It ignores
 * a pause longer than any the program makes: the clock was wrong then.
 */
export function parseBudget(bytes: Uint8Array | null, nowMs: number): Budget {
  const value = readCheckedLine(bytes);
  const { remaining, pausedUntilMs, calls } = isObject(value) ? value : {};
  const { batch, stream, other } = isObject(calls) ? calls : {};
  return {
    remaining: typeof remaining === "number" ? remaining : null,
    pausedUntilMs: isPause(pausedUntilMs, nowMs) ? pausedUntilMs : 0,
    calls: { batch: times(batch), stream: times(stream), other: times(other) },
  };
}

/** The file's name: the same for accounts with the same credential, without revealing it. */
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
