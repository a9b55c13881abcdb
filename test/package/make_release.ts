import { execFileSync } from "node:child_process";
import { OUT, TARGET } from "./release.ts";

/** Makes the release of this platform, once for all test files. */
export function setup(): void {
  execFileSync("node", ["scripts/package.ts", "--target", TARGET, "--out", OUT], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
