import type { Config } from "../../config/config.ts";
import { ConfigError, EXIT } from "../../errors.ts";
import { isThere, ourRows } from "./content_plan.ts";
import { deploy } from "./deploy.ts";
import { extensions, removeContent } from "./extension.ts";
import { type ContentIds, isMadeByUs, type LogSourceRow, sendersOf } from "./log_source_plan.ts";
import { contentIds, logSources, removeLogSource } from "./log_sources.ts";
import { uninstalledText } from "./text.ts";
import { openConfigured, type QradarOptions, type QradarWorld } from "./world.ts";

/**
 * Removes the log sources that the program has made for the accounts of this configuration, then the content. A log source of
 * somebody else that still has our type stops it before anything is removed. Returns the exit code.
 */
export async function uninstall(
  config: Config,
  options: QradarOptions,
  world: QradarWorld,
): Promise<number> {
  const opened = await openConfigured(config, options, world);
  const { console, patience } = opened;
  const rows = ourRows(await extensions(console, patience)).filter(isThere);
  const sources = await logSources(console);
  const senders = sendersOf(config.accounts);
  const made = sources.filter((row) => isMadeByUs(row, senders));
  refuseOthers(sources, made, await contentIds(console));
  const changed = rows.length > 0 || made.length > 0;
  const found = { ...opened, changed, dryRun: options.dryRun, removed: made, contents: rows };
  if (options.dryRun || !changed) {
    await world.screen.write(uninstalledText({ ...found, items: [], left: false }, options.json));
    return EXIT.ok;
  }
  for (const { id } of made) await removeLogSource(console, id);
  const items = await removeContent(console, patience);
  await deploy(console, patience);
  const left = (await contentIds(console)) !== null;
  await world.screen.write(uninstalledText({ ...found, items, left }, options.json));
  return EXIT.ok;
}

function refuseOthers(
  sources: readonly LogSourceRow[],
  made: readonly LogSourceRow[],
  ids: ContentIds | null,
): void {
  const others = sources.filter((row) => row.type_id === ids?.typeId && !made.includes(row));
  if (others.length === 0) return;
  const names = others.map(({ name }) => JSON.stringify(name)).join(", ");
  throw new ConfigError(
    `Cannot remove the content: log sources that mimecast-input has not made for this configuration have its type: ${names}`,
    {
      code: "qradar_in_use",
      hint: "Delete them, or give them another type, on the console; then run this again",
    },
  );
}
