import { ConfigError } from "../../errors.ts";
import { TYPE_TITLE } from "./content_names.ts";

/** An extension as Extensions Management has it. */
export interface ExtensionRow {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly status: string;
}

/** What has to be done about the content. */
export interface ContentPlan {
  readonly action: "install" | "update" | "unchanged";
  /** The version that works on the console now; null: none. */
  readonly was: string | null;
  readonly version: string;
  /** Of our version, where the console has the file already; null: it has to be uploaded. */
  readonly id: number | null;
}

const WORKING = new Set(["INSTALLED", "INSTALLED_WITH_ERROR"]);
const BUSY = new Set([
  "UPLOADING",
  "INSTALLING",
  "UNINSTALLING",
  "PREVIEWING",
  "UNINSTALL_PREVIEWING",
]);

/** Our rows among the extensions of a console: one for each version that was ever uploaded. */
export function ourRows(rows: readonly ExtensionRow[]): readonly ExtensionRow[] {
  return rows.filter(({ name }) => name === TYPE_TITLE);
}

/** True while the console works on one of our extensions. */
export function isBusy(rows: readonly ExtensionRow[]): boolean {
  return ourRows(rows).some(({ status }) => BUSY.has(status));
}

/** True for a row that holds content or a file, which uninstalling removes. */
export function isThere({ status }: ExtensionRow): boolean {
  return status !== "UNINSTALLED" && status !== "NONE";
}

/** What leads to `version`. A later one on the console is a `ConfigError` code `qradar_newer`: it is never replaced. */
export function contentPlan(rows: readonly ExtensionRow[], version: string): ContentPlan {
  const ours = ourRows(rows);
  const was = ours
    .filter(({ status }) => WORKING.has(status))
    .map((row) => row.version)
    .reduce<string | null>(
      (best, each) => (best === null || isLater(each, best) ? each : best),
      null,
    );
  if (was !== null && isLater(was, version)) {
    throw new ConfigError(
      `Cannot install the content ${version}: the console has the later version "${was}"`,
      { code: "qradar_newer", hint: "Upgrade mimecast-input here, and run this again" },
    );
  }
  const same = ours.filter((row) => row.version === version);
  const isInstalled = same.some(({ status }) => status === "INSTALLED");
  return {
    action: isInstalled ? "unchanged" : was === null ? "install" : "update",
    was,
    version,
    id: same.filter(isThere).at(-1)?.id ?? null,
  };
}

/** `0.10.0` is later than `0.9.1`. */
function isLater(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) > 0;
}
