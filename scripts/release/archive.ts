import { execFileSync } from "node:child_process";

/**
 * The tar.gz of `name`, a folder in `stage`. Its bytes depend on names, content, who may execute a file, and
 * `epochSecs` (the time of each entry) alone: not on the builder's umask, time zone, user, folder or tar and gzip options.
 */
export function archive(stage: string, name: string, epochSecs: number): Buffer {
  // a-st: a folder below one with setgid inherits that.
  const modes = ["--mode=a-st,u=rwX,go=rX", "--numeric-owner", "--owner=0", "--group=0"];
  const form = ["--format=ustar", "--sort=name", `--mtime=@${epochSecs}`];
  // TAR_OPTIONS and GZIP of the builder's environment would be read.
  const env = { PATH: process.env.PATH, LC_ALL: "C" };
  const tar = execFileSync("tar", ["--create", ...form, ...modes, "--directory", stage, name], {
    env,
    maxBuffer: 2 ** 30,
  });
  return execFileSync("gzip", ["-9", "-n"], { env, input: tar, maxBuffer: 2 ** 30 });
}
