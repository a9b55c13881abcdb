import * as z from "zod";
import { SEALED } from "./secrets/sealed.ts";

/** Name of an environment variable (POSIX.1-2017 §8.1). */
export const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Id of a systemd credential: a file name (systemd.exec, LoadCredential). */
export const CREDENTIAL_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/;

/** A path that does not depend on the folder in which the shipper starts the program. */
export const absolutePath = z.string().regex(/^\/|^[A-Za-z]:[\\/]/, "must be an absolute path");

/** `{ env: NAME }`. */
export const envRef = z.strictObject({ env: z.string().regex(ENV_NAME) });

/** `{ file: /path }`. */
export const fileRef = z.strictObject({ file: absolutePath });

/** The forms of a secret. secret_ref.ts words their problems, and never quotes a value. */
export const secretRef = z
  .union([
    z.string().min(1).describe("In plain text: the file must be readable by its owner only"),
    envRef.describe("Name of an environment variable"),
    fileRef.describe("File with nothing but the secret, not accessible to everybody"),
    z
      .strictObject({ credential: z.string().regex(CREDENTIAL_NAME) })
      .describe("Name of a systemd credential"),
    z
      .strictObject({ sealed: z.string().regex(SEALED) })
      .describe("Output of `mimecast-input seal`; needs `seal_key`"),
  ])
  .meta({ id: "secret" });
