import * as z from "zod";
import { REGIONS, regionNames } from "../client/regions.ts";
import { OFF_BY_DEFAULT, SOURCE_NAMES } from "../sources/names.ts";
import { DOWNLOAD_HOST } from "./base_url.ts";
import { DEFAULTS } from "./defaults.ts";
import { FILTER_SCHEMA } from "./filter.ts";
import { RATE_LIMITS_SCHEMA } from "./rate_limits.ts";
import { secretRef } from "./secret_schema.ts";
import { parseStart, START_FORMS } from "./start.ts";

const DAY_SECS = 86_400;

/** Name of an account, which becomes the name of a folder and a part of host names. */
export const ACCOUNT_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Where collecting begins. */
export const start = z.string().refine((text) => parseStart(text) !== undefined, START_FORMS);
/** A number of seconds. */
export const secs = (least: number, most: number) => z.int().min(least).max(most);

const sourceName = z.enum(SOURCE_NAMES["2.0"]);

const source = z.strictObject({
  name: sourceName.describe("Name of the source"),
  interval_secs: secs(1, 30 * DAY_SECS)
    .optional()
    .describe("How often Mimecast is asked; default: `interval_secs` of the account"),
  start: start.optional().describe("Where to begin without a checkpoint; default: of the account"),
  mode: z
    .enum(["batch", "stream"])
    .optional()
    .describe("`siem` of API 2.0: files, or record by record; default: `batch`"),
  overlap_secs: secs(0, DAY_SECS)
    .optional()
    .describe("How far each window reaches back for late records; default: `poll.overlap_secs`"),
});

/** The host in the syslog header. */
export const hostname = z.string().min(1).max(255);

/** An entry of `accounts`. */
export const account = z.strictObject({
  name: z
    .string()
    .regex(
      ACCOUNT_NAME,
      "must be 1 to 63 characters of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit",
    )
    .describe("Name of the account in logs, events and the state directory; unique"),
  enabled: z
    .boolean()
    .default(DEFAULTS.account.enabled)
    .describe("`false` leaves the account out and keeps its positions"),
  api: z
    .literal(["1.0", "2.0", 1, 2])
    .describe("Generation of the Mimecast API: `1.0` (keys) or `2.0` (OAuth)"),
  region: z
    .string()
    .optional()
    .describe(
      `Region of the account. API 2.0: ${regionNames("2.0").join(", ")}. API 1.0: ${regionNames("1.0").join(", ")}`,
    )
    .meta({
      examples: [...new Set(Object.values(REGIONS).flatMap((table) => Object.keys(table)))],
    }),
  base_url: z
    .string()
    .optional()
    .describe("API host instead of `region`: https, or http on a loopback address"),
  client_id: secretRef.optional().describe("API 2.0: client id of the application"),
  client_secret: secretRef.optional().describe("API 2.0: client secret of the application"),
  app_id: secretRef.optional().describe("API 1.0: application id"),
  app_key: secretRef.optional().describe("API 1.0: application key"),
  access_key: secretRef.optional().describe("API 1.0: access key of the service user"),
  secret_key: secretRef.optional().describe("API 1.0: secret key of the service user"),
  sources: z
    .array(z.union([sourceName, source]))
    .min(1)
    .optional()
    .describe(
      `What to collect: names, or objects with settings. Default: all that the API generation has, without ${OFF_BY_DEFAULT.join(" and ")}`,
    ),
  interval_secs: secs(1, 30 * DAY_SECS)
    .optional()
    .describe("How often Mimecast is asked; default: `poll.interval_secs`"),
  start: start.optional().describe("Where to begin without a checkpoint; default: `poll.start`"),
  hostname: hostname
    .optional()
    .describe("Host in the syslog header of this account; default: `output.hostname`"),
  account_label: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      "`account` of the JSON lines, and `accountName` of events in which Mimecast names no account; default: `name`",
    ),
  filter: FILTER_SCHEMA.optional().describe(
    "Which events are delivered; replaces the common `filter`",
  ),
  rate_limits: RATE_LIMITS_SCHEMA.optional().describe(
    "Calls of this account's credential; default: `poll.rate_limits`, kind by kind",
  ),
  download_hosts: z
    .array(
      z
        .string()
        .regex(
          DOWNLOAD_HOST,
          'must be a host name, or "*." and a domain such as "*.amazonaws.com"',
        ),
    )
    .min(1)
    .default([...DEFAULTS.account.download_hosts])
    .describe("Hosts to which pre-signed download links may lead"),
});
