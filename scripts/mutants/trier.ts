import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { instrument } from "./instrument.ts";
import { type CollectedTest, collected, inFile, runCollected } from "./small_vitest.ts";

/**
 * The process that tries the mutants of a room: `node trier.ts CODE TESTS`, two patterns. It loads the instrumented room and
 * its tests once, sees which test covers which mutant, says so (`Ready`), and then answers each number of a mutant with its end (`Tried`).
 */
export interface Ready {
  readonly tests: number;
  /** Tests that fail without a mutant: they need vitest itself. */
  readonly leftOut: readonly string[];
}

export interface Tried {
  readonly id: string;
  /** In Stryker's words. "Ignored": runs when the file is loaded, which happens once. */
  readonly status: "Killed" | "Timeout" | "Survived" | "NoCoverage" | "Ignored";
}

/** What Stryker's instrumented code reads and writes. */
interface Switchboard {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number;
  hitLimit?: number;
  mutantCoverage?: { static: Counts; perTest: Record<string, Counts> };
}
type Counts = Record<string, number>;

interface Usable {
  readonly id: string;
  readonly test: CollectedTest;
  readonly tookMs: number;
}

const [code = "", tests = ""] = process.argv.slice(2);
const SMALL_VITEST = new URL("small_vitest.ts", import.meta.url).href;
const TESTS = new URL("../../test/", import.meta.url).href;
const { sources } = await instrument(globSync(code).map((path) => resolve(path)));
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "vitest" && context.parentURL?.startsWith(TESTS) === true
      ? { url: SMALL_VITEST, shortCircuit: true }
      : next(specifier, context),
  load(url, context, next) {
    const source = sources.get(url);
    if (source === undefined) return next(url, context);
    return { format: "module-typescript", source, shortCircuit: true };
  },
});
const board: Switchboard = {};
Object.assign(globalThis, { __stryker__: board });
const leftOut: string[] = [];
const usable = await loadTests();
process.send?.({ tests: usable.length, leftOut } satisfies Ready);
process.on("message", async (id: string) => {
  process.send?.({ id, status: await endOf(id) } satisfies Tried);
});
process.on("disconnect", () => process.exit());

async function loadTests(): Promise<Usable[]> {
  const found: Usable[] = [];
  await import("../../test/support/property_seed.ts");
  for (const path of globSync(tests)) {
    await inFile(() => import(pathToFileURL(resolve(path)).href));
  }
  // A test that fails may leave a promise or a socket behind that fails later.
  process.on("unhandledRejection", () => undefined);
  process.on("uncaughtException", () => undefined);
  for (const [at, test] of collected.entries()) {
    const id = String(at);
    board.currentTestId = id;
    const began = performance.now();
    const failure = await failureOf(test, 120_000);
    if (failure === null) found.push({ id, test, tookMs: performance.now() - began });
    else leftOut.push(`${test.name}: ${String(failure)}`);
  }
  board.currentTestId = undefined;
  return found.toSorted((a, b) => a.tookMs - b.tookMs);
}

async function endOf(mutant: string): Promise<Tried["status"]> {
  const coverage = board.mutantCoverage;
  const covering = usable.filter(({ id }) => coverage?.perTest[id]?.[mutant] !== undefined);
  if (covering.length === 0) {
    return coverage?.static[mutant] === undefined ? "NoCoverage" : "Ignored";
  }
  for (const { id, test, tookMs } of covering) {
    board.activeMutant = mutant;
    board.hitCount = 0;
    // A loop that has become endless ends with an error of the instrumented code.
    board.hitLimit = 100 * (coverage?.perTest[id]?.[mutant] ?? 1) + 100;
    const failure = await failureOf(test, 5000 + 10 * tookMs);
    board.activeMutant = undefined;
    if (failure !== null) return failure === OUT_OF_TIME ? "Timeout" : "Killed";
  }
  return "Survived";
}

const OUT_OF_TIME = "out of time";

async function failureOf(test: CollectedTest, limitMs: number): Promise<unknown> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(OUT_OF_TIME), limitMs);
  const run = runCollected(test);
  run.catch(() => undefined);
  try {
    await Promise.race([run, limit.promise]);
    return null;
  } catch (error) {
    return error ?? "failed";
  } finally {
    clearTimeout(timer);
  }
}
