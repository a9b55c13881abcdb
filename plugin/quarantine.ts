import { createHash } from "node:crypto";
import type { Effects } from "./effects.ts";
import { StateError } from "./errors.ts";
import type { Item } from "./sources/source.ts";

/** More of one item is not kept; what is cut is said in the log. */
const MAX_ITEM_BYTES = 100 * 1024 * 1024;

/**
 * Keeps the bytes of an item that can't be read, as Mimecast served them, in `quarantine/` of the account's
 * folder (0600). Returns the file's name, or null where Mimecast does not give the bytes (again). Throws `StateError`
 * where the disk does not take them.
 */
export async function keepInQuarantine(
  effects: Effects,
  folder: string,
  stream: string,
  item: Item,
): Promise<string | null> {
  const time = new Date(effects.now()).toISOString().replaceAll(/[:.]/g, "");
  // The key may hold anything that a file name in a zip can hold.
  const hash = createHash("sha256").update(`${stream} ${item.key}`).digest("hex").slice(0, 12);
  const name = `${time}-${stream.replaceAll(/[^a-z0-9_]+/gi, "_")}-${hash}`;
  const path = `${folder}/quarantine/${name}`;
  const cut = () =>
    effects.log("warn", "An item is too long for the quarantine folder, its first bytes are kept", {
      stream,
      item: item.key,
      bytes: MAX_ITEM_BYTES,
    });
  try {
    await effects.files.makeFolder(`${folder}/quarantine`);
    // Durable: the gap that names the file goes into the checkpoint, which survives the machine.
    await effects.files.spool(path, firstBytes(item.raw(), MAX_ITEM_BYTES, cut), true);
    return name;
  } catch (error) {
    await effects.files.remove(path);
    // A full disk is no reason to step over data.
    if (error instanceof StateError) throw error;
    const fields = { stream, item: item.key, error: String(error) };
    effects.log("warn", "Cannot keep the bytes of an item that could not be read", fields);
    return null;
  }
}

async function* firstBytes(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  cut: () => void,
): AsyncIterable<Uint8Array> {
  let left = limit;
  for await (const chunk of chunks) {
    if (chunk.length > left) {
      cut();
      yield chunk.subarray(0, left);
      return;
    }
    yield chunk;
    left -= chunk.length;
  }
}
