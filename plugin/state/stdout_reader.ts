import type { Config } from "../config/config.ts";
import type { Effects } from "../effects.ts";
import { judgeReader, type Reader } from "./reader.ts";
import { findLineage, hasTerminal } from "./shipper.ts";

/** What this needs to find the reader of stdout. */
export interface ReaderWorld {
  readonly effects: Pick<Effects, "files" | "stdout">;
  readonly pid: number;
  /** The pid at this moment: it changes when the process that started us ends. */
  parentPid(): number;
  /** True where stdin or stderr is a terminal. */
  readonly terminal: boolean;
  /** True where stdout is journald's. */
  readonly journal: boolean;
  /** The processes that have the reading end of stdout's pipe open, likely ones first; null if the system does not say. */
  pipeReaders(likely: readonly number[]): Promise<readonly number[] | null>;
}

/** The reader of stdout, and the processes that read it, as far as the system shows them. */
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
