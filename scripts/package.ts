import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { archive } from "./release/archive.ts";
import { bundledFolders } from "./release/bundled_folders.ts";
import { canMakeLinuxPackages, linuxPackages } from "./release/linux_packages.ts";
import {
  type LockedPackage,
  lockedPackages,
  thirdPartyLicenses,
} from "./release/locked_packages.ts";
import {
  type NodeBinary,
  type NodeOrigin,
  nodeBinary,
  TARGETS,
  type Target,
} from "./release/node_binary.ts";
import { sbom } from "./release/sbom.ts";
import { sign } from "./release/signature.ts";
import { executableBlob, singleExecutable } from "./release/single_executable.ts";

/**
 * `npm run package`: what is given out, in dist/release: a single executable for each platform, the npm package, a tarball
 * with everything beside the program, deb and rpm packages (where Go is there: nfpm makes them), a bill of materials and
 * checksums. The build has run before.
 * The same commit gives the same bytes (times come from SOURCE_DATE_EPOCH, without it from the last commit).
 * `--target linux-x64` makes one executable only; `--out FOLDER`; `--sign KEY` signs the checksums with a minisign key.
 */

const RELEASE = "dist/release";
const CACHE = "dist/cache";
const PROGRAM = "dist/mimecast-input.cjs";
const METAFILE = "dist/metafile.json";
/** The text that the bundle's last line names holds the notices that stand in the libraries' code. */
const IN_NPM = ["mimecast-input.cjs", "mimecast-input.cjs.LEGAL.txt", "mimecast.wasm"];
/** Beside the program in the tarball and in the npm package. */
const BESIDE = ["config-examples", "docs", "README.md", "CHANGELOG.md", "LICENSE"];

interface PackageJson {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly [key: string]: unknown;
}

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    out: { type: "string" },
    sign: { type: "string" },
  },
});

await release(values.out ?? RELEASE, targetsOf(values.target ?? TARGETS));

async function release(out: string, targets: readonly Target[]): Promise<void> {
  const about = JSON.parse(readFileSync("package.json", "utf8")) as PackageJson;
  const packages = lockedPackages(
    readFileSync("package-lock.json", "utf8"),
    bundledFolders(readFileSync(METAFILE, "utf8")),
  );
  const licenses = thirdPartyLicenses(packages, ".");
  emptied(out);
  mkdirSync(CACHE, { recursive: true });

  const blob = executableBlob(PROGRAM, CACHE);
  const nodes = targets.map((target) => nodeBinary(target, CACHE));
  for (const { binary, origin } of nodes) {
    const file = join(out, `mimecast-input-${about.version}-${origin.target}`);
    await singleExecutable(binary, blob, file);
  }
  npmPackage(out, about, licenses);
  const beside = extras(out, about, licenses, (nodes[0] as NodeBinary).license);
  systemPackages(out, about, targets, beside);
  const bill = billOf(
    about,
    packages,
    nodes.map(({ origin }) => origin),
  );
  writeFileSync(join(out, `mimecast-input-${about.version}.cdx.json`), bill);
  writeFileSync(join(out, "SHA256SUMS"), checksums(out));
  if (values.sign !== undefined) {
    sign(join(out, "SHA256SUMS"), values.sign, `mimecast-input ${about.version}`);
  }
  for (const line of readFileSync(join(out, "SHA256SUMS"), "utf8").trim().split("\n")) {
    process.stderr.write(`${line}\n`);
  }
}

/** The program is one file with its libraries inside, so the package asks npm for nothing. */
function npmPackage(out: string, about: PackageJson, licenses: string): void {
  const stage = emptied(join(CACHE, "npm"));
  // npm wants everything in one folder, whatever its name (`npm pack` calls it so).
  const folder = join(stage, "package");
  mkdirSync(join(folder, "dist"), { recursive: true });
  for (const name of BESIDE) cpSync(name, join(folder, name), { recursive: true });
  for (const name of IN_NPM) cpSync(join("dist", name), join(folder, "dist", name));
  writeFileSync(join(folder, "THIRD_PARTY_LICENSES"), licenses);
  const { scripts, dependencies, devDependencies, allowScripts, files, ...kept } = about;
  const packed = { ...kept, files: [...(files as string[]), "THIRD_PARTY_LICENSES"] };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(packed, null, 2)}\n`);
  const file = join(out, `mimecast-input-${about.version}.tgz`);
  writeFileSync(file, archive(stage, "package", epochSecs()));
}

/** deb and rpm of each platform, or a line that says why there are none. */
function systemPackages(
  out: string,
  about: PackageJson,
  targets: readonly Target[],
  beside: string,
): void {
  if (!canMakeLinuxPackages()) {
    process.stderr.write(
      "No deb and rpm packages: nfpm makes them, and Go, which fetches and runs it, is not on PATH or can not reach its proxy\n",
    );
    return;
  }
  for (const target of targets) {
    const { version, description, license } = about;
    const executable = join(out, `mimecast-input-${version}-${target}`);
    const made = {
      target,
      version,
      description,
      license,
      executable,
      beside,
      epochSecs: epochSecs(),
    };
    linuxPackages(made, join(CACHE, `packages-${target}`), out);
  }
}

/**
 * Examples, documentation and licenses, for whoever takes the single executable: a tarball. Returns the folder that is
 * in it.
 */
function extras(out: string, about: PackageJson, licenses: string, nodeLicense: string): string {
  const name = `mimecast-input-${about.version}-extras`;
  const stage = emptied(join(CACHE, "extras"));
  mkdirSync(join(stage, name));
  for (const each of BESIDE) cpSync(each, join(stage, name, each), { recursive: true });
  writeFileSync(join(stage, name, "THIRD_PARTY_LICENSES"), licenses);
  cpSync(nodeLicense, join(stage, name, "LICENSE.node"));
  writeFileSync(join(out, `${name}.tar.gz`), archive(stage, name, epochSecs()));
  return join(stage, name);
}

function emptied(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function billOf(
  about: PackageJson,
  packages: readonly LockedPackage[],
  nodes: readonly NodeOrigin[],
): string {
  return sbom(
    {
      version: about.version,
      description: about.description,
      license: about.license,
      time: new Date(epochSecs() * 1000).toISOString(),
    },
    packages,
    nodes,
  );
}

/** In the form that `sha256sum --check` reads. */
function checksums(out: string): string {
  return readdirSync(out)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(out, name));
      return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
    })
    .join("");
}

/** Seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/). */
function epochSecs(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  const text = given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8" });
  return Number(text);
}

function targetsOf(names: readonly string[]): Target[] {
  return names.map((name) => {
    const found = TARGETS.find((target) => target === name);
    if (found === undefined) throw new Error(`--target must be one of ${TARGETS.join(", ")}`);
    return found;
  });
}
