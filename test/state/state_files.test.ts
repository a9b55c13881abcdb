import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFiles } from "../../plugin/host/node_files.ts";
import { lockFile } from "../../plugin/state/lock.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mimecast-state-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1, 2]);
  yield new Uint8Array([3]);
}

test("files of the state directory are 0600 and its folders 0700", async () => {
  const files = nodeFiles();
  const state = join(folder, "state", "acme");
  await files.makeFolder(state);
  await files.replace(join(state, "replaced"), new Uint8Array([1]));
  await files.overwrite(join(state, "overwritten"), new Uint8Array([1]));
  await files.spool(join(state, "spooled"), pieces());
  const release = await lockFile(join(state, "lock"), "acme");
  try {
    for (const name of await files.list(state)) {
      expect(`${name} ${modeOf(join(state, name))}`).toBe(`${name} 600`);
    }
    const made = ["lock", "overwritten", "replaced", "spooled"];
    expect(await files.list(state)).toEqual(expect.arrayContaining(made));
    expect(modeOf(state)).toBe("700");
    expect(modeOf(join(folder, "state"))).toBe("700");
  } finally {
    release();
  }
});

test("a replaced file leaves no temporary file, and keeps its mode", async () => {
  const files = nodeFiles();
  const path = join(folder, "checkpoint");
  await files.replace(path, new Uint8Array([1]));
  await files.replace(path, new Uint8Array([2]));
  expect(await files.list(folder)).toEqual(["checkpoint"]);
  expect(modeOf(path)).toBe("600");
  expect(existsSync(path)).toBe(true);
});
