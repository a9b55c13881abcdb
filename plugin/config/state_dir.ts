import { DEFAULTS } from "./defaults.ts";

/** `state_dir` if the file names none: systemd's, else `/var/lib/mimecast-input`. */
export function defaultStateDir(env: Readonly<Record<string, string | undefined>>): string {
  // systemd.exec: several directories are separated by colons.
  const systemd = env.STATE_DIRECTORY?.split(":")[0];
  return systemd?.startsWith("/") ? systemd : DEFAULTS.state_dir;
}

/** `state_dir` of a configuration that may be broken otherwise; null if no absolute path can be found. */
export function findStateDir(text: string): string | null {
  const found = STATE_DIR.exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3] ?? null;
}

/** In double quotes, in single quotes, or bare; a comment may follow. */
const STATE_DIR =
  /^state_dir[ \t]*:[ \t]*(?:"(\/[^"\n]*)"|'(\/[^'\n]*)'|(\/[^\s#]*))[ \t]*(?:#.*)?\r?$/m;
