import { type Entry, fromBuffer } from "yauzl";

/** The entries of a zip, read by an implementation that is not the fake's own. */
export function zipEntries(
  bytes: Buffer,
  options: { readonly strictNames?: boolean } = {},
): Promise<{ readonly name: string; readonly content: Buffer }[]> {
  const found: { name: string; content: Buffer }[] = [];
  return new Promise((resolve, reject) => {
    const strictFileNames = options.strictNames ?? false;
    const open = { lazyEntries: true, decodeStrings: strictFileNames, strictFileNames };
    fromBuffer(bytes, open, (error, zip) => {
      if (error) return reject(error);
      zip.on("error", reject);
      zip.on("end", () => resolve(found));
      zip.on("entry", (entry: Entry) => {
        zip.openReadStream(entry, (failed, stream) => {
          if (failed) return reject(failed);
          const pieces: Buffer[] = [];
          stream.on("error", reject);
          stream.on("data", (piece: Buffer) => pieces.push(piece));
          stream.on("end", () => {
            found.push({ name: String(entry.fileName), content: Buffer.concat(pieces) });
            zip.readEntry();
          });
        });
      });
      zip.readEntry();
    });
  });
}
