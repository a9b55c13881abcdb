import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { onPath } from "../support/program.ts";

/** What reaches the kernel, seen by strace: no other way shows that a file would survive the machine. */
const CHILD = new URL("../support/children/state_writer.ts", import.meta.url).pathname;
const CALLS = "trace=openat,open,rename,renameat,renameat2,fsync,fdatasync,write,pwrite64,close";

const traced = onPath("strace");
if (!traced) {
  process.stderr.write(
    "skipped: that state files are synced is seen with strace, which is not here\n",
  );
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The calls on the file, its temporary name and its folder, in order: "write file", "sync file", "rename", "sync folder". */
function stepsOf(what: string, path: string): string[] {
  const out = join(folder, "trace");
  const args = ["-f", "-y", "-e", CALLS, "-o", out, process.execPath, CHILD, what, path];
  const { status, stderr } = spawnSync("strace", args, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const steps: string[] = [];
  for (const line of readFileSync(out, "utf8").split("\n")) {
    // A call that another thread's line interrupts is taken where it ends; with -y the file is named where it begins.
    if (!line.includes(folder) || line.includes("trace")) continue;
    const isTemporary = line.includes(`${path}.`) && line.includes(".tmp");
    const isFolder = new RegExp(`<${folder}>`).test(line) && !/openat/.test(line);
    if (/\bp?write(64)?\(/.test(line) && isTemporary) steps.push("write file");
    else if (/\bf(data)?sync\(/.test(line)) {
      if (isTemporary) steps.push("sync file");
      else if (isFolder) steps.push("sync folder");
    } else if (/\brename(at2?)?\(/.test(line) && line.includes(`"${path}"`)) steps.push("rename");
  }
  return steps.filter((step, index) => step !== steps[index - 1]);
}

describe.skipIf(!traced)("nodeFiles() on the real file system", () => {
  it.each(["replace", "spool"])(
    "%s: the bytes are synced, then the name is theirs, then the folder is synced",
    (what) => {
      const path = join(folder, "file");
      expect(stepsOf(what, path)).toEqual(["write file", "sync file", "rename", "sync folder"]);
      expect(readFileSync(path, "utf8")).toBe(what === "replace" ? "content" : "first second");
    },
  );
});
