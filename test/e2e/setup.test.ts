import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { certificateAuthority } from "../support/certificates.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import type { Fake } from "../support/fake_mimecast/fake.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, PROGRAM, runProgram, type Workspace } from "../support/program.ts";
import { type QradarApi, startQradarApi } from "../support/qradar/api.ts";
import { hasTerminal, KEYS, startTerminal, type Terminal } from "../support/terminal.ts";

const closers = closersOfEach();

async function world(api: "1.0" | "2.0" = "2.0"): Promise<Position> {
  const fake = await fakeFor(closers, {
    api,
    records: { siem: 100, audit: 10, ttp_impersonation: 10 },
  });
  const workspace = workspaceFor(closers);
  const { clientId, clientSecret, appId, appKey, accessKey, secretKey } = fake.credentials;
  const env = {
    ...workspace.env,
    MC_ID: clientId,
    MC_SECRET: clientSecret,
    MC_APP_ID: appId,
    MC_APP_KEY: appKey,
    MC_ACCESS_KEY: accessKey,
    MC_SECRET_KEY: secretKey,
  };
  const path = join(workspace.folder, "etc", "config.yaml");
  return { api, fake, workspace, env: { ...env, MIMECAST_INPUT_CONFIG: path }, path };
}

interface Position {
  readonly api: "1.0" | "2.0";
  readonly fake: Fake;
  readonly workspace: Workspace;
  readonly env: NodeJS.ProcessEnv;
  readonly path: string;
}

async function qradarConsole({ workspace }: Position): Promise<{ api: QradarApi; ca: string }> {
  const authority = certificateAuthority();
  const ca = join(workspace.folder, "console.pem");
  writeFileSync(ca, authority.cert);
  const tls = authority.issue({ hosts: ["127.0.0.1"] });
  const api = await startQradarApi({ tls, logSources: [], events: () => [] });
  closers.push(() => api.close());
  return { api, ca };
}

function flags({ api, fake, workspace }: Position, name: string, ...more: string[]): string[] {
  const position = ["--name", name, "--base-url", fake.url, "--state-dir", workspace.stateDir];
  const keys =
    api === "2.0"
      ? ["--api", "2.0", "--client-id-env", "MC_ID", "--client-secret-env", "MC_SECRET"]
      : [
          ...["--api", "1.0", "--app-id-env", "MC_APP_ID", "--app-key-env", "MC_APP_KEY"],
          ...["--access-key-env", "MC_ACCESS_KEY", "--secret-key-env", "MC_SECRET_KEY"],
        ];
  return ["setup", ...position, ...keys, ...more];
}

function onTerminal(args: readonly string[], env: NodeJS.ProcessEnv): Terminal {
  const terminal = startTerminal([process.execPath, PROGRAM, ...args], env);
  closers.push(() => terminal.close());
  return terminal;
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("mimecast-input setup without a terminal", () => {
  for (const api of ["1.0", "2.0"] as const) {
    it(`API ${api}: makes a configuration with sealed secrets that collects everything`, async () => {
      const position = await world(api);
      const { fake, env, path } = position;
      const run = await runProgram(flags(position, "acme", "--json"), env);
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(linesOf(run.stdout)).toHaveLength(1);
      const done = JSON.parse(run.stdout);
      expect(done).toMatchObject({ changed: true, config: path, account: "acme" });
      expect(done.checks.map((each: { outcome: string }) => each.outcome)).not.toContain("fail");
      const key = join(position.workspace.stateDir, "seal.key");
      expect(done.written).toEqual([key, path]);
      expect([mode(path), mode(key), mode(join(path, ".."))]).toEqual(["600", "600", "700"]);
      const text = readFileSync(path, "utf8");
      const { clientSecret, appKey, accessKey, secretKey } = fake.credentials;
      for (const secret of [clientSecret, appKey, accessKey, secretKey]) {
        if (secret !== "") expect(text + run.stdout).not.toContain(secret);
      }
      const poll = await runProgram(["poll", "--once"], env);
      expect(poll.code).toBe(0);
      const ids = linesOf(poll.stdout).flatMap((line) => idOf(line) ?? []);
      expect(new Set(ids)).toEqual(new Set(fake.ids()));
    });
  }

  it("changes nothing the second time, and asks Mimecast nothing", async () => {
    const position = await world();
    await runProgram(flags(position, "acme", "--json"), position.env);
    const before = readFileSync(position.path, "utf8");
    await position.fake.close();
    const again = await runProgram(flags(position, "acme", "--json"), position.env);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: false, checks: [], written: [] });
    expect(readFileSync(position.path, "utf8")).toBe(before);
  });

  it("adds an account and leaves every line, the mode and the seal key as they were", async () => {
    const position = await world();
    await runProgram(flags(position, "acme"), position.env);
    const keyPath = join(position.workspace.stateDir, "seal.key");
    const key = readFileSync(keyPath, "utf8");
    const old = `# ours\n${readFileSync(position.path, "utf8").replace("    api:", "    # the first\n    api:")}# end\n`;
    writeFileSync(position.path, old);
    chmodSync(position.path, 0o640);
    const run = await runProgram(
      flags(position, "second", "--sources", "siem,audit"),
      position.env,
    );
    expect(run.code).toBe(0);
    const text = readFileSync(position.path, "utf8");
    const lines = text.split("\n");
    expect(lines.filter((line) => !old.split("\n").includes(line))).toHaveLength(3);
    expect(text.replace(/ {2}- name: second\n(?: {4}.*\n)+/, "")).toBe(old);
    expect(parse(text).accounts[1]).toMatchObject({ name: "second", sources: ["siem", "audit"] });
    expect(mode(position.path)).toBe("640");
    expect(readFileSync(keyPath, "utf8")).toBe(key);
  });

  it("writes nothing where Mimecast refuses the keys, and ends with 77", async () => {
    const position = await world();
    const env = { ...position.env, MC_SECRET: "not-the-secret-of-acme" };
    const run = await runProgram(flags(position, "acme"), env);
    expect(run.code).toBe(77);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain("Check client_id and client_secret");
    expect(run.stderr).not.toContain("not-the-secret-of-acme");
    expect(existsSync(join(position.path, ".."))).toBe(false);
    const untried = await runProgram(flags(position, "acme", "--no-check"), env);
    expect(untried.code).toBe(0);
    const other = await runProgram(flags(position, "acme", "--no-check"), position.env);
    expect(other.code).toBe(78);
    expect(other.stderr).toContain("--replace");
    const replaced = await runProgram(flags(position, "acme", "--replace"), position.env);
    expect(replaced.code).toBe(0);
    expect((await runProgram(["poll", "--once"], position.env)).code).toBe(0);
  });

  it("says which feed is refused and what to do, and writes without it", async () => {
    const position = await world();
    position.fake.set({ forbidden: ["/api/dlp/get-logs"] });
    const run = await runProgram(flags(position, "acme"), position.env);
    expect(run.code).toBe(77);
    expect(run.stderr).toMatch(/fail +feed dlp/);
    expect(run.stderr).toContain("Monitoring | Data Leak Prevention | Read");
    expect(existsSync(position.path)).toBe(false);
    const without = await runProgram(
      flags(position, "acme", "--sources", "siem", "audit"),
      position.env,
    );
    expect(without.code).toBe(0);
  });

  it("keeps secrets in files, as systemd credentials, or in the environment", async () => {
    const position = await world();
    const file = await runProgram(flags(position, "f", "--store", "file"), position.env);
    expect(file.code).toBe(0);
    const secret = join(position.path, "..", "secrets", "f.client_secret");
    expect(readFileSync(secret, "utf8")).toBe(`${position.fake.credentials.clientSecret}\n`);
    expect(mode(secret)).toBe("600");

    const credential = await runProgram(
      flags(position, "c", "--store", "credential"),
      position.env,
    );
    const load = "LoadCredentialEncrypted=c.client_secret:/etc/credstore.encrypted/c.client_secret";
    expect(credential.stderr).toContain(load);
    expect(credential.stderr).toContain("systemd-creds encrypt --name=c.client_secret - ");
    const env = await runProgram(flags(position, "e", "--store", "env"), position.env);
    expect(env.stderr).toContain("MC_ID, MC_SECRET");
    const { accounts, seal_key } = parse(readFileSync(position.path, "utf8"));
    expect(seal_key).toBeUndefined();
    expect(accounts.map((each: { client_secret: unknown }) => each.client_secret)).toEqual([
      { file: secret },
      { credential: "c.client_secret" },
      { env: "MC_SECRET" },
    ]);
    const again = await runProgram(
      flags(position, "c", "--store", "credential", "--json"),
      position.env,
    );
    expect(JSON.parse(again.stdout).changed).toBe(false);
  });

  it.each([
    ["rsyslog", "file", []],
    ["otelcol", "otlp", []],
    ["fluent-bit", "http", ["--by", "http"]],
  ] as const)(
    "--shipper %s: writes the output for %s that its block is for",
    async (shipper, kind, by) => {
      const position = await world();
      // The account is there already: only the shipper is new.
      await runProgram(flags(position, "acme"), position.env);
      const run = await runProgram(
        flags(position, "acme", "--shipper", shipper, ...by),
        position.env,
      );
      expect(run.code, run.stderr).toBe(0);
      const { output, shipper: written } = parse(readFileSync(position.path, "utf8"));
      expect(written).toBe(shipper);
      expect(Object.keys(output)).toEqual([kind]);
      expect(run.stdout).toContain(`snippet ${shipper} --by ${kind}.`);
      expect(run.stdout).not.toContain("Our configuration needs");
      const text = readFileSync(position.path, "utf8");
      const second = await runProgram(flags(position, "two", "--shipper", shipper), position.env);
      expect(second.code, second.stderr).toBe(0);
      expect(parse(readFileSync(position.path, "utf8")).output).toEqual(output);
      expect(readFileSync(position.path, "utf8").startsWith(text.slice(0, 20))).toBe(true);
    },
  );

  it("refuses a way that the shipper has not before anything is asked or written", async () => {
    const position = await world();
    const more = ["--shipper", "rsyslog", "--by", "http"];
    const run = await runProgram(flags(position, "acme", ...more), position.env);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('Cannot bring lines into rsyslog by \\"http\\"');
    expect(existsSync(position.path)).toBe(false);
  });

  it("prints the shipper's block, and only that, on standard output", async () => {
    const position = await world();
    const run = await runProgram(flags(position, "acme", "--shipper", "fluent-bit"), position.env);
    const { pipeline } = parse(run.stdout);
    expect(pipeline.inputs[0].command).toContain(position.path);
  });

  it("names the flag that is wrong, before anything else", async () => {
    const position = await world();
    const args = flags(position, "Acme!", "--json", "--qradar", "q");
    const run = await runProgram(args, position.env);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('\\"q\\": it must be host:port');
    const name = await runProgram(flags(position, "Acme!", "--json"), position.env);
    expect(name.code).toBe(78);
    expect(name.stderr).toContain("--name must be 1 to 63 characters");
    expect(existsSync(join(position.path, ".."))).toBe(false);
  });

  it("stops at the first feed where Mimecast is not reached, without log lines", async () => {
    const position = await world();
    await position.fake.close();
    const run = await runProgram(flags(position, "acme"), position.env);
    expect(run.code).toBe(75);
    expect(linesOf(run.stderr).filter((line) => line.startsWith("{"))).toEqual([]);
    expect(run.stderr.match(/ fail /g)).toHaveLength(1);
    expect(existsSync(position.path)).toBe(false);
  });

  it("writes the shipper, sets nothing twice, and says who has to own the files", async () => {
    const position = await world();
    const first = await runProgram(flags(position, "acme"), position.env);
    expect(first.code).toBe(0);
    expect(parse(readFileSync(position.path, "utf8")).shipper).toBeUndefined();
    const again = await runProgram(flags(position, "acme", "--shipper", "vector"), position.env);
    expect(again.code).toBe(0);
    const text = readFileSync(position.path, "utf8");
    expect(parse(text).shipper).toBe("vector");
    expect(again.stdout).toContain("[sources.mimecast]");
    const second = await runProgram(flags(position, "two", "--shipper", "vector"), position.env);
    expect(second.stderr).toContain(`chown -R vector: ${join(position.path, "..")} `);
    const known = await runProgram(["check", "--json"], position.env);
    const { results } = JSON.parse(known.stdout);
    expect(results).toContainEqual(
      expect.objectContaining({ scope: "shipper", check: "settings", outcome: "ok" }),
    );
  });

  it("sets up QRadar by flags: the console is written, its token kept in a file, content and log source brought", async () => {
    const position = await world();
    const { api, ca } = await qradarConsole(position);
    const url = `https://127.0.0.1:${api.port}`;
    const wanted = ["--console", url, "--console-token-env", "TOKEN", "--console-ca", ca];
    const env = { ...position.env, TOKEN: api.token };
    const args = flags(position, "acme", "--shipper", "vector", ...wanted);
    const run = await runProgram(args, env);
    expect(run.code, run.stderr).toBe(0);
    expect(`${run.stdout}${run.stderr}`).not.toContain(api.token);
    // Standard output has the block alone.
    expect(run.stdout).toContain("[sources.mimecast]");
    expect(run.stdout).not.toContain("log source");
    expect(run.stderr).toContain('log source "Mimecast @ acme"');
    const { qradar } = parse(readFileSync(position.path, "utf8"));
    expect(qradar).toEqual({ console: url, token: { file: expect.any(String) }, ca_file: ca });
    expect(readFileSync(qradar.token.file, "utf8")).toBe(`${api.token}\n`);
    expect(statSync(qradar.token.file).mode & 0o777).toBe(0o600);
    expect(api.logSources).toHaveLength(1);

    const before = readFileSync(position.path, "utf8");
    const again = await runProgram(args, env);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toMatch(/unchanged$/m);
    expect(readFileSync(position.path, "utf8")).toBe(before);
    const other = await runProgram(
      args.map((word) => (word === url ? "https://other.example.com" : word)),
      env,
    );
    expect(other.code).toBe(78);
    expect(other.stderr).toContain('"code":"setup_exists"');
  });

  it.each([
    [["--console", "https://q.example.com/x", "--console-token-env", "MC_ID"], "without a path"],
    [["--console", "https://q.example.com"], "--console-token-env"],
    [
      ["--console", "https://q.example.com", "--console-token-env", "NOT_SET"],
      "--console-token-env",
    ],
  ])("refuses %j before anything is written", async (wanted, said) => {
    const position = await world();
    const run = await runProgram(flags(position, "acme", ...wanted), position.env);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain(said);
    expect(existsSync(position.path)).toBe(false);
  });

  it("names every flag that is missing, and the variable that is not set", async () => {
    const { env } = await world();
    const missing = await runProgram(["setup", "--api", "2.0", "--yes"], env);
    expect(missing.code).toBe(64);
    expect(missing.stderr).toContain(
      "missing --name, --region (or --base-url), --client-id or --client-id-env, --client-secret-env",
    );
    const unset = ["setup", "--name", "a", "--client-secret-env", "NOT_SET_HERE"];
    const run = await runProgram(unset, env);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain("NOT_SET_HERE");
    const region = ["--name", "a", "--api", "2.0", "--region", "eu", "--no-check"];
    const keys = ["--client-id", "x", "--client-secret-env", "MC_SECRET"];
    const wrong = await runProgram(["setup", ...region, ...keys], env);
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).toContain("is a region of API 1.0");
  });
});

describe.skipIf(!hasTerminal())("mimecast-input setup on a terminal (needs python3)", () => {
  it("asks, shows no secret, and writes what was answered", async () => {
    const { fake, env, path } = await world();
    const terminal = onTerminal(["setup", "--base-url", fake.url], env);
    await terminal.sees("Name of the account");
    terminal.type("Acme");
    terminal.type(KEYS.enter);
    await terminal.sees("a-z, 0-9");
    terminal.type(`${"\u007f".repeat(4)}acme${KEYS.enter}`);
    await terminal.sees("Generation of the Mimecast API");
    terminal.type(KEYS.enter);
    await terminal.sees("Client ID");
    terminal.type(`${fake.credentials.clientId}${KEYS.enter}`);
    await terminal.sees("Client Secret (not shown)");
    terminal.type(`${fake.credentials.clientSecret}${KEYS.enter}`);
    await terminal.sees("Feeds to collect");
    // The first one off.
    terminal.type(`${KEYS.space}${KEYS.enter}`);
    await terminal.sees("Where the secrets are kept");
    terminal.type(KEYS.enter);
    await terminal.sees("Which shipper runs the program?");
    terminal.type(`${KEYS.down}${KEYS.down}${KEYS.enter}`);
    await terminal.sees("feed audit: allowed");
    await terminal.sees("Where QRadar listens");
    terminal.type(`q.internal:514${KEYS.enter}`);
    // No is what Enter says.
    await terminal.sees("to QRadar by its API now?");
    terminal.type(KEYS.enter);
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown()).toContain("disk-buffer(");
    expect(terminal.shown()).toContain('"q.internal" port(514)');
    expect(parse(readFileSync(path, "utf8")).shipper).toBe("syslog-ng");
    expect(terminal.shown()).not.toContain(fake.credentials.clientSecret);
    const [account] = parse(readFileSync(path, "utf8")).accounts;
    expect(account).toMatchObject({ name: "acme", api: "2.0", base_url: fake.url });
    expect(account.sources).not.toContain("siem");
    expect(account.sources).toContain("audit");
    expect(Object.keys(account.client_secret)).toEqual(["sealed"]);
  });

  it("sets up QRadar too where the person wants it, and shows no token", async () => {
    const position = await world();
    const { api, ca } = await qradarConsole(position);
    const args = flags(position, "acme", "--sources", "audit", "--store", "file");
    const terminal = onTerminal([...args, "--shipper", "vector"], position.env);
    await terminal.sees("Where QRadar listens");
    terminal.type(KEYS.enter);
    await terminal.sees("to QRadar by its API now?");
    terminal.type("y");
    await terminal.sees("Address of the console");
    terminal.type(`https://127.0.0.1:${api.port}${KEYS.enter}`);
    await terminal.sees("Token of an authorized service");
    terminal.type(`${api.token}${KEYS.enter}`);
    await terminal.sees("PEM file of the CA");
    terminal.type(`${ca}${KEYS.enter}`);
    expect(await terminal.ended(), terminal.shown()).toBe(0);
    expect(terminal.shown()).not.toContain(api.token);
    expect(api.logSources.map(({ name }) => name)).toEqual(["Mimecast @ acme"]);
  });

  it("writes nothing where the person leaves", async () => {
    const { env, path } = await world();
    const terminal = onTerminal(["setup", "--name", "acme"], env);
    await terminal.sees("Generation of the Mimecast API");
    terminal.type(KEYS.interrupt);
    expect(await terminal.ended()).toBe(130);
    expect(terminal.shown()).toContain("nothing was written");
    expect(existsSync(path)).toBe(false);
  });

  it("ends with 130 at Ctrl-C while Mimecast is asked, and writes nothing", async () => {
    const deaf = createServer(() => {});
    deaf.listen(0, "127.0.0.1");
    await once(deaf, "listening");
    closers.push(() => new Promise((done) => deaf.close(done)));
    closers.push(() => deaf.closeAllConnections());
    const position = await world();
    const asked = once(deaf, "request");
    const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
    const args = flags(
      position,
      "acme",
      "--sources",
      "audit",
      "--store",
      "sealed",
      "--shipper",
      "vector",
    );
    const changed = args.map((word) => (word === position.fake.url ? url : word));
    const terminal = onTerminal(changed, position.env);
    await asked;
    terminal.type(KEYS.interrupt);
    expect(await terminal.ended()).toBe(130);
    expect(terminal.shown()).toContain("nothing was written");
    expect(existsSync(position.path)).toBe(false);
  });

  it("asks again only what was wrong", async () => {
    const position = await world();
    const args = flags(
      position,
      "acme",
      "--sources",
      "audit",
      "--store",
      "sealed",
      "--shipper",
      "vector",
    );
    const env = { ...position.env, MC_SECRET: "wrong" };
    const terminal = onTerminal([...args, "--qradar", "q.internal:514"], env);
    await terminal.sees("What now?");
    await terminal.sees("give the keys again");
    terminal.type(KEYS.enter);
    await terminal.sees("Client ID");
    terminal.type(`${position.fake.credentials.clientId}${KEYS.enter}`);
    await terminal.sees("Client Secret (not shown)");
    terminal.type(`${position.fake.credentials.clientSecret}${KEYS.enter}`);
    await terminal.sees("feed audit: allowed");
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown()).not.toMatch(/Name of the account|Generation|Feeds to collect|"level"/);
    expect(parse(readFileSync(position.path, "utf8")).shipper).toBe("vector");
  });

  it("asks before it changes an account or keeps one that Mimecast refuses", async () => {
    const position = await world();
    await runProgram(flags(position, "acme"), position.env);
    const before = readFileSync(position.path, "utf8");
    const env = { ...position.env, MC_SECRET: "another" };
    const args = flags(
      position,
      "acme",
      "--sources",
      "siem",
      "--store",
      "sealed",
      "--shipper",
      "vector",
    );
    const first = onTerminal(args, env);
    await first.sees("has an account");
    first.type("y");
    await first.sees("What now?");
    for (let index = 0; index < 4; index++) first.type(KEYS.down);
    await first.sees("stop, write nothing");
    first.type(KEYS.enter);
    expect(await first.ended()).toBe(77);
    expect(readFileSync(position.path, "utf8")).toBe(before);
  });
});
