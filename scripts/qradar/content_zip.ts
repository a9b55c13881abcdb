import { zipSync } from "fflate";

/** Name of the content in the archive: the end of the name is that of QRadar's exports. */
export const CONTENT_NAME = "mimecast-ContentExport.xml";

/**
 * The extension as the console takes it: the content and its manifest. It is not signed; only IBM's App Exchange can do
 * that. The packer is JavaScript, the time is fixed and no modes are stored, so that the bytes are the same everywhere.
 */
export function contentZip(xml: string, manifest: string): Buffer {
  const mtime = new Date(2026, 0, 1);
  const files = { [CONTENT_NAME]: Buffer.from(xml), "manifest.txt": Buffer.from(manifest) };
  return Buffer.from(zipSync(files, { level: 9, mtime }));
}
