import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeLinuxPackages, linuxPackages } from "../../scripts/release/linux_packages.ts";
import type { Target } from "../../scripts/release/node_binary.ts";
import { type Fake, startFake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { finished, linesOf, onPath } from "../support/program.ts";
import { EXECUTABLE, OUT, TARGET, VERSION } from "./release.ts";

/**
 * Installs the deb and the rpm, makes the configuration by `setup`, collects under the unit's command line, upgrades, removes and purges. The rpm goes into a
 * small root of its own. The deb goes onto this machine, as a user would do it: only where
 * MIMECAST_INPUT_TEST_INSTALL=1 allows it, which `.ci/run` sets.
 */

const OLDER = "0.0.9";
const ARCH =
  TARGET === "linux-x64" ? { deb: "amd64", rpm: "x86_64" } : { deb: "arm64", rpm: "aarch64" };
const debOf = (version: string) => `mimecast-input_${version}-1_${ARCH.deb}.deb`;
const rpmOf = (version: string) => `mimecast-input-${version}-1.${ARCH.rpm}.rpm`;

const CONFIG = "/etc/mimecast-input/config.yaml";
const STATE = "/var/lib/mimecast-input";
const EVENTS = "/var/log/mimecast-input/events.leef";
const UNIT = "/usr/lib/systemd/system/mimecast-input.service";
const LOGROTATE = "/etc/logrotate.d/mimecast-input";

const folder = mkdtempSync(join(tmpdir(), "mimecast-input-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How a kind of package gets onto a system, and off it. */
interface Way {
  readonly root: string;
  readonly why: string | null;
  install(version: string): void;
  upgrade(version: string): void;
  remove(): void;
  /** Null where this kind knows no purge. */
  readonly purge: (() => void) | null;
  /** A command line on that system. */
  readonly on: (...command: string[]) => string[];
}

const fileOf = (name: string, version: string) =>
  version === VERSION ? join(OUT, name) : join(folder, name);
const run = (...[command, ...args]: string[]) =>
  execFileSync(command as string, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const isRoot = process.getuid?.() === 0;
const lacking = (...names: string[]): string | null => {
  const name = names.find((each) => !onPath(each));
  return name === undefined ? null : `${name} is not on PATH`;
};
const noGo = canMakeLinuxPackages() ? null : "Go is not on PATH";

const deb: Way = {
  root: "/",
  why:
    noGo ??
    (!isRoot || process.env.MIMECAST_INPUT_TEST_INSTALL !== "1"
      ? "not root, or MIMECAST_INPUT_TEST_INSTALL is not 1"
      : existsSync("/usr/bin/mimecast-input") || existsSync("/etc/mimecast-input")
        ? "mimecast-input is installed on this machine"
        : (lacking("dpkg", "useradd", "setpriv") ??
          (spawnSync("dpkg", ["--status", "libstdc++6"]).status === 0
            ? null
            : "libstdc++6 is not installed as a package"))),
  install: (version) => run("dpkg", "--install", fileOf(debOf(version), version)),
  upgrade: (version) => run("dpkg", "--install", fileOf(debOf(version), version)),
  remove: () => run("dpkg", "--remove", "mimecast-input"),
  purge: () => run("dpkg", "--purge", "mimecast-input"),
  on: (...command) => command,
};

const rpmRoot = join(folder, "root");
const rpm = (...args: string[]) => run("rpm", "--root", rpmRoot, ...args);
const rpmWay: Way = {
  root: rpmRoot,
  why: noGo ?? (isRoot ? lacking("rpm", "useradd", "userdel", "setpriv") : "not root"),
  install: (version) => {
    smallRoot(rpmRoot);
    // The small root's libraries are copies that no package owns.
    rpm("--install", "--nodeps", fileOf(rpmOf(version), version));
  },
  upgrade: (version) => rpm("--upgrade", "--nodeps", fileOf(rpmOf(version), version)),
  remove: () => rpm("--erase", "mimecast-input"),
  purge: null,
  on: (...command) => ["chroot", rpmRoot, ...command],
};

/** A root with what the packages' scripts and the program need of a system, copied from this machine. */
function smallRoot(root: string): void {
  mkdirSync(root);
  for (const each of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", each), { recursive: true });
    symlinkSync(`usr/${each}`, join(root, each));
  }
  const programs = ["sh", "id", "install", "rm", "useradd", "userdel", "setpriv", "cat"];
  for (const each of programs.map((name) => run("sh", "-c", `command -v ${name}`).trim())) {
    copyInto(root, each);
  }
  // What useradd reads.
  for (const each of ["passwd", "group"]) {
    mkdirSync(join(root, "etc"), { recursive: true });
    writeFileSync(
      join(root, "etc", each),
      each === "passwd" ? "root:x:0:0::/:/bin/sh\n" : "root:x:0:\n",
    );
  }
  for (const each of ["dev", "tmp", "var/log"]) mkdirSync(join(root, each), { recursive: true });
  writeFileSync(join(root, "dev/null"), "");
  for (const library of librariesOf(EXECUTABLE)) copyInto(root, library, false);
}

function copyInto(root: string, path: string, withLibraries = true): void {
  const target = join(root, path);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(path, target);
  if (withLibraries) for (const library of librariesOf(path)) copyInto(root, library, false);
}

function librariesOf(path: string): string[] {
  const { stdout } = spawnSync("ldd", [path], { encoding: "utf8" });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library as string);
}

beforeAll(() => {
  if (noGo !== null) return;
  linuxPackages(
    {
      target: TARGET as Target,
      version: OLDER,
      description: "The version before",
      license: "Apache-2.0",
      executable: EXECUTABLE,
      beside: join("dist/cache/extras", `mimecast-input-${VERSION}-extras`),
      epochSecs: 1_700_000_000,
    },
    join(folder, "stage"),
    folder,
  );
});

describe.each([
  ["deb", deb],
  ["rpm", rpmWay],
] as const)("the %s package", (kind, way) => {
  const at = (path: string) => join(way.root, path);
  const skipped = way.why === null ? "" : ` (skipped: ${way.why})`;

  it.skipIf(way.why !== null)(
    `is installed, collects, is upgraded with its state, removed and purged${skipped}`,
    async () => {
      const fake = await startFake({ api: "2.0", records: { siem: 300, audit: 40 }, seed: 5 });
      try {
        way.install(OLDER);
        const [program = "", ...args] = way.on("/usr/bin/mimecast-input", "--version");
        expect(run(program, ...args)).toBe(`${VERSION}\n`);
        expect(statSync(at("/etc/mimecast-input")).mode & 0o7777).toBe(0o755);
        expect(statSync(at(STATE)).mode & 0o7777).toBe(0o700);
        for (const name of ["man/man1/mimecast-input.1.gz", "doc/mimecast-input/README.md"]) {
          expect(statSync(at(`/usr/share/${name}`)).mode & 0o7777).toBe(0o644);
        }

        const asked = await setup(way, fake);
        expect(asked.report()).toMatchObject({ changed: true, config: CONFIG, account: "acme" });
        expect(statSync(at(CONFIG)).mode & 0o7777).toBe(0o600);
        expect(readFileSync(at(CONFIG), "utf8")).not.toContain(fake.credentials.clientSecret);
        const again = await setup(way, fake);
        expect(again.report()).toMatchObject({ changed: false, written: [] });
        await poll(way);
        const first = eventsOf(way);
        expect(new Set(first)).toEqual(new Set(fake.ids()));

        writeFileSync(at(LOGROTATE), "# the operator's own\n");
        way.upgrade(VERSION);
        expect(readFileSync(at(LOGROTATE), "utf8")).toBe("# the operator's own\n");
        await poll(way);
        expect(eventsOf(way)).toHaveLength(first.length);

        way.remove();
        expect(existsSync(at("/usr/bin/mimecast-input"))).toBe(false);
        expect(existsSync(at(UNIT))).toBe(false);
        for (const kept of [CONFIG, join(STATE, "acme/checkpoint"), EVENTS]) {
          expect(existsSync(at(kept)), kept).toBe(true);
        }
        if (way.purge === null) return;
        way.purge();
        for (const gone of [dirname(CONFIG), STATE, dirname(EVENTS), LOGROTATE]) {
          expect(existsSync(at(gone)), gone).toBe(false);
        }
        expect(readFileSync(at("/etc/passwd"), "utf8")).not.toContain("mimecast-input");
      } finally {
        await fake.close();
        if (way.why === null && kind === "deb") spawnSync("dpkg", ["--purge", "mimecast-input"]);
      }
    },
  );
});

/** `setup` as an administrator runs it on a new system: keys in the environment, everything else at its default. */
async function setup(way: Way, { url, credentials }: Fake) {
  const command = way.on(
    ...["/usr/bin/mimecast-input", "setup", "--yes", "--json", "--name", "acme", "--api", "2.0"],
    ...["--base-url", url, "--client-id-env", "MC_ID", "--client-secret-env", "MC_SECRET"],
  );
  const keys = { MC_ID: credentials.clientId, MC_SECRET: credentials.clientSecret };
  const result = await finished(
    spawn(command[0] as string, command.slice(1), {
      env: { PATH: process.env.PATH, ...keys },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  expect(result.code, result.stderr).toBe(0);
  return { report: () => JSON.parse(result.stdout) as unknown };
}

/** One run of the installed unit's command line, with what systemd would make for it: folders, credentials, user. */
async function poll(way: Way): Promise<void> {
  const at = (path: string) => join(way.root, path);
  const unit = readFileSync(at(UNIT), "utf8");
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";
  expect(setting("LoadCredential")).toBe(`config.yaml:${CONFIG}`);
  expect(setting("StandardOutput")).toBe(`append:${EVENTS}`);
  const credentials = "/tmp/mimecast-input-credentials";
  for (const each of [dirname(EVENTS), credentials]) mkdirSync(at(each), { recursive: true });
  copyFileSync(at(CONFIG), at(join(credentials, "config.yaml")));
  const passwd = readFileSync(at("/etc/passwd"), "utf8");
  const [, uid = "", gid = ""] =
    new RegExp(`^${setting("User")}:[^:]*:(\\d+):(\\d+):`, "m").exec(passwd) ?? [];
  expect(uid).not.toBe("");
  for (const each of [STATE, dirname(EVENTS), credentials])
    run("chown", "-R", `${uid}:${gid}`, at(each));
  const words = setting("ExecStart").replaceAll("%d", credentials).split(" ");
  const command = way.on(
    ...["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs"],
    ...["sh", "-c", `exec "$@" >> ${EVENTS}`, "sh", ...words],
  );
  const env = { PATH: process.env.PATH, STATE_DIRECTORY: STATE };
  const result = await finished(
    spawn(command[0] as string, command.slice(1), { env, stdio: ["ignore", "pipe", "pipe"] }),
  );
  rmSync(at(credentials), { recursive: true });
  expect(result.stderr).not.toMatch(/"level":"(error|fatal)"/);
  expect(result.code, result.stderr).toBe(0);
}

function eventsOf(way: Way): string[] {
  return linesOf(readFileSync(join(way.root, EVENTS), "utf8")).flatMap((line) => idOf(line) ?? []);
}
