import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const CHILD = new URL("../support/children/stdout_writer.ts", import.meta.url).pathname;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-stdout-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly kind?: string;
  readonly accepted?: number;
  readonly refused?: number;
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
}

function start(writes: number, size: number, stdout: "pipe" | number): ChildProcess {
  return spawn(process.execPath, [CHILD, String(writes), String(size)], {
    stdio: ["ignore", stdout, "pipe"],
  });
}

async function end(child: ChildProcess): Promise<readonly Told[]> {
  const pieces: Buffer[] = [];
  child.stderr?.on("data", (piece: Buffer) => pieces.push(piece));
  await new Promise((resolve) => child.on("close", resolve));
  const lines = Buffer.concat(pieces).toString().split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

const intoFile = async (path: string, writes: number, size: number, flags = "a") => {
  const file = openSync(path, flags);
  try {
    return await end(start(writes, size, file));
  } finally {
    closeSync(file);
  }
};

describe("nodeStdout() into a pipe", () => {
  it("has given everything to the reader before the process ends, many times what a pipe holds", async () => {
    const child = start(20, 100_000, "pipe");
    const sizes: number[] = [];
    let size = 0;
    child.stdout?.on("data", (piece: Buffer) => {
      size += piece.length;
      sizes.push(piece.length);
    });
    const told = await end(child);
    expect(told[0]).toEqual({ kind: "pipe" });
    expect(told.filter((each) => each.accepted !== undefined)).toHaveLength(20);
    expect(size).toBe(2_000_000);
    expect(sizes.length).toBeGreaterThan(20);
  });

  it("waits for a reader that stands still, and accepts no more than the pipe holds", async () => {
    const child = start(2, 1_000_000, "pipe");
    const told: Told[] = [];
    child.stderr?.on("data", (piece: Buffer) => {
      for (const line of piece.toString().split("\n")) {
        if (line.startsWith("{")) told.push(JSON.parse(line));
      }
    });
    // The child has told its kind, and is at its first write: nothing is read from its stdout.
    await new Promise<void>((resolve) => child.stderr?.once("data", () => resolve()));
    await new Promise<void>((resolve) => child.stdout?.once("readable", resolve));
    expect(told.filter((each) => each.accepted !== undefined)).toEqual([]);
    let size = 0;
    child.stdout?.on("data", (piece: Buffer) => {
      size += piece.length;
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(size).toBe(2_000_000);
    expect(told.at(-1)).toEqual({ accepted: 1 });
  });

  it("says that the shipper is gone where the reader has closed it, at each write", async () => {
    const child = start(1000, 10_000, "pipe");
    child.stdout?.once("data", () => child.stdout?.destroy());
    const told = await end(child);
    const refused = told.filter((each) => each.refused !== undefined);
    expect(refused).toHaveLength(2);
    for (const each of refused) {
      expect(each).toMatchObject({
        name: "ShipperGoneError",
        code: "shipper_gone",
        message: "Cannot write to stdout: the reader has closed it",
      });
    }
  });
});

describe("nodeStdout() into a file", () => {
  it("knows the file and writes all of it", async () => {
    const path = join(folder, "out");
    const told = await intoFile(path, 3, 300_000);
    expect(told[0]).toEqual({ kind: "file" });
    expect(readFileSync(path).length).toBe(900_000);
  });

  it("ends half a line that a killed run left, and leaves whole lines as they are", async () => {
    const path = join(folder, "out");
    writeFileSync(path, "half a li");
    await intoFile(path, 1, 5);
    await intoFile(path, 1, 5);
    expect(readFileSync(path, "utf8")).toBe("half a li\n0000\n0000\n");
  });

  it("takes /dev/null for a device: nothing to wait for", async () => {
    expect((await intoFile("/dev/null", 1, 5, "w"))[0]).toEqual({ kind: "device" });
  });
});

const small = () => join(folder, "small");
const canMount = process.getuid?.() === 0 && spawnSync("mountpoint", ["-q", "/"]).status === 0;
if (!canMount) process.stderr.write("skipped: a full disk is mounted by root only\n");

describe.skipIf(!canMount)("nodeStdout() on a full disk", () => {
  beforeEach(() => {
    spawnSync("mkdir", [small()]);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small()]);
    expect(mounted.status, String(mounted.stderr)).toBe(0);
  });
  afterEach(() => {
    spawnSync("umount", [small()]);
  });

  it("does not take a short write for a whole one", async () => {
    const path = join(small(), "out");
    const told = await intoFile(path, 4, 40_000);
    expect(told.filter((each) => each.accepted !== undefined)).toEqual([{ accepted: 0 }]);
    expect(told.find((each) => each.refused !== undefined)).toMatchObject({
      refused: 1,
      name: "StateError",
      code: "state_enospc",
      message: "Cannot write to standard output: the disk is full",
    });
    // The second line is cut, as a full disk cuts it; the next run ends it.
    const size = readFileSync(path).length;
    expect(size).toBeGreaterThan(40_000);
    expect(size).toBeLessThan(80_000);
    spawnSync("mount", ["-o", "remount,size=1m", small()]);
    await intoFile(path, 1, 5);
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.slice(2)).toEqual(["0000", ""]);
  });
});
