import { afterAll, afterEach } from "vitest";
import { createWorkspace, type Workspace } from "./program.ts";

/** Steps that undo what a test has opened. */
export type Closers = (() => unknown)[];

/** For what one test opens: taken after each, the last step first. */
export function closersOfEach(): Closers {
  const closers: Closers = [];
  afterEach(() => closeAll(closers));
  return closers;
}

/** For what the tests of a file share: taken after all of them. */
export function closersOfAll(): Closers {
  const closers: Closers = [];
  afterAll(() => closeAll(closers));
  return closers;
}

/** A workspace that is removed with the rest. */
export function workspaceFor(closers: Closers): Workspace {
  const workspace = createWorkspace();
  closers.push(() => workspace.remove());
  return workspace;
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}
