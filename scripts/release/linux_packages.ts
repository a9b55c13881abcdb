import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { goTool } from "./go_tool.ts";
import type { Target } from "./node_binary.ts";

/** nfpm writes both kinds without dpkg or rpm on the machine (https://nfpm.goreleaser.com). */
const nfpm = goTool("github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0", ["--version"]);

/** The names of an architecture are nfpm's (Go's); it translates them. */
const ARCHITECTURES: Readonly<Record<Target, string>> = {
  "linux-x64": "amd64",
  "linux-arm64": "arm64",
};

/** What the executable needs of the system: Node's own floor, glibc 2.28. */
const NEEDS = { deb: ["libc6 (>= 2.28)", "libstdc++6"], rpm: ["glibc >= 2.28", "libstdc++"] };

const SCRIPTS = resolve("scripts/release/linux");
const SHELLS = {
  bash: "/usr/share/bash-completion/completions/mimecast-input",
  zsh: "/usr/share/zsh/site-functions/_mimecast-input",
  fish: "/usr/share/fish/vendor_completions.d/mimecast-input.fish",
} as const;

/** What the packages of one platform are made of. */
export interface LinuxPackage {
  readonly target: Target;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** The single executable of this platform. */
  readonly executable: string;
  /** A folder with documentation, examples and licenses, for /usr/share/doc. */
  readonly beside: string;
  /** Time of every file, seconds since 1970. */
  readonly epochSecs: number;
}

/** True where Go is there and can fetch and run nfpm. */
export function canMakeLinuxPackages(): boolean {
  return nfpm.isThere();
}

/** Writes a deb and an rpm into `out`; `stage` is for the files that are made for them. */
export function linuxPackages(made: LinuxPackage, stage: string, out: string): void {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const contents = contentsOf(made, resolve(stage));
  for (const packager of ["deb", "rpm"] as const) {
    const config = join(stage, `${packager}.json`);
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(nfpmConfig(made, packager, contents)));
    const args = ["package", "--packager", packager, "--config", config, "--target", out];
    const run = nfpm.run(args, { SOURCE_DATE_EPOCH: String(made.epochSecs) });
    if (run.status !== 0) throw new Error(`Cannot make the ${packager} package: ${run.stderr}`);
  }
}

interface Content {
  readonly src?: string;
  readonly dst: string;
  readonly type?: "config|noreplace";
  readonly file_info: { readonly mode: number; readonly owner: string; readonly mtime: string };
}

function nfpmConfig(made: LinuxPackage, packager: "deb" | "rpm", contents: readonly Content[]) {
  return {
    name: "mimecast-input",
    arch: ARCHITECTURES[made.target],
    platform: "linux",
    version: made.version,
    release: "1",
    section: "admin",
    priority: "optional",
    maintainer: "The mimecast-input authors",
    description: made.description,
    license: made.license,
    depends: NEEDS[packager],
    mtime: timeText(made.epochSecs),
    contents,
    scripts: {
      postinstall: join(SCRIPTS, "postinstall.sh"),
      preremove: join(SCRIPTS, "preremove.sh"),
      postremove: join(SCRIPTS, "postremove.sh"),
    },
    // Without a name here, the name of the machine that builds is in the package.
    rpm: { buildhost: "localhost", group: "System Environment/Daemons" },
  };
}

function contentsOf(made: LinuxPackage, stage: string): readonly Content[] {
  const written = (name: string, bytes: string | Buffer): string => {
    writeFileSync(join(stage, name), bytes);
    return join(stage, name);
  };
  const file = (src: string, dst: string, mode = 0o644, type?: Content["type"]): Content => ({
    src,
    dst,
    ...(type === undefined ? {} : { type }),
    file_info: { mode, owner: "root", mtime: timeText(made.epochSecs) },
  });
  const units = "/usr/lib/systemd/system/mimecast-input";
  const examples = "config-examples/systemd";
  const manual = gzipSync(readFileSync("docs/man/mimecast-input.1"), { level: 9 });
  const completions = Object.entries(SHELLS).map(([shell, dst]) => {
    const text = execFileSync("node", ["dist/mimecast-input.cjs", "completion", shell]);
    return file(written(`completion.${shell}`, text), dst);
  });
  return [
    file(made.executable, "/usr/bin/mimecast-input", 0o755),
    file(
      written("service", packagedUnit(`${examples}/mimecast-input.service`)),
      `${units}.service`,
    ),
    file(resolve(`${examples}/mimecast-input.timer`), `${units}.timer`),
    file(join(SCRIPTS, "sysusers.conf"), "/usr/lib/sysusers.d/mimecast-input.conf"),
    file(
      resolve(`${examples}/mimecast-input.logrotate`),
      "/etc/logrotate.d/mimecast-input",
      0o644,
      "config|noreplace",
    ),
    file(written("mimecast-input.1.gz", manual), "/usr/share/man/man1/mimecast-input.1.gz"),
    ...completions,
    ...filesBelow(made.beside).map((name) =>
      file(join(made.beside, name), `/usr/share/doc/mimecast-input/${name}`),
    ),
  ];
}

/**
 * The unit for the packaged program. It starts where no encrypted credential exists: `setup` seals secrets in the
 * configuration, and a credential is a drop-in of the operator.
 */
export function packagedUnit(path: string): string {
  const unit = readFileSync(path, "utf8");
  const packaged = unit
    .replace("/usr/local/bin/mimecast-input", "/usr/bin/mimecast-input")
    .replace(/^# In the configuration: client_secret: .*\n/m, "")
    .replace(/^LoadCredentialEncrypted=.*\n/m, "");
  if (!packaged.includes("ExecStart=/usr/bin/") || packaged.includes("LoadCredentialEncrypted")) {
    throw new Error(
      `Cannot package ${path}: its ExecStart or LoadCredentialEncrypted line changed`,
    );
  }
  return packaged;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function timeText(epochSecs: number): string {
  return new Date(epochSecs * 1_000).toISOString();
}
