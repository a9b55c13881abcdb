import type { Delivery } from "../deliver/delivery.ts";
import type { Effects } from "../effects.ts";
import { handedInPath } from "../state/paths.ts";
import type { AccountJob } from "./job.ts";

/**
 * Delivers the finished lines that another command has handed in for this account, and removes them: only the process that
 * the shipper reads can do so. They are no records of Mimecast's, so no position moves. A file that can't be read is
 * removed with a warning; the run goes on.
 */
export async function deliverHandedIn(
  { files, log }: Pick<Effects, "files" | "log">,
  { name, folder }: Pick<AccountJob, "name" | "folder">,
  delivery: Delivery,
): Promise<void> {
  const path = handedInPath(folder);
  const lines = await files.read(path).catch((error: Error) => {
    log("warn", "Cannot read the lines that were handed in", {
      account: name,
      error: error.message,
    });
    return new Uint8Array(0);
  });
  if (lines === null) return;
  if (lines.length > 0) {
    await delivery.write(lines);
    await delivery.flush();
    log("info", "Delivered the lines that were handed in", { account: name, bytes: lines.length });
  }
  await files.remove(path);
}
