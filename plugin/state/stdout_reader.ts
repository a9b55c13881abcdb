import type { Config } from "../config/config.ts";
import type { Effects } from "../effects.ts";
import { judgeReader, type Reader } from "./reader.ts";
import { findLineage, hasTerminal } from "./shipper.ts";

/** What it takes to know who reads stdout. */
export interface ReaderWorld {
  readonly effects: Pick<Effects, "files" | "stdout">;
  readonly pid: number;
  /** Of this moment: it changes when the process that started us ends. */
  parentPid(): number;
  /** True where stdin or stderr is a terminal. */
  readonly terminal: boolean;
  /** True where stdout is journald's. */
  readonly journal: boolean;
  /** Who has the reading end of stdout's pipe open, the likely ones asked first; null where that can't be told. */
  pipeReaders(likely: readonly number[]): Promise<readonly number[] | null>;
}

/** Who is behind stdout, and the processes that read it as far as that can be told. */
export async function stdoutReader(
  config: Pick<Config, "handover">,
  world: ReaderWorld,
): Promise<{ readonly reader: Reader; readonly pids: readonly number[] }> {
  const { files, stdout } = world.effects;
  const { pid, journal } = world;
  const parentPid = world.parentPid();
  const lineage = await findLineage(files, parentPid);
  const pids =
    stdout.kind === "pipe" ? await world.pipeReaders(lineage.map((each) => each.pid)) : null;
  const reader = judgeReader({
    out: stdout.kind,
    terminal: world.terminal || (await hasTerminal(files)),
    lineage,
    readers: pids === null ? null : await named(files, pids),
    journal,
    trustDrained: config.handover === "drained",
    pid,
    parentPid,
  });
  return { reader, pids: pids ?? [] };
}

async function named(files: Effects["files"], pids: readonly number[]) {
  return Promise.all(
    pids.map(async (pid) => {
      const [process] = await findLineage(files, pid);
      return { pid, name: process?.name ?? "" };
    }),
  );
}
