import * as z from "zod";
import type { RateLimit, RateLimits } from "../client/budget/rate_limit.ts";
import { DEFAULTS } from "./defaults.ts";

/** What `parseRateLimit` takes, for messages. */
const RATE_LIMIT_FORM = 'must be calls and a time such as "50/15m", "300/1h" or "100/60s"';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const DAY_MS = 86_400_000;

/** Reads `50/15m`: at most 50 calls in any 15 minutes. Undefined for anything else, and beyond a day. */
export function parseRateLimit(text: string): RateLimit | undefined {
  const parts = /^([1-9]\d{0,5})\/([1-9]\d{0,4})([smh])$/.exec(text);
  if (parts === null) return undefined;
  const [, calls, count, unit] = parts as unknown as [string, string, string, string];
  const perMs = Number(count) * UNIT_MS[unit]!;
  return perMs > DAY_MS ? undefined : { calls: Number(calls), perMs };
}

const rateLimit = z
  .string()
  .refine((text) => parseRateLimit(text) !== undefined, RATE_LIMIT_FORM)
  .optional();
const { batch, stream } = DEFAULTS.poll.rate_limits;

/** Limits that count until an answer tells more. */
export const RATE_LIMITS_SCHEMA = z.strictObject({
  batch: rateLimit.describe(`Calls of \`/siem/v1/batch/\`; default: ${batch}`),
  stream: rateLimit.describe(`Calls of \`/siem/v1/events/\`; default: ${stream}`),
  other: rateLimit.describe("All other calls; default: no limit but that of the answers' headers"),
});

/** Limits of the file. */
type RateLimitTexts = z.output<typeof RATE_LIMITS_SCHEMA>;

/**
 * Kind by kind: the account's limit, the common one, Mimecast's own. A server on a loopback address is not Mimecast, so it
 * has only the limits of the configuration.
 */
export function rateLimitsOf(
  account: RateLimitTexts | undefined,
  common: RateLimitTexts | undefined,
  isLocal: boolean,
): RateLimits {
  const known: RateLimitTexts = isLocal ? {} : DEFAULTS.poll.rate_limits;
  const texts = Object.entries({ ...known, ...common, ...account });
  return Object.fromEntries(
    texts.flatMap(([kind, text]) => (text === undefined ? [] : [[kind, parseRateLimit(text)]])),
  );
}
