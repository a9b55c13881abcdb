import * as z from "zod";
import type { Files } from "../effects.ts";

const TIME = z.number().int().nonnegative();
const SCHEMA = z.object({
  atMs: TIME,
  fromMs: TIME,
  toMs: TIME,
  verdict: z.enum(["complete", "incomplete", "undecided", "failed"]),
  records: z.number().int().nonnegative(),
  missing: z.number().int().nonnegative(),
  healed: z.number().int().nonnegative(),
  completeUntilMs: TIME.nullable(),
  message: z.string(),
});

/**
 * How the last reconciliation of an account by schedule ended. Times in ms since 1970. `records`: compared; `missing`: not found at
 * its end; `completeUntilMs`: QRadar has everything up to here, null where that was never shown; `message`: for people.
 */
export type LastReconciled = Readonly<z.output<typeof SCHEMA>>;

const pathOf = (folder: string) => `${folder}/reconciled`;

/** Null where there was none, or where it can't be read: the next one is due then. */
export async function readReconciled(
  files: Pick<Files, "read">,
  folder: string,
): Promise<LastReconciled | null> {
  const bytes = await files.read(pathOf(folder));
  if (bytes === null) return null;
  try {
    return SCHEMA.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch {
    return null;
  }
}

/** Keeps it for the next one, `status` and the metrics. */
export async function writeReconciled(
  files: Pick<Files, "replace">,
  folder: string,
  last: LastReconciled,
): Promise<void> {
  await files.replace(pathOf(folder), Buffer.from(`${JSON.stringify(last)}\n`));
}
