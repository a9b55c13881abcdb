import type { Config } from "../config/config.ts";
import type { Delivery } from "../deliver/delivery.ts";
import { lookingFiles } from "../state/looking_files.ts";
import { budgetFolder } from "../state/paths.ts";
import type { PollWorld } from "./poll_world.ts";

/** The world of a run that leaves no trace. */
interface LookingWorld {
  readonly world: PollWorld;
  /** Where accounts keep what they need for the time of the run. */
  readonly folder: string;
  /** Removes it. */
  close(): Promise<void>;
}

/** What is written stays in memory or in a temporary folder, and no lock is taken: a shipper may poll meanwhile. */
function lookingWorld(config: Pick<Config, "stateDir">, world: PollWorld): LookingWorld {
  const { effects } = world;
  // Nobody can have put a folder of this name there before.
  const folder = `${world.temporaryFolder}/mimecast-input-${effects.randomUUID()}`;
  const isShared = (path: string) => path.startsWith(`${budgetFolder(config.stateDir)}/`);
  const files = lookingFiles(effects.files, folder, isShared);
  return {
    world: { ...world, effects: { ...effects, files }, lock: async () => () => {} },
    folder,
    close: () => effects.files.remove(folder),
  };
}

/** Works in a world in which nothing that is written stays, and clears up. */
export async function look(
  world: PollWorld,
  config: Config,
  work: (looking: LookingWorld) => Promise<number>,
): Promise<number> {
  const looking = lookingWorld(config, world);
  try {
    return await work(looking);
  } finally {
    await looking.close();
  }
}

/** What such a run does otherwise. */
export interface Looking {
  /** Instead of the accounts' folders. */
  readonly folder: string;
  /** To be said to QRadar. */
  readonly notice: string | null;
  wrap?(delivery: Delivery): Delivery;
}
