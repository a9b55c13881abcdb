import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { IS_ALL } from "../support/amount.ts";
import { closersOfAll, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { type HttpInput, type HttpInputOptions, startHttpInput } from "../support/http_input.ts";
import {
  type Finished,
  finished,
  linesOf,
  runProgram,
  startProgram,
  until,
  type Workspace,
} from "../support/program.ts";

/** The built program in front of a stand-in for an HTTP input, such as Vector's http_server, which can't be run here. */

const closers = closersOfAll();

interface Setting {
  readonly key: Key;
  readonly fake: Fake;
  readonly input: HttpInput;
  readonly workspace: Workspace;
}

type Key = "http" | "otlp";

async function setting(
  key: Key,
  options: HttpInputOptions = {},
  more = "",
  http = "",
): Promise<Setting> {
  const records = { siem: 2_000, audit: 100, ttp_impersonation: 100 };
  const fake = await fakeFor(closers, { api: "2.0", seed: 11, records });
  const input = await startHttpInput(options);
  closers.push(() => input.close());
  const workspace = workspaceFor(closers);
  workspace.config(configOf({ key, fake, input, workspace }, more, http));
  return { key, fake, input, workspace };
}

function configOf({ key, fake, input, workspace }: Setting, more = "", http = ""): string {
  const output = `output: { ${key}: { url: "${input.url}"${http} } }\n`;
  return configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, `${output}${more}`);
}

const errorsOf = (run: Finished) =>
  linesOf(run.stderr)
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === "error");

describe.concurrent.each<Key>(["http", "otlp"])("mimecast-input poll with output.%s", (key) => {
  // The two differ in the body and in how a batch is refused; the way of a batch is the same code.
  const test = IS_ALL || key === "http" ? it : it.skip;

  it("--once: posts everything once, one batch at a time, and writes nothing to stdout", async () => {
    const { fake, input, workspace } = await setting(key);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run).toMatchObject({ code: EXIT.ok, stdout: "" });
    expect(errorsOf(run)).toEqual([]);
    expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
    expect(input.mostInFlight).toBe(1);

    const count = input.batches.length;
    const again = await runProgram(["poll", "--once"], workspace.env);
    expect(again).toMatchObject({ code: EXIT.ok, stdout: "" });
    expect(input.batches).toHaveLength(count);
  });

  it("--once --format json: posts an array of the very objects", async () => {
    const { fake, input, workspace } = await setting(key);
    const run = await runProgram(["poll", "--once", "--format", "json"], workspace.env);
    expect(run.code).toBe(EXIT.ok);
    const types = new Set(input.batches.map(({ headers }) => headers["content-type"]));
    const type = key === "http" ? "application/json" : "application/x-protobuf";
    expect(types).toEqual(new Set([type]));
    expect(new Set(input.ids())).toEqual(new Set(fake.ids()));
    expect(input.lines.every((line) => JSON.parse(line).account === "acme")).toBe(true);
  });

  it("--once: a shipper that never takes a batch ends the run in time, and the next one brings all", async () => {
    let takes = false;
    const judge = () => (takes ? 200 : { status: 503, headers: { "retry-after": "1" } });
    const { fake, input, workspace } = await setting(key, { judge });
    // A busy machine needs longer to come to its second try.
    let run: Finished;
    let secs = 3;
    do {
      workspace.config(
        configOf({ key, fake, input, workspace }, `poll: { max_run_secs: ${secs} }\n`),
      );
      run = await runProgram(["poll", "--once"], workspace.env);
      secs *= 2;
    } while (input.batches.length < 2 && secs < 200);
    expect(run.code).toBe(EXIT.delivery);
    const errors = errorsOf(run);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: "delivery_timeout" });
    expect(errors[0].hint).toContain("nothing is lost");
    expect(input.batches.length).toBeGreaterThan(1);
    expect(input.lines).toEqual([]);

    takes = true;
    workspace.config(configOf({ key, fake, input, workspace }));
    const next = await runProgram(["poll", "--once"], workspace.env);
    expect(next.code).toBe(EXIT.ok);
    expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
  });

  it("a refusal for good ends the run with its remedy, and the next one brings the rest", async () => {
    const judge = (number: number) => (number === 4 ? 401 : 200);
    const auth = ', auth: { bearer: "qxsecretxq" }';
    const { fake, input, workspace } = await setting(key, { judge }, "", auth);
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.delivery);
    expect(errorsOf(run)).toHaveLength(1);
    expect(errorsOf(run)[0]).toMatchObject({
      code: "delivery_refused",
      hint: `Check output.${key}.auth against the shipper's input`,
    });
    expect(run.stderr).not.toContain("qxsecretxq");
    expect(input.batches[0]?.headers.authorization).toBe("Bearer qxsecretxq");
    const next = await runProgram(["poll", "--once"], workspace.env);
    expect(next.code).toBe(EXIT.ok);
    expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
  });

  test("--follow: SIGTERM ends the wait, and nothing is lost or doubled with a shipper that answers late", async () => {
    let isBusy = false;
    const judge = async (number: number) => {
      await new Promise((done) => setTimeout(done, 10));
      if (number === 8) isBusy = true;
      return isBusy ? 503 : 200;
    };
    const { fake, input, workspace } = await setting(key, { judge });
    const child = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(child);
    await until(() => input.batches.length >= 8, 30_000, "the eighth batch");
    await new Promise((done) => setTimeout(done, 100));
    child.kill("SIGTERM");
    const run = await ended;
    expect(run).toMatchObject({ code: EXIT.ok, stdout: "" });
    expect(errorsOf(run)).toEqual([]);

    isBusy = false;
    const next = startProgram(["poll", "--follow"], workspace.env);
    const over = finished(next);
    await until(() => input.ids().length >= fake.total(), 30_000, "the rest");
    next.kill("SIGTERM");
    expect((await over).code).toBe(EXIT.ok);
    expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
    expect(input.mostInFlight).toBe(1);
  });

  test.each(["--once", "--follow"])(
    "%s: the batch that is in flight at SIGTERM has its grace, and comes once",
    async (mode) => {
      let answer = () => {};
      const asked = new Promise<void>((done) => {
        answer = done;
      });
      let isHeld = false;
      const judge = async (number: number) => {
        if (number === 3) {
          isHeld = true;
          await asked;
        }
        return 200;
      };
      const { fake, input, workspace } = await setting(key, { judge });
      const child = startProgram(["poll", mode], workspace.env);
      const ended = finished(child);
      await until(() => isHeld, 30_000, "the batch");
      child.kill("SIGTERM");
      // The program knows of the signal before the shipper answers.
      await new Promise((done) => setTimeout(done, 1_000));
      expect(child.exitCode).toBeNull();
      answer();
      const run = await ended;
      expect(run).toMatchObject({ code: EXIT.ok, stdout: "" });
      expect(errorsOf(run)).toEqual([]);
      expect(input.batches).toHaveLength(3);
      expect((await runProgram(["poll", "--once"], workspace.env)).code).toBe(EXIT.ok);
      expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
    },
  );

  test("a page that answers 200 in the place of the shipper has taken nothing", async () => {
    const page = "<!DOCTYPE html><title>Log in</title>";
    let isPortal = true;
    const taken: string[] = [];
    const portal = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString("utf8");
      if (!isPortal) taken.push(...linesOf(body).flatMap((line) => idOf(line) ?? []));
      if (isPortal) response.setHeader("content-type", "text/html");
      response.end(isPortal ? page : "");
    });
    await new Promise<void>((done) => portal.listen(0, "127.0.0.1", done));
    closers.push(() => portal.close());
    const fake = await fakeFor(closers, {
      api: "2.0",
      seed: 11,
      records: { siem: 300, audit: 20 },
    });
    const workspace = workspaceFor(closers);
    const { port } = portal.address() as AddressInfo;
    const config = (more: string) =>
      workspace.config(
        configFor(
          workspace.stateDir,
          { acme: { fake, api: "2.0" } },
          `output: { http: { url: "http://127.0.0.1:${port}/in", gzip: false } }\n${more}`,
        ),
      );
    config("poll: { max_run_secs: 3 }\n");
    const run = await runProgram(["poll", "--once"], workspace.env);
    expect(run.code).toBe(EXIT.delivery);
    expect(errorsOf(run)).toEqual([expect.objectContaining({ code: "delivery_timeout" })]);
    expect(errorsOf(run)[0].msg).toContain("page of HTML");
    isPortal = false;
    config("");
    expect((await runProgram(["poll", "--once"], workspace.env)).code).toBe(EXIT.ok);
    expect(taken.toSorted()).toEqual([...fake.ids()].toSorted());
  });

  test("--follow: goes on although the process that started it has ended", async () => {
    const { fake, input, workspace } = await setting(key, {}, "poll: { interval_secs: 1 }\n");
    // The shell ends at once; its child keeps the pipe of stdout.
    const shell = spawn("sh", ["-c", 'mimecast-input poll --follow & echo "$!"'], {
      env: workspace.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let pid = "";
    shell.stdout.on("data", (piece) => {
      pid += piece;
    });
    await new Promise((done) => shell.once("exit", done));
    await until(() => pid.endsWith("\n"), 5_000, "the pid");
    closers.push(() => {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended.
      }
    });
    await until(() => input.ids().length >= fake.total(), 30_000, "the first records");
    // Longer than the program's looking for its parent.
    await new Promise((done) => setTimeout(done, 2_500));
    fake.add({ audit: 7 });
    await until(() => input.ids().length >= fake.total(), 30_000, "the later records");
    expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
  });

  test("replay goes the same way", async () => {
    const { fake, input, workspace } = await setting(key);
    const range = ["--source", "audit", "--from", "2d", "--to", "now"];
    const run = await runProgram(["replay", ...range], workspace.env);
    expect(run).toMatchObject({ code: EXIT.ok, stdout: "" });
    expect(input.ids().toSorted()).toEqual([...fake.ids("audit")].toSorted());
  });

  test("--follow: SIGKILL in the middle costs at most the batch in flight", async () => {
    const judge = async () => {
      await new Promise((done) => setTimeout(done, 20));
      return 200;
    };
    const { fake, input, workspace } = await setting(key, { judge });
    const child = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(child);
    await until(() => input.batches.length >= 5, 30_000, "the fifth batch");
    child.kill("SIGKILL");
    await ended;
    const next = startProgram(["poll", "--follow"], workspace.env);
    const over = finished(next);
    await until(() => new Set(input.ids()).size >= fake.total(), 30_000, "the rest");
    next.kill("SIGTERM");
    await over;
    const ids = input.ids();
    expect(new Set(ids)).toEqual(new Set(fake.ids()));
    const inOneBatch = Math.max(...input.batches.map(({ lines }) => lines.length));
    expect(ids.length - fake.total()).toBeLessThanOrEqual(inOneBatch);
  });
});
