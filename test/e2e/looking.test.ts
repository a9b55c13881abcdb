import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cases, IS_ALL } from "../support/amount.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import {
  type Finished,
  finished,
  linesOf,
  runProgram,
  startProgram,
  until,
  type Workspace,
} from "../support/program.ts";
import { hasTerminal, startTerminal } from "../support/terminal.ts";

/** Looking never takes: whoever looks at the lines, and however often, a shipper gets all of them afterwards. */

const closers = closersOfAll();

interface Position {
  readonly fake: Fake;
  readonly workspace: Workspace;
}

async function position(more = "", api: "1.0" | "2.0" = "2.0"): Promise<Position> {
  // Fewer audit and ttp records than `head` reads: it does not close the pipe early.
  const fake = await fakeFor(closers, { api, seed: 3, records: { siem: 300, audit: 3, dlp: 2 } });
  const workspace = workspaceFor(closers);
  const options = `poll: { start: 7d }\n${more}`;
  const config = configFor(workspace.stateDir, { acme: { fake, api } }, options);
  workspace.config(config.replace("    base_url", "    sources: [siem, audit, dlp]\n    base_url"));
  return { fake, workspace };
}

/** What a shipper gets that starts the program and reads its stdout: the test, whose child is a session of its own. */
async function expectAll({ fake, workspace }: Position): Promise<void> {
  const run = await runProgram(["poll", "--once"], workspace.env);
  expect(run.code).toBe(0);
  expect(new Set(idsOf(run.stdout))).toEqual(new Set(fake.ids()));
}

const idsOf = (text: string) => linesOf(text).flatMap((line) => idOf(line) ?? []);

/** Runs a shell's text without a terminal. */
function shell(text: string, { env }: Workspace): Promise<Finished> {
  const child = spawn("sh", ["-c", text], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  return finished(child);
}

/** Types into an interactive shell of a terminal; resolves once all has been run. */
async function atTerminal(lines: readonly string[], { env }: Workspace): Promise<string> {
  const terminal = startTerminal(["bash", "--norc", "--noprofile", "-i"], { ...env, PS1: "> " });
  closers.push(() => terminal.close());
  for (const [index, line] of lines.entries()) {
    // The quotes keep the echo of what was typed from being taken for the end.
    terminal.type(`${line}; echo "end"-${index}\r`);
    await terminal.sees(`end-${index}`);
  }
  terminal.type("exit\r");
  await terminal.ended();
  return terminal.shown();
}

/** Names, sizes and times of everything in the state directory. */
function traces({ stateDir }: Workspace): Record<string, string> {
  if (!existsSync(stateDir)) return {};
  const names = readdirSync(stateDir, { recursive: true }).map(String).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(stateDir, name);
      const { mtimeMs, size } = statSync(path);
      const content = statSync(path).isFile() ? readFileSync(path, "latin1") : "";
      return [name, name.startsWith(".rate_limits") ? "" : `${mtimeMs} ${size} ${content}`];
    }),
  );
}

describe.concurrent("poll without a terminal", () => {
  it.each(cases([">/dev/null", ">&-", ">/dev/zero", "1<>/dev/null"], 4))(
    "refuses %s, and collects nothing",
    async (redirection) => {
      const here = await position();
      const run = await shell(`mimecast-input poll --once ${redirection}`, here.workspace);
      expect(run.code).toBe(78);
      expect(run.stderr).toContain('"code":"no_shipper"');
      expect(run.stderr).toContain("poll --peek");
      expect(traces(here.workspace)).not.toHaveProperty("acme/checkpoint");
      await expectAll(here);
    },
  );

  it("refuses a file that was removed while it was open", async () => {
    const here = await position();
    const text = "exec 3>gone; rm gone; mimecast-input poll --once >&3";
    const run = await shell(`cd ${here.workspace.folder}; ${text}`, here.workspace);
    expect(run.code).toBe(78);
    await expectAll(here);
  });

  it.each(
    cases(
      [
        "mimecast-input poll --once | grep -c eventUid",
        "mimecast-input poll --once | head -n 500",
        "mimecast-input poll --once | cat >/dev/null",
        'lines=$(mimecast-input poll --once); echo "$lines"',
        "timeout 60 env A=b mimecast-input poll --once | wc -l",
      ],
      5,
    ),
  )("commits nothing of `%s`, run twice by one process", async (text) => {
    const here = await position();
    for (let time = 0; time < 2; time++) {
      const run = await shell(text, here.workspace);
      expect(run.stderr).toContain('"code":"not_a_shipper"');
    }
    await expectAll(here);
  });

  it("trusts a pipeline where the operator vouches for it", async () => {
    const here = await position("handover: drained\n");
    const run = await shell("mimecast-input poll --once | cat", here.workspace);
    expect(new Set(idsOf(run.stdout))).toEqual(new Set(here.fake.ids()));
    expect(run.stderr).not.toContain("not_a_shipper");
    const second = await runProgram(["poll", "--once"], here.workspace.env);
    expect(second.stdout).toBe("");
  });

  it("commits nothing of runs that each have a parent of their own, however many", async () => {
    const here = await position();
    const code =
      "import subprocess;print(len(subprocess.run(['mimecast-input','poll','--once'],capture_output=True).stdout))";
    for (let time = 0; time < (IS_ALL ? 5 : 2); time++) {
      const run = await shell(`python3 -c "${code}"`, here.workspace);
      expect(Number(run.stdout)).toBeGreaterThan(1000);
    }
    await expectAll(here);
  });

  it("knows the process that reads a real pipe and starts it again, through a shell and timeout", async () => {
    const here = await position();
    const code = `
import subprocess, sys
for _ in range(2):
    out = subprocess.run("timeout 60 mimecast-input poll --once", shell=True, stdout=subprocess.PIPE).stdout
    sys.stdout.write(out.decode()); print("----")`;
    const path = join(here.workspace.folder, "shipper.py");
    writeFileSync(path, code);
    const run = await shell(`python3 ${path}`, here.workspace);
    const [first = "", second = ""] = run.stdout.split("----\n");
    expect(new Set(idsOf(first))).toEqual(new Set(here.fake.ids()));
    expect(second).toBe("");
  });

  it("takes a file for a keeper", async () => {
    const here = await position();
    const path = join(here.workspace.folder, "lines.leef");
    await shell(`mimecast-input poll --once > ${path}`, here.workspace);
    expect(new Set(idsOf(readFileSync(path, "utf8")))).toEqual(new Set(here.fake.ids()));
    const second = await runProgram(["poll", "--once"], here.workspace.env);
    expect(second.stdout).toBe("");
  });
});

describe.skipIf(!hasTerminal())("poll at a terminal", () => {
  it("refuses to write to it, once and following", async () => {
    const here = await position();
    const shown = await atTerminal(
      ["mimecast-input poll --once", "mimecast-input poll --follow", "mimecast-input poll"],
      here.workspace,
    );
    expect(shown.match(/stdout is a terminal/g)).toHaveLength(3);
    expect(shown).toContain("poll --peek");
    expect(idsOf(shown)).toEqual([]);
    await expectAll(here);
  });

  it.each(
    cases(
      [
        ["grep", "mimecast-input poll --once | grep -c eventUid"],
        ["head that wants more than there is", "mimecast-input poll --once | head -n 5000 | wc -l"],
        ["head", "mimecast-input poll --once | head -n 2"],
        ["a shell without a terminal of its own", "setsid mimecast-input poll --once 2>&- | wc -l"],
        [
          "python",
          "python3 -c \"import subprocess as s;[s.run(['mimecast-input','poll','--once'],capture_output=True) for _ in '12']\"",
        ],
        ["a nested shell", "bash -c 'sh -c \"mimecast-input poll --once\" | cat' | wc -c"],
        ["following", "timeout -s TERM 4 mimecast-input poll --follow | wc -l"],
      ] as const,
      4,
    ),
  )("commits nothing of a pipe into %s, twice", async (_name, text) => {
    const here = await position("handover: shipper\n");
    await atTerminal([text, text], here.workspace);
    await expectAll(here);
  });

  it.each([
    ["fluent-bit", 0],
    ["my-shipper", 1],
  ])("takes %s in the foreground for what it is", async (name, again) => {
    const here = await position();
    const { workspace, fake } = here;
    const out = join(workspace.folder, "got");
    const code = `
import subprocess
run = lambda: subprocess.run("mimecast-input poll --once", shell=True, stdout=subprocess.PIPE).stdout
open(${JSON.stringify(out)}, "wb").write(run() + run())`;
    writeFileSync(join(workspace.folder, "shipper.py"), code);
    // The kernel names a process after the link by which it was started.
    const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"]).stdout;
    symlinkSync(String(python).trim(), join(workspace.folder, name));
    await atTerminal([`cd ${workspace.folder}; ./${name} shipper.py`], workspace);
    const ids = idsOf(readFileSync(out, "utf8"));
    expect(new Set(ids)).toEqual(new Set(fake.ids()));
    expect(ids).toHaveLength(fake.total() * (1 + again));
  });

  it("commits nothing there even with handover: drained, which is meant for what runs without one", async () => {
    const here = await position("handover: drained\n");
    await atTerminal(["mimecast-input poll --once | cat > /dev/null"], here.workspace);
    await expectAll(here);
  });
});

describe.concurrent("poll --peek", () => {
  it.each(cases(["2.0", "1.0"] as const, 2))(
    "API %s: shows lines and leaves no trace",
    async (api) => {
      const here = await position("", api);
      const { workspace } = here;
      for (const [args, count] of [
        [["--peek"], 10],
        [["--peek", "3"], 3],
        [["--peek", "--account", "acme", "--source", "audit"], 3],
      ] as const) {
        const run = await runProgram(["poll", ...args], workspace.env);
        expect(run.stderr).toBe("");
        expect(run.code).toBe(0);
        expect(linesOf(run.stdout)).toHaveLength(count);
        expect(idsOf(run.stdout)).toHaveLength(count);
        expect(traces(workspace)).toEqual({});
      }
      await expectAll(here);
    },
  );

  it("shows what is left of what a shipper has not got yet, and changes nothing of its state", async () => {
    const here = await position();
    const { workspace, fake } = here;
    const path = join(workspace.folder, "lines.leef");
    await shell(`mimecast-input poll --once > ${path}`, workspace);
    const before = traces(workspace);
    const none = await runProgram(["poll", "--peek"], workspace.env);
    expect([none.code, none.stdout]).toEqual([0, ""]);
    expect(none.stderr).toContain("nothing new");
    fake.add({ audit: 2 });
    const some = await runProgram(["poll", "--peek"], workspace.env);
    expect([some.code, idsOf(some.stdout).length]).toEqual([0, 2]);
    expect(traces(workspace)).toEqual(before);
  });

  it("works while a shipper is running", async () => {
    const here = await position();
    const { workspace, fake } = here;
    const follower = startProgram(["poll", "--follow"], workspace.env);
    const got = finished(follower);
    let seen = "";
    follower.stdout?.on("data", (piece) => {
      seen += String(piece);
    });
    await until(() => idsOf(seen).length >= fake.total(), 30_000, "all lines");
    fake.add({ audit: 1 });
    const run = await runProgram(["poll", "--peek", "5"], workspace.env);
    expect(run.code).toBe(0);
    expect(idsOf(run.stdout).length).toBeGreaterThan(0);
    follower.kill("SIGTERM");
    expect((await got).code).toBe(0);
  });

  it("says what is wrong, and ends with the code of it", async () => {
    const here = await position();
    await here.fake.close();
    const run = await runProgram(["poll", "--peek"], here.workspace.env);
    expect(run.code).toBe(75);
    expect(run.stderr).toContain('"code":"connect"');
    const wrong = await runProgram(["poll", "--peek", "--source", "audti"], here.workspace.env);
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).toContain('Did you mean \\"audit\\"?');
  });
});
