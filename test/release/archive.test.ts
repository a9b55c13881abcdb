import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { archive } from "../../scripts/release/archive.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A stage made by a shell with this umask, as a checkout and the build make it, in a folder of its own. */
function stage(umask: string, folderMode = "755"): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "mimecast-input-archive-")));
  folders.push(folder);
  const script = [
    `chmod ${folderMode} .`,
    `umask ${umask}`,
    "mkdir -p package/dist package/docs",
    "echo program >package/dist/program.cjs",
    "chmod u+x package/dist/program.cjs",
    "echo page >package/docs/b.md",
    "echo page >package/docs/A.md",
  ];
  execFileSync("sh", ["-ec", script.join("\n")], { cwd: folder });
  return folder;
}

function listed(bytes: Buffer): string {
  return execFileSync("tar", ["tvzf", "-", "--numeric-owner"], {
    input: bytes,
    encoding: "utf8",
    env: { PATH: process.env.PATH, TZ: "UTC" },
  });
}

describe("archive()", () => {
  const wanted = archive(stage("022"), "package", 86_400);

  it.each(["000", "022", "027", "077"])("gives the same bytes under umask %s", (umask) => {
    expect(archive(stage(umask), "package", 86_400).equals(wanted)).toBe(true);
  });

  it("gives the same bytes below a folder with setgid", () => {
    expect(archive(stage("022", "2755"), "package", 86_400).equals(wanted)).toBe(true);
  });

  it("takes no orders from the builder's environment", () => {
    const { TZ, TAR_OPTIONS } = process.env;
    Object.assign(process.env, { TZ: "Asia/Tokyo", TAR_OPTIONS: "--owner=7 --exclude=*.md" });
    try {
      expect(archive(stage("022"), "package", 86_400).equals(wanted)).toBe(true);
    } finally {
      for (const [name, value] of Object.entries({ TZ, TAR_OPTIONS })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it("holds root's files that everybody can read, with the program executable", () => {
    const entries = listed(wanted)
      .trim()
      .split("\n")
      .map((line) => line.replaceAll(/ +/g, " "));
    expect(entries).toEqual([
      "drwxr-xr-x 0/0 0 1970-01-02 00:00 package/",
      "drwxr-xr-x 0/0 0 1970-01-02 00:00 package/dist/",
      "-rwxr-xr-x 0/0 8 1970-01-02 00:00 package/dist/program.cjs",
      "drwxr-xr-x 0/0 0 1970-01-02 00:00 package/docs/",
      "-rw-r--r-- 0/0 5 1970-01-02 00:00 package/docs/A.md",
      "-rw-r--r-- 0/0 5 1970-01-02 00:00 package/docs/b.md",
    ]);
  });

  it("differs with the content and the time", () => {
    const other = stage("022");
    expect(archive(other, "package", 86_401).equals(wanted)).toBe(false);
    mkdirSync(join(other, "package/more"));
    writeFileSync(join(other, "package/more/file"), "");
    expect(archive(other, "package", 86_400).equals(wanted)).toBe(false);
  });
});
