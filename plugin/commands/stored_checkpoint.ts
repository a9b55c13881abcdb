import type { AccountConfig, Config } from "../config/config.ts";
import type { EtcdWorld } from "../fleet/open_fleet.ts";
import type { Checkpoint } from "../state/checkpoint.ts";
import { checkpointFile } from "../state/checkpoint_file.ts";
import { accountFolder } from "../state/paths.ts";

/** The checkpoint of an account as the fleet or the state directory has it now, to look at. Throws `StateError`. */
export async function storedCheckpoint(
  { state, stateDir }: Pick<Config, "state" | "stateDir">,
  { name, api }: Pick<AccountConfig, "name" | "api">,
  world: Pick<EtcdWorld, "etcd" | "effects">,
): Promise<Checkpoint> {
  if (state === null) {
    return checkpointFile(world.effects.files, accountFolder(stateDir, name)).read(name, api);
  }
  const { openReadOnly } = await import("../fleet/open_fleet.ts");
  const { store } = await openReadOnly(state, world);
  return store(name).read(name, api);
}
