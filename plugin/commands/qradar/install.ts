import type { Config } from "../../config/config.ts";
import { EXIT } from "../../errors.ts";
import { type ContentWay, extensionWay, piecewiseWay } from "./content_way.ts";
import { deploy } from "./deploy.ts";
import type { ItemCount } from "./extension.ts";
import {
  type ContentIds,
  type LogSourcePlan,
  type LogSourceRow,
  logSourcePlan,
  type Sender,
  sendersOf,
} from "./log_source_plan.ts";
import { applyLogSource, groupNamed, logSources, makeGroup, receiving } from "./log_sources.ts";
import { installedText } from "./text.ts";
import { openConfigured, type QradarOptions, type QradarWorld } from "./world.ts";

/** How long one task of a console may take, unless somebody says otherwise. */
export const CONSOLE_TASK_SECS = 1_800;

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
  const way: ContentWay = await (options.piecewise ? piecewiseWay : extensionWay)(opened, world);
  const { content, notBrought } = way;
  const sources = await logSources(console);
  const group = options.group === undefined ? null : await groupNamed(console, options.group);
  const planned = plansOf(senders, sources, way.ids, group);
  const receiver = planned.some(({ action }) => action === "create")
    ? await receiving(console, options.collector)
    : null;
  const isNew = content.action !== "unchanged";
  const changed = isNew || planned.some(({ action }) => action !== "unchanged");
  const found = { ...opened, content, changed, dryRun: options.dryRun, notBrought };
  const tell = (
    plans: readonly LogSourcePlan[],
    deployed: boolean,
    preview: readonly ItemCount[] | null,
  ) => world.screen.write(installedText({ ...found, plans, deployed, preview }, options.json));
  if (options.dryRun) {
    await tell(planned, false, way.items);
    return EXIT.ok;
  }
  const preview = isNew ? await way.bring() : null;
  const made = group === -1 ? await makeGroup(console, options.group ?? "") : group;
  const plans = plansOf(senders, sources, await way.idsAfter(), made);
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
  group: number | null,
): readonly LogSourcePlan[] {
  return senders.map((sender) => logSourcePlan(sender, sources, ids, group));
}
