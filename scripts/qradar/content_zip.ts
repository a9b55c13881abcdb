import { zipSync } from "fflate";

/** Name of the content in the archive: the end of the name is that of QRadar's exports. */
export const CONTENT_NAME = "mimecast-ContentExport.xml";
/** Folder of the reports in the archive: by the content's name, as in QRadar's exports. */
export const CONTENT_FOLDER = CONTENT_NAME.slice(0, -".xml".length);

/**
 * The extension as the console takes it: the content, its manifest and the files of the reports. It is not signed; only IBM's App Exchange can do
 * that. The packer is JavaScript, the time is fixed and no modes are stored, so that the bytes are the same everywhere.
 */
export function contentZip(
  xml: string,
  manifest: string,
  reports: ReadonlyMap<string, string>,
): Buffer {
  const mtime = new Date(2026, 0, 1);
  const texts = [[CONTENT_NAME, xml], ["manifest.txt", manifest], ...reports] as const;
  const files = Object.fromEntries(texts.map(([name, text]) => [name, Buffer.from(text)]));
  return Buffer.from(zipSync(files, { level: 9, mtime }));
}
