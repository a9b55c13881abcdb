import { type ChildProcess, fork } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { instrument, type Untried } from "./instrument.ts";
import type { Mutant } from "./tally.ts";
import type { Ready, Tried } from "./trier.ts";

const TRIER = fileURLToPath(new URL("trier.ts", import.meta.url));
/** An answer that does not come for so long means that the mutant holds the process. */
const PATIENCE_MS = 300_000;

/** Patterns of a room's code and of its tests. */
export interface Room {
  readonly code: string;
  readonly tests: string;
}

/** Tries the room's mutants, `jobs` at a time; only those that `isWanted`. */
export async function tryRoom(
  { code, tests }: Room,
  jobs: number,
  isWanted: (mutant: Untried) => boolean,
  say: (text: string) => void,
): Promise<Mutant[]> {
  const { mutants } = await instrument(globSync(code).map((path) => resolve(path)));
  const queue = mutants.filter(isWanted);
  const all = queue.length;
  const tried: Mutant[] = [];

  async function work(isFirst: boolean): Promise<void> {
    let trier: ChildProcess | null = null;
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      trier ??= await startTrier(
        code,
        tests,
        isFirst && tried.length === 0 ? say : () => undefined,
      );
      trier.send(mutant.id);
      const answer = await messageOf<Tried>(trier);
      if (answer === null) {
        trier.kill("SIGKILL");
        trier = null;
      }
      tried.push({ ...mutant, status: answer?.status ?? "Timeout" });
      if (tried.length % 100 === 0) say(`${tried.length} of ${all}`);
    }
    trier?.disconnect();
  }

  await Promise.all(Array.from({ length: jobs }, (_, at) => work(at === 0)));
  return tried;
}

async function startTrier(
  code: string,
  tests: string,
  say: (text: string) => void,
): Promise<ChildProcess> {
  const trier = fork(TRIER, [code, tests], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ready = await messageOf<Ready>(trier);
  if (ready === null) throw new Error(`Cannot load the tests ${tests}: the process has ended`);
  say(`${ready.tests} tests; ${ready.leftOut.length} left out, which need vitest itself`);
  for (const name of ready.leftOut) say(`left out: ${name.split("\n", 1)[0]}`);
  return trier;
}

/** The next message; null if the process ends or stays silent. */
function messageOf<T>(child: ChildProcess): Promise<T | null> {
  const { promise, resolve: settle } = Promise.withResolvers<T | null>();
  const timer = setTimeout(() => settle(null), PATIENCE_MS);
  const onMessage = (message: unknown) => settle(message as T);
  const onExit = () => settle(null);
  child.once("message", onMessage).once("exit", onExit);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off("message", onMessage).off("exit", onExit);
  });
}
