import * as z from "zod";
import { DEFAULTS } from "./defaults.ts";
import { absolutePath, secretRef } from "./secret_schema.ts";

const { http } = DEFAULTS.output;

/** The common keys of `output.http` and `output.otlp`. http_output.ts finds what the schema cannot. */
const POSTING = {
  gzip: z.boolean().default(http.gzip).describe("Compress the bodies"),
  auth: z
    .strictObject({
      bearer: secretRef.optional().describe("Token of `Authorization: Bearer`"),
      basic: z
        .strictObject({
          user: z
            .string()
            .regex(/^[^:\p{Cc}]+$/u, "must be a name without a colon (RFC 7617)")
            .describe("User name"),
          password: secretRef.describe("Password"),
        })
        .optional()
        .describe("`Authorization: Basic`"),
    })
    .optional()
    .describe("How the shipper knows us: `bearer` or `basic`"),
  client_cert_file: absolutePath.optional().describe("PEM file with our certificate (mTLS)"),
  client_key_file: absolutePath.optional().describe("PEM file with its key"),
  ca_file: absolutePath.optional().describe("PEM file with further trusted certificates"),
  proxy: secretRef
    .optional()
    .describe(
      "Proxy URL, in the forms of a secret; default: none, `network.proxy` is Mimecast's only",
    ),
  insecure: z
    .boolean()
    .default(http.insecure)
    .describe("Allow http to another machine: everybody on the way can read the events"),
  max_batch_bytes: z
    .int()
    .min(65_536)
    .max(67_108_864)
    .default(http.max_batch_bytes)
    .describe("Longest batch of lines, before compression"),
  timeout_secs: z
    .int()
    .min(1)
    .max(3600)
    .default(http.timeout_secs)
    .describe("Until the shipper answers a batch"),
};

/** `output.http` of the file. */
export const HTTP_SCHEMA = z.strictObject({
  url: z
    .string()
    .describe("Address of the shipper's HTTP input: https, or http on a loopback address"),
  body: z
    .enum(["lines", "json"])
    .optional()
    .describe(
      "`lines`: one line per event (Vector); `json`: an array of objects (Fluent Bit). Default: `json` for the JSON formats, else `lines`",
    ),
  ...POSTING,
});

/** `output.otlp` of the file. */
export const OTLP_SCHEMA = z.strictObject({
  url: z
    .string()
    .describe(
      "Address of the OTLP/HTTP receiver with its path, such as http://127.0.0.1:4318/v1/logs: https, or http on a loopback address",
    ),
  encoding: z
    .enum(["protobuf", "json"])
    .default(DEFAULTS.output.otlp.encoding)
    .describe(
      "How requests are written: every receiver reads `protobuf`, Vector does not read `json`",
    ),
  syslog_attributes: z
    .boolean()
    .default(DEFAULTS.output.otlp.syslog_attributes)
    .describe(
      "Add `priority`, `hostname` and `message` of the line to each record: the OpenTelemetry Collector's syslog exporter makes its line of them",
    ),
  ...POSTING,
});

/** `output.http`, checked and with defaults. */
export type HttpFile = z.output<typeof HTTP_SCHEMA>;

/** `output.otlp`, checked and with defaults. */
export type OtlpFile = z.output<typeof OTLP_SCHEMA>;
