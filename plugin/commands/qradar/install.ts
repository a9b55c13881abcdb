import type { Config } from "../../config/config.ts";
import { EXIT } from "../../errors.ts";
import { type ContentPlan, contentPlan } from "./content_plan.ts";
import { deploy } from "./deploy.ts";
import { extensions, type ItemCount, installContent, previewContent } from "./extension.ts";
import {
  type ContentIds,
  type LogSourcePlan,
  type LogSourceRow,
  logSourcePlan,
  type Sender,
  sendersOf,
} from "./log_source_plan.ts";
import { applyLogSource, contentIds, logSources, receiving } from "./log_sources.ts";
import { taskError } from "./task.ts";
import { installedText } from "./text.ts";
import {
  type OpenedConsole,
  openConfigured,
  type QradarOptions,
  type QradarWorld,
} from "./world.ts";

/**
 * Brings the console to the state that our lines need: our content in this program's version, and a log source for each sender.
 * Everything is read before anything is changed, so a right that is missing shows first. Returns the exit code.
 */
export async function install(
  config: Config,
  options: QradarOptions,
  world: QradarWorld,
): Promise<number> {
  const opened = await openConfigured(config, options, world);
  const { console, patience } = opened;
  const senders = sendersOf(config.accounts);
  const content = contentPlan(await extensions(console, patience), world.version);
  const sources = await logSources(console);
  const ids = await contentIds(console);
  const planned = plansOf(senders, sources, ids);
  const receiver = planned.some(({ action }) => action === "create")
    ? await receiving(console, options.collector)
    : null;
  const isNew = content.action !== "unchanged";
  const changed = isNew || planned.some(({ action }) => action !== "unchanged");
  const found = { ...opened, content, changed, dryRun: options.dryRun };
  const tell = (
    plans: readonly LogSourcePlan[],
    deployed: boolean,
    preview: readonly ItemCount[] | null,
  ) => world.screen.write(installedText({ ...found, plans, deployed, preview }, options.json));
  if (options.dryRun) {
    await tell(planned, false, null);
    return EXIT.ok;
  }
  const preview = isNew ? await bringContent(content, opened, world) : null;
  const plans = plansOf(senders, sources, await idsAfter(opened));
  for (const plan of plans) await applyLogSource(console, plan, receiver);
  const isDue = changed || plans.some(({ undeployed }) => undeployed);
  if (isDue) await deploy(console, patience);
  await tell(plans, isDue, preview);
  return EXIT.ok;
}

function plansOf(
  senders: readonly Sender[],
  sources: readonly LogSourceRow[],
  ids: ContentIds | null,
): readonly LogSourcePlan[] {
  return senders.map((sender) => logSourcePlan(sender, sources, ids));
}

/** What it is going to change is told before it does: on standard error, since the answer of the command is its end. */
async function bringContent(
  content: ContentPlan,
  { console, patience }: OpenedConsole,
  { qradarContent, effects }: QradarWorld,
): Promise<readonly ItemCount[]> {
  const { id, items } = await previewContent(console, content, qradarContent, patience);
  const { version, was } = content;
  effects.log("info", "QRadar content is being installed", { version, was, preview: items });
  await installContent(console, id, patience);
  return items;
}

async function idsAfter({ console }: OpenedConsole): Promise<ContentIds> {
  const ids = await contentIds(console);
  if (ids !== null) return ids;
  throw taskError(
    "the content is installed, and its log source type or extension is not there",
    "Admin > Extensions Management: remove the extension, then run this again",
  );
}
