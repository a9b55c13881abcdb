import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createWorkspace,
  finished,
  linesOf,
  runProgram,
  startProgram,
  type Workspace,
} from "../support/program.ts";

/** What an operator may name by mistake in the place of a file, and a person who presses Ctrl-C. */

let workspace: Workspace;
let pipe: string;
beforeAll(() => {
  workspace = createWorkspace();
  pipe = join(workspace.folder, "pipe");
  execFileSync("mkfifo", ["-m", "600", pipe]);
});
afterAll(() => workspace.remove());

function config(secret: string, more = "", stateDir = workspace.stateDir): string {
  return `state_dir: ${stateDir}
accounts:
  - name: acme
    api: "2.0"
    base_url: http://127.0.0.1:1
    client_id: id
    client_secret: ${secret}
${more}`;
}

describe.concurrent("a pipe that nobody writes, or a device without end", () => {
  const commands = ["poll --once", "check", "status", "replay --list"];
  it.each(
    commands.flatMap((each) => ["PIPE", "/dev/zero", "/dev/urandom"].map((path) => [each, path])),
  )("%s: is no configuration: %s", async (command = "", path = "") => {
    const named = path === "PIPE" ? pipe : path;
    const run = await runProgram([...command.split(" "), "--config", named], workspace.env);
    expect(run.code).toBe(78);
    expect(run.stderr).toMatch(/"code":"config(_file)?"/);
    expect(run.stderr).toContain(named);
    expect(run.stderr).not.toContain("    at ");
  });

  it("is no secret, no certificate and no shipper's file", async () => {
    for (const path of [pipe, "/dev/zero"]) {
      const place = createWorkspace();
      try {
        place.config(config(`{ file: ${path} }`, "", place.stateDir));
        const secret = await runProgram(["poll", "--once"], place.env);
        expect(secret).toMatchObject({ code: 78 });
        expect(secret.stderr).toMatch(/"code":"secret_(file|empty|mode)"/);
        place.config(config("s3cret", `network: { ca_file: ${path} }\n`, place.stateDir));
        const pem = await runProgram(["poll", "--once"], place.env);
        expect(pem).toMatchObject({ code: 78 });
        expect(pem.stderr).toMatch(/"code":"(pem_file|ca)"/);
        const lint = await runProgram(["lint", path], place.env);
        expect(lint).toMatchObject({ code: 78 });
        expect(lint.stderr).toMatch(/"code":"(file|lint_unknown)"/);
      } finally {
        place.remove();
      }
    }
  });
});

it("a configuration comes out of a pipe, however slowly it is written", async () => {
  const place = createWorkspace();
  const text = config("{ env: SECRET_OF_THE_TEST }");
  const path = place.config(text);
  const slow = `(head -c 40 "${path}"; sleep 0.5; tail -c +41 "${path}")`;
  const bash = `mimecast-input status --config <(${slow})`;
  try {
    const out = execFileSync("bash", ["-c", `${bash} || true`], { env: place.env });
    expect(linesOf(out.toString())[0]).toBe("acme (API 2.0)");
  } finally {
    place.remove();
  }
});

it("an empty MIMECAST_INPUT_CONFIG is none", async () => {
  const { code, stderr } = await runProgram(["status"], {
    ...workspace.env,
    MIMECAST_INPUT_CONFIG: "",
  });
  expect(code).toBe(78);
  expect(stderr).toContain("/etc/mimecast-input/config.yaml");
});

describe("a pipe in the state directory", () => {
  it.each(["checkpoint", "journal", "lock"])(
    "named %s is refused, and nothing waits for it",
    async (name) => {
      const place = createWorkspace();
      try {
        place.config(config("s3cret", "", place.stateDir));
        mkdirSync(join(place.stateDir, "acme"), { recursive: true, mode: 0o700 });
        execFileSync("mkfifo", ["-m", "600", join(place.stateDir, "acme", name)]);
        const poll = await runProgram(["poll", "--once"], place.env);
        expect(poll.code).toBe(74);
        expect(poll.stderr).toContain('"code":"state_untrusted"');
        expect(poll.stderr).toContain("it is neither a file nor a folder");
        const status = await runProgram(["status"], place.env);
        expect(status.code).not.toBe(0);
        expect(status.stderr).not.toContain("    at ");
      } finally {
        place.remove();
      }
    },
  );
});

describe.concurrent("Ctrl-C and SIGTERM", () => {
  const waiting = ["encode", "encode PIPE", "encode --explain", "seal --config GOOD"];
  it.each(
    waiting.flatMap((command) =>
      (["SIGINT", "SIGTERM"] as const).map((name) => ({ command, name })),
    ),
  )("$name ends $command, which waits for its input", async ({ command, name }) => {
    const key = join(workspace.folder, `${name}.key`);
    const good = workspace.config(config("{ env: NONE }", `seal_key: { file: ${key} }\n`));
    const args = command.replace("PIPE", pipe).replace("GOOD", good).split(" ");
    if (args[0] === "seal") await runProgram(["seal", "--new-key", key], workspace.env);
    const child = startProgram(args, workspace.env);
    const ending = finished(child);
    // A signal that comes before the program listens ends it too, so it may come at any time.
    const asking = setInterval(() => child.kill(name), 1_500);
    try {
      const ended = await ending;
      expect(ended).toMatchObject({ code: null, signal: name });
      expect(ended.stderr).not.toContain("    at ");
    } finally {
      clearInterval(asking);
    }
  });
});
