import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { closersOfAll } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { type Fake, startFake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { startHttpInput } from "../support/http_input.ts";
import {
  createWorkspace,
  type Finished,
  finished,
  linesOf,
  type Workspace,
} from "../support/program.ts";
import { EXECUTABLE } from "./release.ts";

/** Each command, each API generation and each output once through the single executable. */

const closers = closersOfAll();
let fake: Fake;
let workspace: Workspace;
let config: string;

beforeAll(async () => {
  fake = await startFake({ api: "1.0", records: { siem: 120, audit: 20 }, seed: 5 });
  closers.push(() => fake.close());
  [workspace, config] = setting("");
});

function setting(more: string): [Workspace, string] {
  const made = createWorkspace();
  closers.push(() => made.remove());
  const text = configFor(
    made.stateDir,
    { acme: { fake, api: "1.0" } },
    `poll: { start: 7d }\n${more.replaceAll("FOLDER", made.folder)}`,
  );
  return [made, made.config(text)];
}

/** Without an environment, as a shipper's unit may start it. */
function run(args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const child = spawn(EXECUTABLE, args, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  return finished(child);
}

const idsIn = (text: string) => new Set(linesOf(text).flatMap((line) => idOf(line) ?? []));

describe("the single executable", () => {
  it("collects zips of API 1.0, says so in status, and shows what comes next", async () => {
    const peek = await run(["poll", "--peek", "2", "--config", config]);
    expect([peek.code, linesOf(peek.stdout).length]).toEqual([0, 2]);
    const poll = await run(["poll", "--once", "--config", config]);
    expect([poll.code, poll.stderr.includes('"level":"error"')]).toEqual([0, false]);
    expect(idsIn(poll.stdout)).toEqual(new Set(fake.ids()));
    const status = await run(["status", "--json", "--config", config]);
    expect(status.stdout).toContain('"condition":"ok"');
    const check = await run(["check", "--json", "--config", config]);
    expect(JSON.parse(check.stdout)).toBeTypeOf("object");
  });

  it.each([
    ["a file", "output: { file: { path: FOLDER/out/events.leef } }\n"],
    ["a file of JSON", "output: { format: json, file: { path: FOLDER/out/events.leef } }\n"],
  ])("writes %s", async (_, more) => {
    const [place, path] = setting(more);
    mkdirSync(join(place.folder, "out"));
    const poll = await run(["poll", "--once", "--config", path]);
    expect(poll.code).toBe(0);
    const text = readFileSync(join(place.folder, "out/events.leef"), "utf8");
    expect(idsIn(text)).toEqual(new Set(fake.ids()));
  });

  it("posts to a shipper's HTTP input", async () => {
    const input = await startHttpInput();
    closers.push(() => input.close());
    const [, path] = setting(`output: { http: { url: "${input.url}" } }\n`);
    const poll = await run(["poll", "--once", "--config", path]);
    expect(poll.code).toBe(0);
    expect(new Set(input.ids())).toEqual(new Set(fake.ids()));
  });

  it("seals a secret, packs a bundle, lints, explains and completes", async () => {
    const key = join(workspace.folder, "seal.key");
    expect((await run(["seal", "--new-key", key])).code).toBe(0);
    const sealing = config.replace("config.yaml", "sealing.yaml");
    writeFileSync(sealing, `${readFileSync(config, "utf8")}seal_key: { file: ${key} }\n`, {
      mode: 0o600,
    });
    const sealed = await run(["seal", "--config", sealing], "s3cret");
    expect(sealed.stdout).toMatch(/^\{ sealed: eyJ/);
    const bundle = join(workspace.folder, "bundle.tar.gz");
    expect((await run(["bundle", "-o", bundle, "--config", config])).code).toBe(0);
    expect(spawnSync("tar", ["-tzf", bundle]).status).toBe(0);
    for (const shipper of ["fluent-bit", "vector", "syslog-ng"]) {
      const block = await run([
        "snippet",
        shipper,
        "--qradar",
        "qradar.example.com:514",
        "--config",
        config,
      ]);
      expect([shipper, block.code]).toEqual([shipper, 0]);
      const name = { "fluent-bit": "yaml", vector: "toml", "syslog-ng": "conf" }[shipper];
      const file = join(workspace.folder, `block.${name}`);
      writeFileSync(file, block.stdout);
      const lint = await run(["lint", file, "--config", config]);
      expect(lint.stderr).not.toMatch(/TypeError| {4}at /);
      expect([0, 1]).toContain(lint.code);
    }
    const record = '{"type":"journal","timestamp":1767225600000}\n';
    expect(linesOf((await run(["encode"], record)).stdout)).toHaveLength(1);
    expect((await run(["encode", "--explain"], record)).stdout).toContain("journal");
    for (const shell of ["bash", "zsh", "fish"]) {
      expect((await run(["completion", shell])).stdout).toContain("mimecast-input");
    }
  });

  it.each(["replay", "migrate", "reconcile", "qradar", "setup"])(
    "has the parts of %s: it refuses in words",
    async (command) => {
      const args = {
        replay: ["--list"],
        migrate: ["--account", "acme", "--dry-run"],
        reconcile: ["--uids", "/nonexistent"],
        qradar: ["install", "--dry-run"],
        setup: ["--yes"],
      }[command] as string[];
      const common = command === "setup" ? [] : ["--config", config];
      const { code, stderr } = await run([command, ...args, ...common]);
      expect([0, 64, 78]).toContain(code);
      expect(stderr).not.toMatch(/"code":"defect"|TypeError|Cannot find module| {4}at /);
    },
  );
});
