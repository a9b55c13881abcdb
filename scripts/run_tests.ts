import { spawnSync } from "node:child_process";

/**
 * The tests of `npm run ok`. `--changed [REF]`: those that import what has changed since REF (main by default), those
 * that read files instead of importing them, and one of the built program. Other arguments go to vitest.
 */

const READ_FILES = ["test/docs", "test/scripts", "test/config_examples"];
const BUILT = "test/e2e/poll.test.ts";

function vitest(args: readonly string[]): number {
  return spawnSync("vitest", ["run", ...args], { stdio: "inherit" }).status ?? 1;
}

function changed([first, ...rest]: readonly string[]): number {
  const isRef = first !== undefined && !first.startsWith("-");
  const others = isRef ? rest : first === undefined ? [] : [first, ...rest];
  const code = vitest(["--changed", isRef ? first : "main", "--passWithNoTests", ...others]);
  return code === 0 ? vitest([...READ_FILES, BUILT, ...others]) : code;
}

const args = process.argv.slice(2);
process.exitCode = args[0] === "--changed" ? changed(args.slice(1)) : vitest(args);
