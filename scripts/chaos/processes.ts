import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The plugin's processes that run with this configuration: never another one's. */
export function pluginProcesses(configPath: string): number[] {
  const wanted = `MIMECAST_INPUT_CONFIG=${configPath}`;
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    const args = textOf(`/proc/${pid}/cmdline`).split("\0");
    if (!args[1]?.endsWith("mimecast-input") || args[2] !== "poll") return [];
    return textOf(`/proc/${pid}/environ`).split("\0").includes(wanted) ? [pid] : [];
  });
}

/** Sends a signal; false where the process has ended. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Stops processes for a while. */
export async function paused(pids: readonly number[], forMs: number): Promise<void> {
  for (const pid of pids) signal(pid, "SIGSTOP");
  await sleep(forMs);
  for (const pid of pids) signal(pid, "SIGCONT");
}
