import { parseOffsetTime } from "./api_time.ts";
import type { LogEndpoint } from "./log_endpoints.ts";
import type { World } from "./world.ts";

/** Where a page begins: the search, frozen with its first page, and the last record that went out. */
export interface Position {
  readonly path: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly oldestFirst: boolean;
  /** Index of the last record of the page before; null at the first page; -1 after the last one. */
  readonly after: number | null;
  /** Index of the last record of the page before that one: where a repeated page begins. */
  readonly before: number | null;
}

/** The first page of a search, or what is wrong with it. */
export function firstPosition(
  world: World,
  path: string,
  endpoint: LogEndpoint,
  item: Readonly<Record<string, unknown>>,
): Position | string {
  const nowMs = world.now();
  const fromMs = timeOf(item[endpoint.from]) ?? defaultFrom(endpoint, nowMs);
  const toMs = timeOf(item[endpoint.to]) ?? nowMs;
  if (fromMs > toMs) return `"${endpoint.from}" must not be later than "${endpoint.to}"`;
  if (endpoint.lookbackMs !== null && fromMs < nowMs - endpoint.lookbackMs - 1_000) {
    return `"${endpoint.from}" must not be older than ${endpoint.lookbackMs / 86_400_000} days`;
  }
  return {
    path,
    fromMs,
    toMs,
    oldestFirst: item.oldestFirst === true,
    after: null,
    before: null,
  };
}

function defaultFrom(endpoint: LogEndpoint, nowMs: number): number {
  if (typeof endpoint.defaultFrom === "number") return nowMs - endpoint.defaultFrom;
  return nowMs - (nowMs % 86_400_000);
}

/** True where a page's request names another search than the one that its token belongs to. */
export function changesSearch(
  item: Readonly<Record<string, unknown>>,
  endpoint: LogEndpoint,
  position: Position,
): boolean {
  const fromMs = timeOf(item[endpoint.from]);
  const toMs = timeOf(item[endpoint.to]);
  const oldestFirst = item.oldestFirst === true;
  return (
    (fromMs !== null && fromMs !== position.fromMs) ||
    (toMs !== null && toMs !== position.toMs) ||
    oldestFirst !== position.oldestFirst
  );
}

/** The opaque value of `next`. */
export function writeToken(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** Reads what `writeToken` wrote, or null. */
export function readToken(token: string): Position | null {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}

function timeOf(value: unknown): number | null {
  return typeof value === "string" ? parseOffsetTime(value) : null;
}
