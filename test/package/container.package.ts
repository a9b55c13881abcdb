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
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { configFor } from "../support/fake_config.ts";
import { startFake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { finished, linesOf, onPath } from "../support/program.ts";

/**
 * The image with the program alone, built by buildah on a base that stands in for the distroless one: node at the same path, its
 * libraries, and nothing else, so that nothing has to be pulled. It runs as its own user on a read-only root.
 */

const DOCKERFILE = "config-examples/kubernetes/Dockerfile";
const USER = 65532;
const folder = mkdtempSync(join(tmpdir(), "mimecast-input-image-"));
const storage = ["--root", join(folder, "storage"), "--runroot", join(folder, "run")];
const env = { ...process.env, STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" };
const buildah = (...args: string[]) =>
  execFileSync("buildah", [...storage, ...args], {
    encoding: "utf8",
    env,
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
afterAll(() => {
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
});

const why = whyNot();

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "not root";
  const name = ["buildah", "unshare", "mount", "chroot", "ldd"].find((each) => !onPath(each));
  if (name !== undefined) return `${name} is not on PATH`;
  const mayMount =
    spawnSync("unshare", ["--mount", "mount", "--bind", "/tmp", "/tmp"]).status === 0;
  return mayMount ? null : "this machine does not let root mount";
}

/** Makes the base image under the name that the Dockerfile asks for. */
function makeBase(name: string): void {
  const root = join(folder, "base");
  const put = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  };
  put(process.execPath, "nodejs/bin/node");
  const { stdout } = spawnSync("ldd", [process.execPath], { encoding: "utf8" });
  for (const [, library = ""] of stdout.matchAll(/(\/\S+) \(0x/g)) put(library, library);
  for (const each of ["tmp", "proc", "etc/mimecast-input", "var/lib/mimecast-input"]) {
    mkdirSync(join(root, each), { recursive: true });
  }
  const container = buildah("from", "scratch");
  buildah("copy", container, root, "/");
  buildah("config", "--user", String(USER), container);
  buildah("commit", "--quiet", container, name);
}

describe("the image with the program alone", () => {
  it.skipIf(why !== null)(
    `collects as its own user on a read-only root, and answers its probe${why === null ? "" : ` (skipped: ${why})`}`,
    async () => {
      const base = /^FROM (\S+)$/m.exec(readFileSync(DOCKERFILE, "utf8"))?.[1] ?? "";
      makeBase(base);
      buildah("build", "--pull-never", "--file", DOCKERFILE, "--tag", "mimecast-input:test", ".");
      const container = buildah("from", "--pull-never", "localhost/mimecast-input:test");
      const { OCIv1: image } = JSON.parse(buildah("inspect", container)) as {
        OCIv1: { config: { User: string; Entrypoint: string[] } };
      };
      expect(image.config.User).toBe(String(USER));
      const root = buildah("mount", container);

      const fake = await startFake({ api: "2.0", records: { siem: 200, audit: 30 }, seed: 4 });
      try {
        const config = join(folder, "config");
        const state = join(folder, "state");
        for (const each of [config, state]) mkdirSync(each);
        const text = configFor(
          "/var/lib/mimecast-input",
          { acme: { fake, api: "2.0" } },
          "poll: { start: 7d }\n",
        );
        writeFileSync(join(config, "config.yaml"), text, { mode: 0o600 });
        for (const each of [config, join(config, "config.yaml"), state])
          chownSync(each, USER, USER);
        const script = `
          set -e
          mount --bind "$ROOT" "$ROOT" && mount -o remount,ro,bind "$ROOT"
          mount --bind "$CONFIG" "$ROOT/etc/mimecast-input" && mount --bind "$STATE" "$ROOT/var/lib/mimecast-input"
          mount -t proc proc "$ROOT/proc"
          exec chroot --userspec=${USER}:${USER} --groups= "$ROOT" "$@"`;
        const run = (...args: string[]) =>
          finished(
            spawn(
              "unshare",
              ["--mount", "sh", "-c", script, "sh", ...image.config.Entrypoint, ...args],
              {
                env: {
                  PATH: process.env.PATH,
                  ROOT: root,
                  CONFIG: resolve(config),
                  STATE: resolve(state),
                  MIMECAST_INPUT_CONFIG: "/etc/mimecast-input/config.yaml",
                },
                stdio: ["ignore", "pipe", "pipe"],
              },
            ),
          );
        const poll = await run("poll", "--once");
        expect(poll.stderr).not.toMatch(/"level":"error"/);
        expect(poll.code, poll.stderr).toBe(0);
        const ids = linesOf(poll.stdout).flatMap((line) => idOf(line) ?? []);
        expect(ids).toHaveLength(230);
        expect(new Set(ids)).toEqual(new Set(fake.ids()));
        const live = await run("status", "--live");
        expect(live.code, live.stderr).toBe(0);
      } finally {
        await fake.close();
        buildah("umount", "--all");
      }
    },
  );
});
