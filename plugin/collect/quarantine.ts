import { createHash } from "node:crypto";
import type { Effects } from "../effects.ts";
import { ApiError, DecodeError, LinkExpiredError } from "../errors.ts";
import type { Cursor, Item } from "../sources/source.ts";
import { quarantineFolder } from "../state/paths.ts";

/** The quarantine keeps no more of one item; the log says what it cut. */
const MAX_ITEM_BYTES = 100 * 1024 * 1024;

/**
 * Keeps the bytes of an item that can't be read, as Mimecast served them, in `quarantine/` of the account's folder
 * (0600). `page` is where the item was listed. Returns the file's name, or null where Mimecast refuses the bytes. Throws
 * whatever else cuts it short (the network, a full disk, the end of the run): the item must not be stepped over then.
 */
export async function keepInQuarantine(
  effects: Effects,
  folder: string,
  page: { readonly stream: string; readonly cursor: Cursor },
  item: Item,
): Promise<string | null> {
  const { stream, cursor } = page;
  // The key may hold anything that a file name in a zip can hold. Another try of the same item writes the same file.
  const identity = JSON.stringify([stream, cursor, item.key]);
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 24);
  const name = `${stream.replaceAll(/[^a-z0-9_]+/gi, "_")}-${hash}`;
  const cut = () =>
    effects.log("warn", "An item is too long for the quarantine folder, its first bytes are kept", {
      stream,
      item: item.key,
      bytes: MAX_ITEM_BYTES,
    });
  try {
    const kept = quarantineFolder(folder);
    await effects.files.makeFolder(kept);
    const path = `${kept}/${name}`;
    // Durable: the gap that names the file goes into the checkpoint, which survives the machine.
    await effects.files.spool(path, firstBytes(item.raw(), MAX_ITEM_BYTES, cut), true);
    return name;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const fields = { stream, item: item.key, error: String(error) };
    effects.log(
      "warn",
      "Mimecast does not give the bytes of an item that could not be read",
      fields,
    );
    return null;
  }
}

/** A second request would get the same answer. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ApiError) return !error.retryable;
  return error instanceof LinkExpiredError || error instanceof DecodeError;
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
