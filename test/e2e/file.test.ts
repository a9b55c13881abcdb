import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { IS_ALL } from "../support/amount.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import {
  type Finished,
  finished,
  linesOf,
  onPath,
  PROGRAM,
  runProgram,
  startProgram,
  until,
} from "../support/program.ts";

/** The built program, and what it leaves in the files of output.file. */

const closers = closersOfEach();

async function setting(siem: number, file: string, more = "") {
  const records = { siem, audit: 100, ttp_impersonation: 100 };
  const fake = await fakeFor(closers, { api: "2.0", seed: 17, records });
  const workspace = workspaceFor(closers);
  const folder = join(workspace.folder, "out");
  mkdirSync(folder);
  const path = join(folder, "events.leef");
  const configWith = (keys: string) =>
    workspace.config(
      configFor(
        workspace.stateDir,
        { acme: { fake, api: "2.0" } },
        `output: { file: { path: ${path}${keys} } }\n${more}`,
      ),
    );
  configWith(file);
  const names = () => readdirSync(folder).filter((name) => !name.startsWith("."));
  const lines = () =>
    names()
      .sort()
      .flatMap((name) => linesOf(readFileSync(join(folder, name), "utf8")));
  const ids = () => lines().flatMap((line) => idOf(line) ?? []);
  const bytes = () => names().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return { fake, workspace, folder, path, names, lines, ids, bytes, configWith };
}

const codesOf = (stderr: string) =>
  linesOf(stderr).flatMap((line) => (JSON.parse(line) as { code?: string }).code ?? []);

/** A way to fill up what the folder has, and to make room while the program runs. */
type Limit = (folder: string) => {
  /** Words in front of the program's command line. */
  readonly args: readonly string[];
  makeRoom(pid: number): void;
};

/** A small file system of its own; the folder is on it. */
const smallDisk: Limit = (folder) => {
  mounted(["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]);
  closers.push(() => void spawnSync("umount", ["-l", folder]));
  return { args: [], makeRoom: () => mounted(["-o", "remount,size=64m", folder]) };
};

/** A limit of the process (`ulimit -f`), where one may not mount. */
const fileSize: Limit = () => ({
  args: ["prlimit", "--fsize=2097152:unlimited"],
  makeRoom: (pid) => {
    expect(spawnSync("prlimit", ["--pid", `${pid}`, "--fsize=unlimited"]).status).toBe(0);
  },
});

function mounted(args: readonly string[]): void {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
}

const mayMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
if (!mayMount) process.stderr.write("skipped: a full file system needs root, who may mount\n");
/** Each waits for more than a minute, until the program tries again. */
const MEANS: readonly (readonly [string, Limit])[] = [
  ["a limit of the file's size", fileSize],
  ...(mayMount ? [["a full file system", smallDisk] as const] : []),
];

describe("mimecast-input poll with output.file", () => {
  it("--once: writes every line once, whole, over several files, and nothing to stdout", async () => {
    const { fake, workspace, folder, names, ids, path } = await setting(
      12_000,
      ", rotate_bytes: 1048576",
    );
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run).toMatchObject({ code: EXIT.ok, stdout: "" });
    expect(ids().toSorted()).toEqual([...fake.ids()].toSorted());
    expect(names().length).toBeGreaterThan(5);
    for (const name of names()) {
      const { size, mode } = statSync(join(folder, name));
      expect(size).toBeLessThanOrEqual(1_048_576);
      expect(mode & 0o777).toBe(0o640);
      expect(readFileSync(join(folder, name)).at(-1)).toBe(0x0a);
    }
    const { size } = statSync(path);
    expect((await runProgram(["poll", "--once"], workspace.env)).code).toBe(EXIT.ok);
    expect(statSync(path).size).toBe(size);
  });

  it("loses nothing where it is killed again and again", async () => {
    const { fake, workspace, ids, bytes } = await setting(
      20_000,
      ", rotate_bytes: 1048576",
      "poll: { interval_secs: 1, health_interval_secs: 1 }\n",
    );
    for (let kills = 0; kills < 8; kills++) {
      const before = bytes();
      const child = startProgram(["poll", "--follow"], workspace.env);
      const ended = finished(child);
      await until(() => bytes() > before, 60_000, "a line that had not been there");
      child.kill("SIGKILL");
      await ended;
    }
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.ok);
    expect(new Set(ids())).toEqual(new Set(fake.ids()));
  });

  it("waits where max_total_bytes is reached, says so in log, status and the file, and goes on", async () => {
    const limits = ", rotate_bytes: 1048576, max_total_bytes: 4194304";
    const { fake, workspace, folder, names, ids, bytes, lines, configWith } = await setting(
      12_000,
      limits,
      "poll: { interval_secs: 1 }\n",
    );
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.state);
    expect(codesOf(run.stderr)).toContain("output_full");
    expect(bytes()).toBeLessThanOrEqual(4_194_304);
    expect(lines().some((line) => line.includes("health_error"))).toBe(true);
    const status = await runProgram(["status"], workspace.env);
    expect(status.code).toBe(EXIT.partial);
    expect(status.stdout).toContain("max_total_bytes");

    const got = ids();
    for (const name of names().filter((each) => each !== "events.leef")) {
      rmSync(join(folder, name));
    }
    configWith("");
    const left = new Set(ids());
    const taken = got.filter((id) => !left.has(id));
    const all = [...fake.ids()].toSorted();
    // A feed that has failed is not asked again at once: a run may come too early.
    for (let runs = 0; runs < 100 && taken.length + ids().length < all.length; runs++) {
      const next = await runProgram(["poll", "--once"], workspace.env);
      expect(next.code).toBe(EXIT.ok);
    }
    expect([...taken, ...ids()].toSorted()).toEqual(all);
  });

  it.runIf(IS_ALL).each(MEANS)(
    "--follow: waits where %s leaves no room, says so in log and status, and goes on by itself",
    async (_name, limit) => {
      const { fake, workspace, folder, names, ids, lines } = await setting(
        12_000,
        "",
        "poll: { interval_secs: 1, health_interval_secs: 1 }\n",
      );
      const { args, makeRoom } = limit(folder);
      /** A feed that has failed is asked again after a minute and more. */
      const statusOnce = async (is: (run: Finished) => boolean): Promise<Finished> => {
        for (let tries = 1; ; tries++) {
          const run = await runProgram(["status"], workspace.env);
          if (is(run)) return run;
          if (tries === 1_000) throw new Error(run.stdout);
        }
      };
      const [command, ...rest] = [...args, process.execPath, PROGRAM, "poll", "--follow"];
      const child = spawn(command as string, rest, { env: workspace.env, detached: true });
      closers.push(() => child.kill("SIGKILL"));
      const ended = finished(child);
      let said = "";
      child.stderr.on("data", (piece) => {
        said += piece;
      });
      await until(() => /"code":"state_(enospc|efbig)"/.test(said), 60_000, "the refusal");
      // The log says it before the checkpoint has it.
      const told = await statusOnce(({ stdout }) => /disk is full|too large/.test(stdout));
      expect(told.code).toBe(EXIT.partial);
      expect(new Set(ids()).size).toBeLessThan(fake.total());

      makeRoom(child.pid as number);
      await until(() => new Set(ids()).size >= fake.total(), 120_000, "every record");
      // Where nothing can be written QRadar hears nothing either: its rule of silence is for that.
      await until(() => lines().some((line) => line.includes("|health_ok|")), 60_000, "health");
      await statusOnce(({ code }) => code === EXIT.ok);
      child.kill("SIGTERM");
      expect((await ended).code).toBe(EXIT.ok);
      expect(new Set(ids())).toEqual(new Set(fake.ids()));
      // Half a line is what a full disk leaves; its record is there as a whole line too.
      for (const name of names()) expect(readFileSync(join(folder, name)).at(-1)).toBe(0x0a);
    },
  );

  it("refuses a second process, and a folder that is not there, before Mimecast is asked", async () => {
    const { workspace, fake, bytes } = await setting(1_000, "", "poll: { interval_secs: 1 }\n");
    const child = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(child);
    await until(() => bytes() > 0, 60_000, "the first line");
    const other = join(workspace.folder, "other-state");
    const config = readFileSync(workspace.env.MIMECAST_INPUT_CONFIG as string, "utf8");
    workspace.config(config.replace(workspace.stateDir, other));
    const second = await runProgram(["poll", "--once"], workspace.env);
    expect(second.code).toBe(EXIT.state);
    expect(codesOf(second.stderr)).toContain("lock_held");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(EXIT.ok);

    const asked = fake.handedOutCount();
    workspace.config(config.replace("/out/", "/none/"));
    const third = await runProgram(["poll", "--once"], workspace.env);
    expect(third.code).toBe(EXIT.state);
    expect(codesOf(third.stderr)).toContain("state_enoent");
    expect(fake.handedOutCount()).toBe(asked);
  });

  it("check says whether the folder can be used", async () => {
    const { workspace, folder, configWith } = await setting(0, "");
    const good = await runProgram(["check"], workspace.env);
    expect(good.stdout).toContain(`"${folder}/" is writable`);
    configWith("x/none");
    const bad = await runProgram(["check"], workspace.env);
    expect(bad.stdout).toContain("does not exist");
    expect(bad.code).toBe(EXIT.state);
  });
});

const traced = onPath("strace");
if (!traced) process.stderr.write("skipped: syncing is seen with strace, which is not here\n");

describe.skipIf(!traced)("what output.file has on disk", () => {
  it("is synced before the checkpoint moves, at most once a second or a MiB and at each feed's end", async () => {
    const { workspace, path } = await setting(8_000, "");
    const out = join(workspace.folder, "trace");
    const calls = "trace=write,fsync,rename,renameat,renameat2";
    const args = [
      "-f",
      "-y",
      "-s",
      "200",
      "-e",
      calls,
      "-o",
      out,
      process.execPath,
      PROGRAM,
      "poll",
      "--once",
    ];
    const startedMs = Date.now();
    const child = spawn("strace", args, { env: workspace.env, detached: true });
    closers.push(() => child.kill("SIGKILL"));
    const run = await finished(child);
    expect(run.code, run.stderr).toBe(EXIT.ok);
    const seconds = (Date.now() - startedMs) / 1000;
    let dirty = false;
    let syncs = 0;
    let moves = 0;
    let last = "";
    for (const line of readFileSync(out, "latin1").split("\n")) {
      if (line.includes(`<${path}>`)) {
        // What is said of health has no position.
        if (/\bwrite\(/.test(line)) dirty ||= !line.includes("|health_");
        else if (/\bfsync\(/.test(line)) {
          dirty = false;
          syncs++;
        }
      } else if (/\brename(at2?)?\(/.test(line) && line.includes('/checkpoint"')) {
        moves++;
        last = dirty ? "unsynced" : "synced";
      }
    }
    expect(moves).toBeGreaterThan(5);
    expect(last).toBe("synced");
    const feeds = 20;
    expect(syncs).toBeLessThanOrEqual(statSync(path).size / 1_048_576 + seconds + feeds);
  });
});
