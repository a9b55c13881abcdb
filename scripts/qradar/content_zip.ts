import { zipSync } from "fflate";

/** Name of the file in the archive: the end of the name is that of QRadar's exports. */
export const CONTENT_NAME = "mimecast-ContentExport.xml";

/**
 * The extension as the console takes it: a zip with the content and nothing else. It is not signed; only IBM's App
 * Exchange can do that. The packer is JavaScript and the time is fixed, so that the bytes are the same everywhere.
 */
export function contentZip(xml: string): Buffer {
  const mtime = new Date(2026, 0, 1);
  return Buffer.from(zipSync({ [CONTENT_NAME]: [Buffer.from(xml), { level: 9, mtime, os: 3 }] }));
}
