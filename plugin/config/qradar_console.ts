import * as z from "zod";
import { type SecretRef, secretRef as toRef } from "./secret_ref.ts";
import { absolutePath, secretRef } from "./secret_schema.ts";
import type { Path } from "./yaml_text.ts";

/** Where secrets may be in `qradar`. */
export const QRADAR_SECRETS: readonly Path[] = [
  ["qradar", "token"],
  ["qradar", "proxy"],
];

/** `qradar` as it stands in the file. */
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
});

/** The console, as commands use it. */
export interface QradarConsole {
  readonly origin: string;
  readonly token: SecretRef;
  readonly caFile: string | null;
  readonly proxy: SecretRef | null;
}

/** The console of the file; null where it has none. */
export function qradarConsoleOf(
  file: z.output<typeof QRADAR_SCHEMA> | undefined,
): QradarConsole | null {
  if (file === undefined) return null;
  return {
    origin: new URL(file.console).origin,
    token: toRef(file.token),
    caFile: file.ca_file ?? null,
    proxy: file.proxy === undefined ? null : toRef(file.proxy),
  };
}
