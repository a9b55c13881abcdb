import * as z from "zod";
import { secs } from "./account_schema.ts";
import { DEFAULTS } from "./defaults.ts";
import { type SecretRef, secretRef as toRef } from "./secret_ref.ts";
import { absolutePath, secretRef } from "./secret_schema.ts";
import { parseStart } from "./start.ts";
import type { Path } from "./yaml_text.ts";

const DAY_SECS = 86_400;

/** Where secrets may be in `qradar`. */
export const QRADAR_SECRETS: readonly Path[] = [
  ["qradar", "token"],
  ["qradar", "proxy"],
];

const RECONCILE_SCHEMA = z.strictObject({
  every_secs: secs(1, 30 * DAY_SECS)
    .default(DEFAULTS.qradar.reconcile.every_secs)
    .describe("How often QRadar is asked whether it has everything"),
  since: z
    .string()
    .regex(/^[1-9]\d{0,3}[dh]$/, 'must be a number of days or hours such as "24h" or "2d"')
    .default(DEFAULTS.qradar.reconcile.since)
    .describe("How far back at least; further where it was not shown to be complete, up to 7 days"),
  heal: z
    .boolean()
    .default(DEFAULTS.qradar.reconcile.heal)
    .describe("Send again what is missing; `false` only reports it"),
  budget_percent: z
    .int()
    .min(1)
    .max(100)
    .default(DEFAULTS.qradar.reconcile.budget_percent)
    .describe("Part of Mimecast's rate limit that it may use"),
  wait_secs: secs(0, DAY_SECS)
    .default(DEFAULTS.qradar.reconcile.wait_secs)
    .describe("How long it waits for what may be on its way, before it sends again and after that"),
});

/** `qradar` of the file. */
export const QRADAR_SCHEMA = z.strictObject({
  console: z
    .string()
    .regex(/^https:\/\/[^/?#@\s]+\/?$/, "must be https://HOST, without a path")
    .refine((text) => URL.canParse(text), "must be https://HOST, without a path")
    .describe("Address of the QRadar console"),
  token: secretRef.describe("Token of an authorized service of the console"),
  ca_file: absolutePath
    .optional()
    .describe(
      "PEM file with further trusted certificates: consoles often have one of a private CA",
    ),
  proxy: secretRef
    .optional()
    .describe(
      "Proxy URL, in the forms of a secret; default: none, `network.proxy` is Mimecast's only",
    ),
  reconcile: RECONCILE_SCHEMA.optional().describe(
    "`reconcile` by schedule: `poll --follow` does it by itself, `reconcile --scheduled` where it is due; default: never",
  ),
});

/** When and how an account is reconciled by schedule. */
export interface ReconcileSchedule {
  readonly everyMs: number;
  readonly sinceMs: number;
  readonly heal: boolean;
  /** Part of Mimecast's rate limit, 0 to 1. */
  readonly share: number;
  readonly waitMs: number;
}

/** The console, as commands use it. */
export interface QradarConsole {
  readonly origin: string;
  readonly token: SecretRef;
  readonly caFile: string | null;
  readonly proxy: SecretRef | null;
  /** Null: not by schedule. */
  readonly reconcile: ReconcileSchedule | null;
}

/** The console of the file; null if it names none. */
export function qradarConsoleOf(
  file: z.output<typeof QRADAR_SCHEMA> | undefined,
): QradarConsole | null {
  if (file === undefined) return null;
  return {
    origin: new URL(file.console).origin,
    token: toRef(file.token),
    caFile: file.ca_file ?? null,
    proxy: file.proxy === undefined ? null : toRef(file.proxy),
    reconcile: file.reconcile === undefined ? null : scheduleOf(file.reconcile),
  };
}

function scheduleOf(file: z.output<typeof RECONCILE_SCHEMA>): ReconcileSchedule {
  const since = parseStart(file.since);
  return {
    everyMs: file.every_secs * 1_000,
    sinceMs: since?.kind === "ago" ? since.agoMs : 0,
    heal: file.heal,
    share: file.budget_percent / 100,
    waitMs: file.wait_secs * 1_000,
  };
}
