import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onPath } from "../support/program.ts";

/** The user of both images. */
export const USER = 65532;

/** Why this machine can build and run no image; null where it can. */
export function whyNoImages(): string | null {
  if (process.getuid?.() !== 0) return "not root";
  const name = ["buildah", "unshare", "mount", "chroot", "ldd"].find((each) => !onPath(each));
  if (name !== undefined) return `${name} is not on PATH`;
  const mayMount =
    spawnSync("unshare", ["--mount", "mount", "--bind", "/tmp", "/tmp"]).status === 0;
  return mayMount ? null : "this machine does not let root mount";
}

/** An image that was built, mounted. */
export interface Image {
  readonly root: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
}

/**
 * Images built by buildah without pulling anything: what a Dockerfile builds on is made of files of this machine. `close` takes
 * everything away.
 */
export function createImages() {
  const folder = mkdtempSync(join(tmpdir(), "mimecast-input-image-"));
  const storage = ["--root", join(folder, "storage"), "--runroot", join(folder, "run")];
  const env = { ...process.env, STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" };
  const buildah = (...args: string[]) =>
    execFileSync("buildah", [...storage, ...args], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();

  return {
    folder,

    /** An image of programs, each with its libraries (path here -> path there), and empty folders. */
    base(
      name: string,
      programs: Readonly<Record<string, string>>,
      folders: readonly string[],
    ): void {
      const root = mkdtempSync(join(folder, "base-"));
      const put = (from: string, to: string) => {
        mkdirSync(dirname(join(root, to)), { recursive: true });
        copyFileSync(from, join(root, to));
      };
      for (const [from, to] of Object.entries(programs)) {
        put(from, to);
        const { stdout } = spawnSync("ldd", [from], { encoding: "utf8" });
        for (const [, library = ""] of stdout.matchAll(/(\/\S+) \(0x/g)) put(library, library);
      }
      for (const each of folders) mkdirSync(join(root, each), { recursive: true });
      const container = buildah("from", "scratch");
      buildah("copy", container, root, "/");
      buildah("config", "--user", String(USER), container);
      buildah("commit", "--quiet", container, name);
    },

    /** Builds a Dockerfile's text in the project's folder. */
    build(dockerfile: string, tag: string): Image {
      const file = join(folder, `${tag}.Dockerfile`);
      writeFileSync(file, dockerfile);
      buildah("build", "--pull-never", "--file", file, "--tag", tag, ".");
      const container = buildah("from", "--pull-never", `localhost/${tag}`);
      const { OCIv1 } = JSON.parse(buildah("inspect", container)) as {
        OCIv1: { config: { User: string; Entrypoint: string[] } };
      };
      const { User: user, Entrypoint: entrypoint } = OCIv1.config;
      return { root: buildah("mount", container), user, entrypoint };
    },

    /** A folder of the image's user, to be mounted. */
    disk(name: string, files: Readonly<Record<string, string>> = {}): string {
      const path = join(folder, name);
      mkdirSync(path);
      for (const [file, text] of Object.entries(files)) {
        writeFileSync(join(path, file), text, { mode: 0o600 });
        chownSync(join(path, file), USER, USER);
      }
      chownSync(path, USER, USER);
      return path;
    },

    close(): void {
      spawnSync("buildah", [...storage, "umount", "--all"], { env });
      // buildah binds its storage to itself.
      const mounts = readFileSync("/proc/mounts", "utf8")
        .split("\n")
        .map((line) => line.split(" ")[1] ?? "");
      const ours = mounts
        .filter((path) => path.startsWith(`${folder}/`))
        .sort()
        .reverse();
      for (const path of ours) spawnSync("umount", [path]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A command in an image as its user, on a read-only root with these disks (path there -> path here). */
export function runInImage(
  { root }: Image,
  disks: Readonly<Record<string, string>>,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const mounts = Object.entries(disks).map(([to, from]) => `mount --bind "${from}" "$ROOT${to}"`);
  const script = [
    "set -e",
    'mount --bind "$ROOT" "$ROOT" && mount -o remount,ro,bind "$ROOT"',
    ...mounts,
    'mount -t proc proc "$ROOT/proc"',
    `exec chroot --userspec=${USER}:${USER} --groups= "$ROOT" "$@"`,
  ];
  return spawn("unshare", ["--mount", "sh", "-c", script.join("\n"), "sh", ...command], {
    env: { PATH: process.env.PATH, ROOT: root, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
