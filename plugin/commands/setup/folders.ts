import { dirname } from "node:path";
import { ConfigError } from "../../errors.ts";
import type { SetupUser } from "../../host/current_user.ts";
import type { SetupFiles } from "./setup_files.ts";

/** The command with which root makes a folder for a user. */
export function makeFolderCommand(folder: string, user: string): string {
  return `install -d -m 0700 -o ${user} -g "$(id -gn ${user})" ${folder}`;
}

/** Throws a `ConfigError` where this user can't write in the folder of the configuration, or make it. */
export async function refuseUnwritable(
  path: string,
  stateDir: string,
  user: SetupUser,
  files: SetupFiles,
): Promise<void> {
  const folder = dirname(path);
  if (await files.isUsable(folder)) return;
  const commands = [folder, ...((await files.isUsable(stateDir)) ? [] : [stateDir])];
  throw new ConfigError(
    `Cannot set up the account: the user ${user.name} may not write in ${JSON.stringify(folder)}`,
    {
      code: "setup_folder",
      hint: `Run setup as the user that runs the shipper, and before that as root: ${commands
        .map((each) => makeFolderCommand(each, user.name))
        .join(" && ")}; or name other folders with --config and --state-dir`,
    },
  );
}
