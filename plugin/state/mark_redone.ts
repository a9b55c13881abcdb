import type { Files } from "../effects.ts";
import type { Checkpoint, Gap } from "./checkpoint.ts";
import { checkpointFile } from "./checkpoint_file.ts";

/**
 * Marks a gap of an account as re-done. Under the account's lock only, while no ledger is open. Nothing else of the
 * checkpoint changes, its sequence included: the journal of the last run stays valid. False where the gap is no
 * longer listed.
 */
export async function markRedone(
  files: Files,
  folder: string,
  account: string,
  api: Checkpoint["api"],
  gap: Gap,
  atMs: number,
): Promise<boolean> {
  const file = checkpointFile(files, folder);
  const checkpoint = await file.read(account, api);
  const index = checkpoint.gaps.findIndex((known) => isSameGap(known, gap));
  if (index < 0) return false;
  const gaps = checkpoint.gaps.map((known, at) =>
    at === index ? { ...known, redoneMs: atMs } : known,
  );
  await file.write({ ...checkpoint, gaps });
  return true;
}

function isSameGap(a: Gap, b: Gap): boolean {
  const key = ({ stream, item, atMs, file }: Gap) => JSON.stringify([stream, item, atMs, file]);
  return key(a) === key(b);
}
