import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeFiles } from "../../plugin/host/node_files.ts";
import { chunked } from "../support/fake_effects.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mimecast-input-own-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const bytes = (text: string) => Buffer.from(text);

describe("nodeFiles().makeFolder()", () => {
  it("makes the folders above, and takes one that is there", async () => {
    await nodeFiles().makeFolder(at("a/b/c"));
    await nodeFiles().makeFolder(at("a/b/c"));
    expect(lstatSync(at("a/b/c")).isDirectory()).toBe(true);
  });

  it("takes what two make at the same time", async () => {
    const files = nodeFiles();
    await Promise.all(Array.from({ length: 20 }, () => files.makeFolder(at("x/y/z"))));
    expect(readdirSync(at("x/y"))).toEqual(["z"]);
  });

  it.skipIf(process.platform !== "linux")("ends where a folder can't be made at all", async () => {
    await expect(nodeFiles().makeFolder("/proc/mimecast-input/acme")).rejects.toMatchObject({
      code: "state_enoent",
      hint: "Create the folder, or correct state_dir",
    });
  });

  it("follows a link to the folder itself: systemd makes one with DynamicUser", async () => {
    mkdirSync(at("private"), { mode: 0o700 });
    symlinkSync(at("private"), at("state"));
    await nodeFiles().makeFolder(at("state/acme"));
    expect(readdirSync(at("private"))).toEqual(["acme"]);
  });

  it("refuses one that every user can write to, and says what to do", async () => {
    mkdirSync(at("open"));
    chmodSync(at("open"), 0o777);
    await expect(nodeFiles().makeFolder(at("open"))).rejects.toMatchObject({
      code: "state_untrusted",
      message: `Cannot use "${at("open")}": it can be written by every user (mode 0777)`,
      hint: expect.stringContaining("chmod"),
    });
    chmodSync(at("open"), 0o1777);
    await nodeFiles().makeFolder(at("open"));
  });
});

describe("nodeFiles().checkFolder()", () => {
  it("refuses a link in it, whatever it leads to", async () => {
    writeFileSync(at("victim"), "precious");
    mkdirSync(at("acme"));
    symlinkSync(at("victim"), at("acme/journal"));
    await expect(nodeFiles().checkFolder(at("acme"))).rejects.toMatchObject({
      code: "state_untrusted",
      message: `Cannot use "${at("acme/journal")}": it is a symbolic link`,
    });
  });

  it("refuses a file that every user can write to", async () => {
    mkdirSync(at("acme"));
    writeFileSync(at("acme/checkpoint"), "");
    await nodeFiles().checkFolder(at("acme"));
    chmodSync(at("acme/checkpoint"), 0o666);
    await expect(nodeFiles().checkFolder(at("acme"))).rejects.toMatchObject({
      code: "state_untrusted",
    });
  });
});

describe("nodeFiles() and a planted link", () => {
  it.each(["read", "overwrite", "spool"] as const)("%s does not follow it", async (what) => {
    writeFileSync(at("victim"), "precious");
    symlinkSync(at("victim"), at("planted"));
    const files = nodeFiles();
    const work = {
      read: () => files.read(at("planted")),
      overwrite: () => files.overwrite(at("planted"), bytes("ours")),
      spool: () => files.spool(at("planted"), chunked([bytes("ours")])),
    }[what];
    await expect(work()).rejects.toMatchObject({ name: "StateError" });
    expect(readFileSync(at("victim"), "utf8")).toBe("precious");
  });

  it("replace and the durable spool take the link away, and write a file of their own", async () => {
    writeFileSync(at("victim"), "precious");
    const files = nodeFiles();
    for (const name of ["a", "b"]) symlinkSync(at("victim"), at(name));
    await files.replace(at("a"), bytes("ours"), 0o644);
    await files.spool(at("b"), chunked([bytes("ours")]), true);
    for (const name of ["a", "b"]) {
      expect(lstatSync(at(name)).isFile()).toBe(true);
      expect(readFileSync(at(name), "utf8")).toBe("ours");
    }
    expect(readFileSync(at("victim"), "utf8")).toBe("precious");
    expect(lstatSync(at("victim")).mode & 0o777).not.toBe(0o666);
  });
});

describe("nodeFiles().spool(), durable", () => {
  it("leaves the file of an earlier try as it was where it is cut short", async () => {
    const files = nodeFiles();
    await files.spool(at("kept"), chunked([bytes("whole")]), true);
    const cut = new Error("cut");
    await expect(files.spool(at("kept"), chunked([bytes("ha"), cut]), true)).rejects.toBe(cut);
    expect(readFileSync(at("kept"), "utf8")).toBe("whole");
    expect(readdirSync(folder)).toEqual(["kept"]);
  });
});

describe("nodeFiles().replace() after a kill", () => {
  const temporary = () => readdirSync(folder).filter((name) => name.endsWith(".tmp"));

  it("removes what killed processes left beside the file, not what another one is writing", async () => {
    const script = `import { nodeFiles } from ${JSON.stringify(new URL("../../plugin/host/node_files.ts", import.meta.url).href)};
      const bytes = new Uint8Array(64 * 1024 * 1024);
      for (;;) await nodeFiles().replace(${JSON.stringify(at("checkpoint"))}, bytes);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
    const exit = new Promise((done) => child.once("exit", done));
    while (temporary().length === 0) await new Promise((done) => setTimeout(done, 1));
    child.kill("SIGKILL");
    await exit;
    writeFileSync(at("checkpoint.0a1b2c3d.tmp"), "half");
    writeFileSync(at("checkpoint.4711.tmp"), "of an earlier version");
    const old = new Date(Date.now() - 3_600_000);
    for (const name of temporary()) utimesSync(at(name), old, old);
    writeFileSync(at("checkpoint.ffffffff.tmp"), "another process is writing this");
    await nodeFiles().replace(at("checkpoint"), bytes("new"));
    expect(readdirSync(folder)).toEqual(["checkpoint", "checkpoint.ffffffff.tmp"]);
  });

  it("leaves files alone that only look alike", async () => {
    const names = ["checkpoint.api-1.0", "checkpoint.previous", "checkpoint.previous.x.tmp"];
    const old = new Date(0);
    for (const name of names) {
      writeFileSync(at(name), "");
      utimesSync(at(name), old, old);
    }
    await nodeFiles().replace(at("checkpoint"), bytes("new"));
    expect(readdirSync(folder)).toEqual(["checkpoint", ...names]);
  });
});

const root = process.getuid?.() === 0;
if (!root) process.stderr.write("skipped: files of another user are made by root only\n");

describe.skipIf(!root)("nodeFiles() and what another user made", () => {
  it("refuses his folder and his file", async () => {
    mkdirSync(at("his"));
    chownSync(at("his"), 2002, 2002);
    await expect(nodeFiles().makeFolder(at("his"))).rejects.toMatchObject({
      message: `Cannot use "${at("his")}": it belongs to user 2002, and this process runs as user 0`,
    });
    mkdirSync(at("ours"));
    writeFileSync(at("ours/checkpoint"), "");
    chownSync(at("ours/checkpoint"), 2002, 2002);
    await expect(nodeFiles().checkFolder(at("ours"))).rejects.toMatchObject({
      code: "state_untrusted",
    });
  });
});
