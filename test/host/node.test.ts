import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import { nodeEffects } from "../../plugin/host/node.ts";
import { nodeFiles } from "../../plugin/host/node_files.ts";
import { chunked, collect } from "../support/fake_effects.ts";

const files = nodeFiles();
const bytes = (text: string) => Buffer.from(text);
const modeOf = (path: string) => statSync(path).mode & 0o777;

let folder: string;
let umask: number;
beforeEach(() => {
  umask = process.umask(0);
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-files-"));
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string) => join(folder, name);

async function failure(work: Promise<unknown>): Promise<StateError> {
  const error = await work.then(
    () => null,
    (reason) => reason,
  );
  if (!(error instanceof StateError)) throw new Error(`Expected a StateError, got ${error}`);
  return error;
}

describe("nodeFiles()", () => {
  it("reads null where there is no file", async () => {
    expect(await files.read(at("none"))).toBeNull();
    expect(await files.list(at("none"))).toEqual([]);
  });

  it("makes every file 0600 and every folder 0700, whatever the umask", async () => {
    await files.makeFolder(at("a/b"));
    await files.replace(at("replaced"), bytes("x"));
    await files.overwrite(at("overwritten"), bytes("x"));
    await files.spool(at("spooled"), chunked([bytes("x")]));
    expect(["a", "a/b"].map((name) => modeOf(at(name)))).toEqual([0o700, 0o700]);
    for (const name of ["replaced", "overwritten", "spooled"]) expect(modeOf(at(name))).toBe(0o600);
  });

  it("replaces a file and leaves nothing beside it", async () => {
    await files.replace(at("file"), bytes("old and longer"));
    await files.replace(at("file"), bytes("new"));
    expect(readFileSync(at("file"), "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("replaces a file by another, so that a reader sees the old or the new one", async () => {
    writeFileSync(at("file"), "old");
    const before = statSync(at("file")).ino;
    await files.replace(at("file"), bytes("new"));
    expect(statSync(at("file")).ino).not.toBe(before);
    const contents = ["a".repeat(200_000), "b".repeat(100_000)];
    await files.replace(at("file"), bytes(contents[0] as string));
    let writing = true;
    const seen = new Set<string>();
    const reading = (async () => {
      while (writing) seen.add(Buffer.from((await files.read(at("file"))) ?? []).toString());
    })();
    for (let i = 0; i < 20; i++) await files.replace(at("file"), bytes(contents[i % 2] as string));
    writing = false;
    await reading;
    for (const content of seen) expect(contents).toContain(content);
  });

  it("keeps the old content, and no temporary file, where it can't replace it", async () => {
    mkdirSync(at("target/inside"), { recursive: true });
    await failure(files.replace(at("target"), bytes("x")));
    expect(readdirSync(folder)).toEqual(["target"]);
    expect(readdirSync(at("target"))).toEqual(["inside"]);
  });

  it("overwrites in place, and leaves what is longer", async () => {
    writeFileSync(at("journal"), "0123456789");
    const before = statSync(at("journal")).ino;
    await files.overwrite(at("journal"), bytes("abc\n"));
    expect(readFileSync(at("journal"), "utf8")).toBe("abc\n456789");
    expect(statSync(at("journal")).ino).toBe(before);
  });

  it("spools a stream and gives it back piece by piece", async () => {
    const pieces = [bytes("one"), bytes(""), bytes("two".repeat(200_000))];
    expect(await files.spool(at("spool"), chunked(pieces), true)).toBe(600_003);
    expect(await collect(files.stream(at("spool")))).toEqual(Buffer.concat(pieces));
  });

  it("hands the failure of a spooled stream on as it is", async () => {
    const reset = new Error("reset");
    await expect(files.spool(at("spool"), chunked([bytes("x"), reset]))).rejects.toBe(reset);
  });

  it("lists names in order, and removes files and folders", async () => {
    for (const name of ["b", "a", "c"]) writeFileSync(at(name), name);
    await files.remove(at("c"));
    await files.remove(at("never there"));
    expect(await files.list(folder)).toEqual(["a", "b"]);
    mkdirSync(at("tmp/deep"), { recursive: true });
    await files.remove(at("tmp"));
    expect(existsSync(at("tmp"))).toBe(false);
  });

  it("names the action, the path and the remedy where a folder is missing", async () => {
    const path = at("none/file");
    for (const work of [
      () => files.replace(path, bytes("x")),
      () => files.overwrite(path, bytes("x")),
      () => files.spool(path, chunked([])),
    ]) {
      expect(await failure(work())).toMatchObject({
        message: `Cannot write "${path}": its folder does not exist`,
        code: "state_enoent",
        hint: "Create the folder, or correct state_dir",
      });
    }
    expect(await failure(collect(files.stream(path)))).toMatchObject({
      message: `Cannot read "${path}": it does not exist`,
    });
  });

  it("names what is no file", async () => {
    expect(await failure(files.read(folder))).toMatchObject({ code: "state_eisdir" });
    writeFileSync(at("file"), "");
    expect(await failure(files.list(at("file")))).toMatchObject({ code: "state_enotdir" });
    expect(await failure(files.makeFolder(at("file/x")))).toMatchObject({ code: "state_enotdir" });
  });
});

const root = process.getuid?.() === 0;
if (!root) process.stderr.write("skipped: full and read-only disks are mounted by root only\n");

describe.skipIf(!root)("nodeFiles() on a small disk", () => {
  const disk = () => at("disk");
  const mount = (...args: string[]) => {
    const { status, stderr } = spawnSync("mount", args);
    expect(status, String(stderr)).toBe(0);
  };
  beforeEach(() => {
    mkdirSync(disk());
    mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", disk());
  });
  afterEach(() => {
    spawnSync("umount", [disk()]);
  });

  it("keeps the old content where the disk is full, and says so", async () => {
    const path = join(disk(), "checkpoint");
    await files.replace(path, bytes("old"));
    expect(await failure(files.replace(path, Buffer.alloc(100_000)))).toMatchObject({
      message: `Cannot write "${path}": the disk is full`,
      code: "state_enospc",
      hint: "Make room on the disk; collection goes on from the last checkpoint",
    });
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(disk())).toEqual(["checkpoint"]);
  });

  it("overwrites in place on a full disk", async () => {
    const path = join(disk(), "journal");
    await files.overwrite(path, Buffer.alloc(4096, 0x0a));
    const fill = spawnSync("dd", ["if=/dev/zero", `of=${join(disk(), "fill")}`, "bs=4k"]);
    expect(fill.status).not.toBe(0);
    await files.overwrite(path, Buffer.alloc(4096, 0x41));
    expect(readFileSync(path, "utf8")).toBe("A".repeat(4096));
  });

  it("says that the disk is read-only", async () => {
    mount("-o", "remount,ro", disk());
    expect(await failure(files.replace(join(disk(), "x"), bytes("x")))).toMatchObject({
      code: "state_erofs",
      hint: "state_dir is on a read-only file system: choose another",
    });
  });
});

if (root) process.stderr.write("skipped: root is refused no file\n");
describe.skipIf(root)("nodeFiles() without permission", () => {
  it("says who needs it", async () => {
    writeFileSync(at("file"), "x");
    chmodSync(at("file"), 0o000);
    expect(await failure(files.read(at("file")))).toMatchObject({
      code: "state_eacces",
      hint: expect.stringContaining("write access"),
    });
  });
});

describe("nodeEffects()", () => {
  const effects = nodeEffects(
    async () => {
      throw new Error("no network");
    },
    () => {},
  );

  it("ends a sleep with the signal's reason", async () => {
    const stop = new AbortController();
    const slept = effects.sleep(2 ** 40, stop.signal);
    stop.abort(new Error("SIGTERM"));
    await expect(slept).rejects.toThrow("SIGTERM");
    await expect(effects.sleep(1000, stop.signal)).rejects.toThrow("SIGTERM");
  });

  it("gives the time in ms, a number below 1 and ids that differ", () => {
    expect(Math.abs(effects.now() - Date.now())).toBeLessThan(60_000);
    expect(effects.random()).toBeLessThan(1);
    expect(effects.randomUUID()).not.toBe(effects.randomUUID());
  });
});
