import * as z from "zod";
import { account, hostname, secs, start } from "./account_schema.ts";
import { DEFAULTS } from "./defaults.ts";
import { STATE_SCHEMA } from "./etcd_state.ts";
import { FILE_SCHEMA } from "./file_output.ts";
import { FILTER_SCHEMA } from "./filter.ts";
import { HTTP_SCHEMA, OTLP_SCHEMA } from "./http_schema.ts";
import { HTTP_SERVER_SCHEMA } from "./http_server.ts";
import { LOG_SCHEMA } from "./log_schema.ts";
import { QRADAR_SCHEMA } from "./qradar_console.ts";
import { RATE_LIMITS_SCHEMA } from "./rate_limits.ts";
import { absolutePath, envRef, fileRef, secretRef } from "./secret_schema.ts";
import { parseShard, SHARD_FORMS } from "./shard.ts";
import { SHIPPERS } from "./shipper.ts";

// A process reads it once: compiling a schema costs more than walking it.
z.config({ jitless: true });

const DAY_SECS = 86_400;

const poll = z.strictObject({
  interval_secs: secs(1, 30 * DAY_SECS)
    .default(DEFAULTS.poll.interval_secs)
    .describe("How often Mimecast is asked for each source"),
  start: start
    .default(DEFAULTS.poll.start)
    .describe("Where to begin without a checkpoint: `now`, `7d`, `12h`, a UTC date or moment"),
  max_run_secs: secs(1, DAY_SECS)
    .default(DEFAULTS.poll.max_run_secs)
    .describe("`--once` takes nothing new after this time, and ends at most 10 seconds later"),
  settle_secs: secs(1, 3600)
    .default(DEFAULTS.poll.settle_secs)
    .describe("`--follow`: lines count as read after this time without a blocked write"),
  lag_bytes: z
    .int()
    .min(65_536)
    .max(67_108_864)
    .default(DEFAULTS.poll.lag_bytes)
    .describe("`--follow`: lines count as read once the pipe has accepted this much after them"),
  quarantine_after: z
    .int()
    .min(1)
    .max(100)
    .default(DEFAULTS.poll.quarantine_after)
    .describe("Failures after which an unreadable file or page goes to quarantine"),
  overlap_secs: secs(0, DAY_SECS)
    .default(DEFAULTS.poll.overlap_secs)
    .describe("How far each window of a source reaches back for late records"),
  max_concurrency: z
    .int()
    .min(1)
    .max(32)
    .default(DEFAULTS.poll.max_concurrency)
    .describe("Accounts that work at the same time; those that wait for the network do not count"),
  rate_limits: RATE_LIMITS_SCHEMA.optional().describe(
    "Calls that each credential may make, whatever the answers' headers say",
  ),
  health_interval_secs: secs(1, DAY_SECS)
    .default(DEFAULTS.poll.health_interval_secs)
    .describe("How often a `health_ok` event is sent for each account"),
});

const output = z.strictObject({
  format: z
    .enum(["leef", "json", "json+leef"])
    .default(DEFAULTS.output.format)
    .describe(
      "Lines to write: LEEF in a syslog line, JSON, or JSON with the LEEF line in `message`",
    ),
  max_line_bytes: z
    .int()
    .min(1024)
    .max(32_000)
    .default(DEFAULTS.output.max_line_bytes)
    .describe("Upper bound of a LEEF line; QRadar cuts longer ones (its default is 4096)"),
  hostname: hostname
    .default(DEFAULTS.output.hostname)
    .describe("Host in the syslog header, QRadar's log source identifier; `{account}` is replaced"),
  delimiter: z
    .enum(["^", "tab"])
    .default(DEFAULTS.output.delimiter)
    .describe("Between the attributes of a LEEF line; LEEF 1.0 knows `tab` only"),
  leef_version: z
    .literal(["1.0", "2.0", 1, 2])
    .default(DEFAULTS.output.leef_version)
    .describe("Version of LEEF"),
  usr_name: z
    .enum(["internal", "sender", "recipient"])
    .default(DEFAULTS.output.usr_name)
    .describe("Who becomes `usrName`: the internal party of the mail, the sender or the recipient"),
  max_events_per_second: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("Lines a second, all accounts together, for QRadar's license; default: no limit"),
  file: FILE_SCHEMA.optional().describe(
    "Append the lines to a file that the shipper follows instead of writing them to stdout",
  ),
  http: HTTP_SCHEMA.optional().describe(
    "Post the lines to the shipper's HTTP input instead of writing them to stdout",
  ),
  otlp: OTLP_SCHEMA.optional().describe(
    "Post the lines to an OTLP/HTTP receiver (OpenTelemetry Collector, Fluent Bit, Vector) instead of writing them to stdout",
  ),
});

const network = z.strictObject({
  proxy: secretRef
    .optional()
    .describe(
      "Proxy URL, in the forms of a secret; default: HTTPS_PROXY and NO_PROXY of the environment",
    ),
  ca_file: absolutePath.optional().describe("PEM file with further trusted certificates"),
  connect_timeout_secs: secs(1, 600)
    .default(DEFAULTS.network.connect_timeout_secs)
    .describe("For name resolution, connection and TLS"),
  timeout_secs: secs(1, 3600)
    .default(DEFAULTS.network.timeout_secs)
    .describe("Until an answer begins, and between two pieces of it"),
});

/** Key of an attribute: one word (LEEF guide); the engine has room for 40 characters. */
export const LEEF_KEY = /^[A-Za-z0-9]{1,40}$/;

/** EventIDs of this program. */
export const EVENT_ID = /^[a-z0-9_]{1,64}$/;

const leefKey = z.string().regex(LEEF_KEY, "must be a LEEF key of at most 40 letters and digits");

const mapping = z.strictObject({
  rename: z.record(leefKey, leefKey).default({}).describe("LEEF key to LEEF key"),
  drop: z.array(leefKey).default([]).describe("LEEF keys to leave out"),
  severity: z
    .record(
      z.string().regex(EVENT_ID, "must be an EventID such as receipt_rejected"),
      z.int().min(1).max(10),
    )
    .default({})
    .describe("EventID to `sev`, 1 to 10"),
});

/** The configuration of the file: the source of docs/config.schema.json and of the table in docs/configuration.md. */
export const CONFIG_SCHEMA = z.strictObject({
  state_dir: absolutePath
    .default(DEFAULTS.state_dir)
    .describe(
      "Folder for checkpoints, locks and quarantine; default: systemd's `$STATE_DIRECTORY` where it is set",
    ),
  state: STATE_SCHEMA.optional().describe(
    "The store that several machines share: they divide the accounts, and take over from one that is lost; default: `state_dir` alone",
  ),
  accounts: z.array(account).min(1).describe("The Mimecast accounts"),
  shipper: z
    .enum(SHIPPERS)
    .optional()
    .describe("The shipper that runs the program: sets what it needs where this file does not"),
  poll: poll.prefault({}).describe("Polling"),
  output: output.prefault({}).describe("The lines"),
  handover: z
    .enum(["shipper", "drained"])
    .default(DEFAULTS.handover)
    .describe(
      "When `--once` lines count as taken: once the same shipper starts the next run, or (cron) once stdout is drained",
    ),
  network: network.prefault({}).describe("Network"),
  shard: z
    .string()
    .refine((text) => parseShard(text) !== undefined, SHARD_FORMS)
    .optional()
    .describe(
      "Only the accounts that fall to this one of several processes: `2/5`, or `$POD_NAME/5`; default: all",
    ),
  filter: FILTER_SCHEMA.optional().describe("Which events are delivered, of all accounts"),
  mapping: mapping.prefault({}).describe("Changes to the LEEF mapping"),
  seal_key: z
    .union([fileRef, envRef])
    .optional()
    .describe("Where the key of sealed secrets is: `{ file: … }` or `{ env: … }`"),
  http_server: HTTP_SERVER_SCHEMA.optional().describe(
    "`--follow` answers `/healthz` (for probes) and `/metrics` (for Prometheus) over HTTP",
  ),
  metrics_file: absolutePath
    .optional()
    .describe(
      "Prometheus metrics, written after each round; for node_exporter's textfile collector it ends in `.prom`",
    ),
  qradar: QRADAR_SCHEMA.optional().describe("The console, for `mimecast-input qradar`"),
  log: LOG_SCHEMA.prefault({}).describe("Log"),
});

/** The configuration file's content, checked and with defaults, still in its own words. */
export type ConfigFile = z.output<typeof CONFIG_SCHEMA>;

/** One entry of `accounts`. */
export type AccountFile = ConfigFile["accounts"][number];
