import { expect } from "vitest";

/**
 * `vitest` for the tests of a room in one process: collects what a file declares, so that each test can be run again and
 * again without loading anything. What it lacks (snapshots, mocks of modules) makes a test fail without a mutant: it is left out.
 */
export interface CollectedTest {
  readonly name: string;
  readonly suites: readonly Suite[];
  run(): unknown;
}

interface Suite {
  readonly before: Hook[];
  readonly after: Hook[];
  readonly beforeAll: Hook[];
  hasBegun: boolean;
}

type Hook = () => unknown;
type Body = (...args: unknown[]) => unknown;

/** What the files that were loaded so far declare. */
export const collected: CollectedTest[] = [];
let suites: readonly Suite[] = [];
/** The clean-ups that the running test has asked for. */
let finishers: Hook[] = [];

/** The file's own hooks end with it. */
export async function inFile(load: () => Promise<unknown>): Promise<void> {
  suites = [newSuite()];
  await load();
  suites = [];
}

/** Runs a test with its hooks. Rejects if it fails. */
export async function runCollected(test: CollectedTest): Promise<void> {
  finishers = [];
  const ended = finishers;
  try {
    for (const suite of test.suites) {
      if (!suite.hasBegun) for (const hook of suite.beforeAll) await hook();
      suite.hasBegun = true;
    }
    for (const hook of test.suites.flatMap(({ before }) => before)) {
      const cleanUp = await hook();
      if (typeof cleanUp === "function") ended.push(cleanUp as Hook);
    }
    await test.run();
  } finally {
    for (const suite of test.suites.toReversed()) {
      for (const hook of suite.after.toReversed()) await hook();
    }
    for (const hook of ended.toReversed()) await hook();
  }
}

function newSuite(): Suite {
  return { before: [], after: [], beforeAll: [], hasBegun: false };
}

type Add = (name: string, body: Body, args: readonly unknown[]) => void;

/** `it` or `describe`, with the members that the tests use. */
function declarer(add: Add) {
  const bodyOf = (args: readonly unknown[]) =>
    args.find((arg): arg is Body => typeof arg === "function");
  const declare = (name: string, ...args: unknown[]) => {
    const body = bodyOf(args);
    if (body !== undefined) add(name, body, []);
  };
  const skip = () => undefined;
  const table =
    (argsOf: (row: unknown) => readonly unknown[]) =>
    (rows: readonly unknown[]) =>
    (name: string, ...args: unknown[]) => {
      for (const [at, row] of rows.entries()) add(`${name} [${at}]`, bodyOf(args)!, argsOf(row));
    };
  return Object.assign(declare, {
    skip,
    skipIf: (isSkipped: unknown) => (isSkipped ? skip : declare),
    runIf: (isRun: unknown) => (isRun ? declare : skip),
    each: table((row) => (Array.isArray(row) ? row : [row])),
    for: table((row) => [row, { expect }]),
    concurrent: declare,
    sequential: declare,
  });
}

export { expect };
export const it = declarer((name, body, args) => {
  const context = { expect, onTestFinished };
  const own = args.length === 0 ? [context] : args;
  collected.push({ name, suites, run: () => body(...own) });
});
export const test = it;
export const describe = declarer((_name, body, args) => {
  const outer = suites;
  suites = [...outer, newSuite()];
  body(...args);
  suites = outer;
});
export const beforeEach = (hook: Hook) => suites.at(-1)?.before.push(hook);
export const afterEach = (hook: Hook) => suites.at(-1)?.after.push(hook);
export const beforeAll = (hook: Hook) => suites.at(-1)?.beforeAll.push(hook);
/** The process ends after the last test anyway. */
export const afterAll = () => undefined;
export const onTestFinished = (hook: Hook) => finishers.push(hook);
export { vi } from "vitest";
