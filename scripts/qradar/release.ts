import { readFileSync } from "node:fs";

/** The release of QRadar whose rows ours are like (7.4.2): content goes into the same and newer releases. */
export const QRADAR_VERSION = "2020.7.0.20201113144954";

/** Fixed, so that the bytes are those of the mapping and nothing else: 2026-01-01T00:00:00Z. */
export const CREATED_MS = 1_767_225_600_000;

/**
 * `manifest.txt`, by which Extensions Management knows the content and its version; it refuses a version that it has.
 * The form is that of the DSM Editor's exports.
 */
export function manifestText(name: string): string {
  const about = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };
  const extension_manifest = {
    min_qradar_version: QRADAR_VERSION,
    authored_by: "mimecast-input",
    authored_by_email: "",
    package_size: "0",
    supported_language_set: ["en-US"],
    extension_name: "extension.name",
    extension_long_description: "extension.long.description",
    locale: {
      "en-US": {
        "extension.long.description":
          "Log source type, event names, properties, rules and searches for Mimecast e-mail security",
        "extension.name": name,
      },
    },
    version: about.version,
  };
  const manifest = { doc: { extension_manifest }, _id: `mimecast-input:${name}` };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
