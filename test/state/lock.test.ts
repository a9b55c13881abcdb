import { type ChildProcess, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StateError } from "../../plugin/errors.ts";
import { isLockHeld, lockFile } from "../../plugin/state/lock.ts";

const CHILD = new URL("../support/children/lock_holder.ts", import.meta.url).pathname;

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-lock-"));
  path = join(folder, "lock");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that tries to take the lock: "held", or the code of its error. */
async function other(): Promise<{ said: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [CHILD, path], { stdio: ["pipe", "pipe", "ignore"] });
  children.push(child);
  const said = await new Promise<string>((resolve) => {
    child.stdout?.once("data", (piece: Buffer) => resolve(piece.toString().trim()));
  });
  return { said, child };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const over = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await over;
}

/** How often this very process has the file open; null where the system does not tell. */
function descriptors(): number | null {
  if (process.platform !== "linux") return null;
  const folderOfOurs = "/proc/self/fd";
  return readdirSync(folderOfOurs).filter((name) => {
    try {
      return readlinkSync(join(folderOfOurs, name)) === path;
    } catch {
      return false;
    }
  }).length;
}

const held = { code: "lock_held", message: expect.stringContaining(`another process holds "`) };

describe("lockFile()", () => {
  it("is refused while another process holds it, with what to do", async () => {
    expect((await other()).said).toBe("held");
    await expect(lockFile(path, `account "acme"`)).rejects.toMatchObject({
      ...held,
      hint: expect.stringContaining("--account"),
    });
  });

  it("refuses another process while we hold it, and lets it in after the release", async () => {
    const release = await lockFile(path, `account "acme"`);
    expect((await other()).said).toBe("lock_held");
    release();
    expect((await other()).said).toBe("held");
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("goes with a process that %s ends", async (signal) => {
    const { child } = await other();
    await ended(child, signal);
    const release = await lockFile(path, `account "acme"`);
    release();
  });

  it("is held by a process that stands still", async () => {
    const { child } = await other();
    child.kill("SIGSTOP");
    await expect(lockFile(path, `account "acme"`)).rejects.toMatchObject(held);
    child.kill("SIGCONT");
  });

  it("is not lost by a second attempt of the same process", async () => {
    const release = await lockFile(path, `account "acme"`);
    await expect(lockFile(path, `account "acme"`)).rejects.toMatchObject(held);
    expect((await other()).said).toBe("lock_held");
    release();
  });

  it("leaves one empty file of mode 0600, and takes an empty file that is there", async () => {
    (await lockFile(path, `account "acme"`))();
    expect(readdirSync(folder)).toEqual(["lock"]);
    expect(statSync(path)).toMatchObject({ size: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    (await lockFile(path, `account "acme"`))();
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it("is not asked twice: one account's lock is not another's", async () => {
    const release = await lockFile(path, `account "acme"`);
    const second = await lockFile(join(folder, "lock of beta"), "beta");
    release();
    second();
  });

  it("says where it can't be made", async () => {
    const missing = join(folder, "none", "lock");
    const error = await lockFile(missing, "acme").catch((reason) => reason);
    expect(error).toBeInstanceOf(StateError);
    expect(error).toMatchObject({
      message: `Cannot create lock "${missing}": its folder does not exist`,
    });
  });

  it("says that the file is none", async () => {
    mkdirSync(path);
    const error = await lockFile(path, `account "acme"`).catch((reason) => reason);
    expect(error).toBeInstanceOf(StateError);
    expect(error.code).not.toBe("lock_held");
  });

  it("is refused where the file holds something else", async () => {
    writeFileSync(path, "this is no lock file of ours, and long enough to be looked at".repeat(20));
    const error = await lockFile(path, `account "acme"`).catch((reason) => reason);
    expect(error).toBeInstanceOf(StateError);
    expect(error.code).not.toBe("lock_held");
  });
});

describe("isLockHeld()", () => {
  it("is false for an account that was never collected, and makes no file", async () => {
    expect(await isLockHeld(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is true while another process holds the lock, and false when that has gone", async () => {
    const { child } = await other();
    expect(await isLockHeld(path)).toBe(true);
    expect(await isLockHeld(path)).toBe(true);
    await ended(child, "SIGKILL");
    expect(await isLockHeld(path)).toBe(false);
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("does not keep the lock that it has asked for", async () => {
    (await lockFile(path, "acme"))();
    expect(await isLockHeld(path)).toBe(false);
    expect((await other()).said).toBe("held");
  });

  it("says where it can't be told", async () => {
    writeFileSync(path, "this is no lock file of ours, and long enough to be looked at".repeat(20));
    await expect(isLockHeld(path)).rejects.toMatchObject({
      name: "StateError",
      message: expect.stringContaining(`Cannot read lock "${path}"`),
    });
    const below = join(path, "lock");
    await expect(isLockHeld(below)).rejects.toMatchObject({
      name: "StateError",
      code: "state_enotdir",
    });
  });
});

describe("a lock that is refused, or only looked at", () => {
  it("leaves no file open: a run that follows asks again and again", async () => {
    await other();
    const before = descriptors();
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(lockFile(path, "acme")).rejects.toMatchObject(held);
      expect(await isLockHeld(path)).toBe(true);
    }
    expect(descriptors()).toBe(before);
  });
});
