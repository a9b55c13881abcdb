import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canMakeLinuxPackages } from "../../scripts/release/linux_packages.ts";
import { certificateAuthority } from "../support/certificates.ts";
import { startConnectProxy } from "../support/connect_proxy.ts";
import { configFor } from "../support/fake_config.ts";
import { startFake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { createWorkspace, finished, linesOf } from "../support/program.ts";
import { smallConfig, startSmallMimecast } from "../support/small_mimecast.ts";
import { EXECUTABLE, OUT, TARGET, VERSION } from "./release.ts";

/** Run by `npm run test:package`. Uses each part of the release of this platform. */

const EXTRAS = join(OUT, `mimecast-input-${VERSION}-extras.tar.gz`);
const BILL = join(OUT, `mimecast-input-${VERSION}.cdx.json`);
const NPM = join(OUT, `mimecast-input-${VERSION}.tgz`);

/** A deb and an rpm, where they can be made. */
const SYSTEM_PACKAGES = canMakeLinuxPackages() ? 2 : 0;

const folders: string[] = [];
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "mimecast-input-package-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("the single executable", () => {
  it("runs from an empty folder without an environment", () => {
    const run = spawnSync("env", ["-i", EXECUTABLE, "--version"], {
      cwd: emptyFolder(),
      encoding: "utf8",
    });
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe(`${VERSION}\n`);
  });

  it("takes no orders from NODE_OPTIONS, and none of node's options", () => {
    const env = { NODE_OPTIONS: "--no-such-option" };
    const run = spawnSync(EXECUTABLE, ["--version"], { env, encoding: "utf8" });
    expect(run).toMatchObject({ status: 0, stderr: "", stdout: `${VERSION}\n` });
    expect(spawnSync(EXECUTABLE, ["--eval", "1"], { env: {} }).status).toBe(64);
  });

  it("collects every record, and none twice", async () => {
    const fake = await startFake({ api: "2.0", records: { siem: 500, audit: 50 }, seed: 3 });
    const workspace = createWorkspace();
    try {
      const path = workspace.config(
        configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, "poll: { start: 7d }\n"),
      );
      const run = await finished(
        spawn("env", ["-i", EXECUTABLE, "poll", "--once", "--config", path], {
          cwd: emptyFolder(),
          stdio: ["ignore", "pipe", "pipe"],
        }),
      );
      expect(run.stderr).not.toMatch(/"level":"error"/);
      expect(run.code).toBe(0);
      const ids = linesOf(run.stdout).flatMap((line) => idOf(line) ?? []);
      expect(ids).toHaveLength(550);
      expect(new Set(ids)).toEqual(new Set(fake.ids()));
    } finally {
      await fake.close();
      workspace.remove();
    }
  });

  it("goes through a proxy, and verifies certificates whatever the environment says", async () => {
    const authority = certificateAuthority();
    const mimecast = await startSmallMimecast({
      tls: authority.issue({ hosts: ["api.example.test", "files.example.test"] }),
      filesAt: "https://files.example.test",
    });
    const routes = {
      "api.example.test:443": mimecast.port,
      "files.example.test:443": mimecast.port,
    };
    const proxy = await startConnectProxy({ routes, login: "user:pass" });
    const workspace = createWorkspace();
    try {
      const run = async (ca: string) => {
        const caFile = join(workspace.folder, "ca.pem");
        writeFileSync(caFile, ca);
        const network = `network: { ca_file: ${caFile}, proxy: "http://user:pass@127.0.0.1:${proxy.port}" }\n`;
        const account = "    download_hosts: [files.example.test]\n";
        const config = smallConfig(workspace.stateDir, "https://api.example.test", {
          account,
          more: network,
        });
        const path = workspace.config(config);
        const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
        return finished(
          spawn(EXECUTABLE, ["poll", "--once", "--config", path], {
            env,
            stdio: ["ignore", "pipe", "pipe"],
          }),
        );
      };
      const refused = await run(certificateAuthority().cert);
      expect(refused.stderr).toContain('"code":"tls"');
      expect(mimecast.asked).toEqual([]);
      rmSync(workspace.stateDir, { recursive: true, force: true });
      const taken = await run(authority.cert);
      expect(taken.stderr).not.toMatch(/"level":"error"/);
      expect(taken.code).toBe(0);
      expect(taken.stdout).toContain("record 3");
    } finally {
      await proxy.close();
      await mimecast.close();
      workspace.remove();
    }
  });
});

describe("the npm package", () => {
  it("installs without a registry and puts the program on PATH", () => {
    const folder = emptyFolder();
    execFileSync("npm", ["install", "--offline", "--ignore-scripts", "--prefix", folder, NPM], {
      stdio: "ignore",
    });
    const program = join(folder, "node_modules/.bin/mimecast-input");
    expect(execFileSync(program, ["--version"], { encoding: "utf8" })).toBe(`${VERSION}\n`);
    const resolved = execFileSync(
      "node",
      ["-p", 'require.resolve("mimecast-input/config.schema.json")'],
      { cwd: folder, encoding: "utf8" },
    );
    expect(JSON.parse(readFileSync(resolved.trim(), "utf8"))).toHaveProperty("properties.accounts");
    const home = join(folder, "node_modules/mimecast-input");
    expect(existsSync(join(home, "dist/release"))).toBe(false);
    expect(readFileSync(join(home, "THIRD_PARTY_LICENSES"), "utf8")).toContain("undici 7");
  });
});

describe("the bill of materials", () => {
  const components = () =>
    JSON.parse(readFileSync(BILL, "utf8")).components as {
      type: string;
      name: string;
      version: string;
      purl: string;
      hashes: { alg: string; content: string }[];
    }[];

  it("lists exactly the packages whose code is in the bundle", () => {
    const bundle = readFileSync("dist/mimecast-input.cjs", "utf8");
    // esbuild writes the path of each file before its code.
    const files = bundle.matchAll(/^ *\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\/.*$/gm);
    const inside = [...new Set([...files].map(([, name]) => name as string))];
    const listed = components().filter(({ type }) => type === "library");
    expect(inside).toContain("undici");
    expect(listed.map(({ name }) => name).sort()).toEqual(inside.sort());
  });

  it("has the hash of the node binary and the package that it comes from", () => {
    const [node, ...others] = components().filter(({ type }) => type === "platform");
    expect(others).toEqual([]);
    const file = `dist/cache/node-${TARGET}-${process.versions.node}/bin/node`;
    const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(node?.hashes).toEqual([{ alg: "SHA-256", content: sha256 }]);
    expect(node?.purl).toBe(`pkg:npm/node-${TARGET}@${process.versions.node}#bin/node`);
  });
});

const sums = (folder: string) => readFileSync(join(folder, "SHA256SUMS"), "utf8");

describe("the release", () => {
  it("has the same bytes when it is made under another umask and in another time zone", () => {
    const again = emptyFolder();
    const command = 'umask 077 && exec node scripts/package.ts --target "$0" --out "$1"';
    execFileSync("sh", ["-c", command, TARGET, again], {
      env: { ...process.env, TZ: "Asia/Tokyo" },
      stdio: "ignore",
    });
    expect(linesOf(sums(OUT))).toHaveLength(4 + SYSTEM_PACKAGES);
    expect(sums(again)).toBe(sums(OUT));
  });

  it("has the same bytes when it is built and made in another folder", () => {
    const folder = emptyFolder();
    const files =
      'git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory="$0"';
    execFileSync("bash", ["-c", `set -o pipefail; ${files}`, folder]);
    // Linked file by file: a link to the folder would lead the bundler back here.
    const copy = 'cp -al "$0" "$1" 2> /dev/null || cp -a "$0" "$1"';
    execFileSync("sh", ["-c", copy, resolve("node_modules"), folder]);
    // What was fetched for the first one: Node's binaries, by their hashes.
    cpSync("dist/cache", join(folder, "dist/cache"), { recursive: true });
    rmSync(join(folder, "dist/cache/extras"), { recursive: true, force: true });
    const epoch = execFileSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8" }).trim();
    const out = join(folder, "out");
    const command = `umask 027 && node scripts/build.mjs && exec node scripts/package.ts --target "$0" --out "$1"`;
    execFileSync("sh", ["-c", command, TARGET, out], {
      cwd: folder,
      env: { ...process.env, TZ: "America/Caracas", SOURCE_DATE_EPOCH: epoch },
      stdio: "ignore",
    });
    expect(sums(out)).toBe(sums(OUT));
  });
});

describe("what stands beside", () => {
  it("is a tarball that belongs to root and has no absolute path", () => {
    const names = execFileSync("tar", ["tzf", EXTRAS], { encoding: "utf8" }).trim().split("\n");
    const root = `mimecast-input-${VERSION}-extras/`;
    expect(names.filter((name) => !name.startsWith(root))).toEqual([]);
    for (const name of ["LICENSE", "LICENSE.node", "THIRD_PARTY_LICENSES", "README.md"]) {
      expect(names).toContain(`${root}${name}`);
    }
    expect(names).toContain(`${root}config-examples/mimecast/config.yaml`);
    const owners = execFileSync("tar", ["tvzf", EXTRAS, "--numeric-owner"], { encoding: "utf8" });
    for (const line of linesOf(owners)) expect(line).toMatch(/^\S+ 0\/0 /);
  });

  it("has checksums of every file", () => {
    const run = spawnSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
      cwd: OUT,
      encoding: "utf8",
    });
    expect(run.status).toBe(0);
    expect(linesOf(run.stdout)).toHaveLength(4 + SYSTEM_PACKAGES);
  });
});
