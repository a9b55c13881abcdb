import { afterAll, afterEach } from "vitest";
import { type Fake, type FakeOptions, startFake } from "./fake_mimecast/fake.ts";
import { createWorkspace, type Workspace } from "./program.ts";
import { type Qradar, type QradarOptions, startQradar } from "./qradar_receiver.ts";

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

/** A fake Mimecast that is closed with the rest. */
export async function fakeFor(closers: Closers, options?: FakeOptions): Promise<Fake> {
  const fake = await startFake(options);
  closers.push(() => fake.close());
  return fake;
}

/** A listener in QRadar's stead that is closed with the rest. */
export async function qradarFor(closers: Closers, options?: QradarOptions): Promise<Qradar> {
  const qradar = await startQradar(options);
  closers.push(() => qradar.close());
  return qradar;
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
