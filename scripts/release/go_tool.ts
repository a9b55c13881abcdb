import { type SpawnSyncReturns, spawnSync } from "node:child_process";

/** A program of the trade that is written in Go, at one version: `go run` fetches, builds and runs it. */
export interface GoTool {
  /** False where Go is not on PATH or can't fetch the tool. */
  isThere(): boolean;
  run(args: readonly string[], env?: NodeJS.ProcessEnv): SpawnSyncReturns<string>;
}

/** `module`: path and version, as `go run` takes it. `probe`: arguments with which it does nothing and succeeds. */
export function goTool(module: string, probe: readonly string[]): GoTool {
  let isThere: boolean | undefined;
  const run: GoTool["run"] = (args, env) =>
    spawnSync("go", ["run", module, ...args], {
      encoding: "utf8",
      // A workspace or a module around the project is not this tool's.
      env: { ...process.env, ...env, GOWORK: "off", GOFLAGS: "-mod=mod" },
    });
  return {
    isThere: () => {
      isThere ??= run(probe).status === 0;
      return isThere;
    },
    run,
  };
}
