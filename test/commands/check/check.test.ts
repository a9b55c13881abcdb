import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../../plugin/commands/check/result.ts";
import { selfSigned } from "../../support/certificates.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../../support/closers.ts";
import { configFor } from "../../support/fake_config.ts";
import type { Fake } from "../../support/fake_mimecast/fake.ts";
import { runProgram, startProgram, until, type Workspace } from "../../support/program.ts";
import { startQradar } from "../../support/qradar_receiver.ts";

const closers = closersOfEach();

const RECORDS = { siem: 100, audit: 10 };

async function scene(api: "1.0" | "2.0", records: object = RECORDS, more = "") {
  const fake = await fakeFor(closers, { api, records });
  const workspace = workspaceFor(closers);
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api } }, more));
  return { fake, workspace };
}

async function check(
  { env }: Workspace,
  ...args: string[]
): Promise<{ code: number | null; results: readonly CheckResult[]; of: Of; stdout: string }> {
  const run = await runProgram(["check", "--json", ...args], env);
  if (run.stdout === "") throw new Error(run.stderr);
  const { results, exit } = JSON.parse(run.stdout) as { results: CheckResult[]; exit: number };
  expect(exit).toBe(run.code);
  const of: Of = (name, scope = "acme") => {
    const found = results.filter((one) => one.check === name && one.scope === scope);
    expect(found).toHaveLength(1);
    return found[0] as CheckResult;
  };
  return { code: run.code, results, of, stdout: run.stdout };
}

type Of = (name: string, scope?: string) => CheckResult;

/** Breaking the SIEM download off after its first piece is meant, and the fake may feel it. */
function violations({ violations: all }: Fake): unknown[] {
  return all.filter(({ detail }) => !/(?:EPIPE|ECONNRESET)$/.test(detail));
}

/** Nothing but what the program may ask, and nothing of it kept. */
function untouched(fake: Fake, workspace: Workspace): void {
  expect(violations(fake)).toEqual([]);
  expect(fake.handedOut("audit").size).toBeLessThanOrEqual(10);
  expect(existsSync(workspace.stateDir)).toBe(false);
}

for (const api of ["1.0", "2.0"] as const) {
  describe(`mimecast-input check, API ${api}`, () => {
    it("asks each feed once, finds everything well, and leaves no trace", async () => {
      const { fake, workspace } = await scene(api);
      const { code, of, results } = await check(workspace);
      expect(results.filter((one) => one.outcome === "fail" || one.outcome === "warn")).toEqual([]);
      expect(code).toBe(0);
      for (const name of ["dns", "tcp", "login", "clock", "quota", "feed siem", "feed audit"]) {
        expect(of(name).outcome).toBe("ok");
      }
      expect(of("lock").outcome).toBe("ok");
      expect(of("state directory", "host").text).toContain("does not exist yet");
      expect(results.some((one) => one.check === "keys")).toBe(api === "1.0");
      untouched(fake, workspace);
    });

    it("does not move the position of a collection", async () => {
      const { fake, workspace } = await scene(api);
      await check(workspace);
      const run = await runProgram(["poll", "--once"], workspace.env);
      expect(run.code).toBe(0);
      expect(run.stdout.split("\n").filter((line) => line.includes("cat=audit"))).toHaveLength(10);
      expect(fake.handedOutCount("siem")).toBe(100);
      const before = readdirSync(join(workspace.stateDir, "acme"));
      fake.add({ audit: 5 });
      await check(workspace);
      expect(readdirSync(join(workspace.stateDir, "acme"))).toEqual(before);
      expect(violations(fake)).toEqual([]);
    });

    it("names permission and product of a feed that is refused, and goes on with the others", async () => {
      const { fake, workspace } = await scene(api);
      fake.set({ forbidden: ["/api/ttp/url/get-logs"] });
      const { code, of } = await check(workspace);
      expect(code).toBe(77);
      expect(of("login").outcome).toBe("ok");
      const feed = of("feed ttp_url");
      expect(feed.outcome).toBe("fail");
      expect(feed.remedy).toContain("Monitoring | URL Protection | Read");
      if (api === "2.0") expect(feed.remedy).toContain('product "Security Events"');
      expect(of("feed ttp_attachment").outcome).toBe("ok");
    });

    it("asks no further once the credentials are refused", async () => {
      const { fake, workspace } = await scene(api);
      fake.set({ auth: api === "1.0" ? "expired" : "signature" });
      const { code, of } = await check(workspace);
      expect(code).toBe(77);
      expect(of("login").outcome).toBe("fail");
      expect(of("login").remedy).toContain(api === "1.0" ? "Never Expires" : "client_secret");
      expect(of("feed audit").outcome).toBe("skipped");
      expect(fake.requests("/api/audit/get-audit-events")).toBe(0);
    });

    it("takes a silent SIEM feed for Enhanced Logging that is off", async () => {
      const { workspace } = await scene(api, { audit: 10 });
      const { code, of } = await check(workspace);
      expect(code).toBe(1);
      expect(of("feed siem").outcome).toBe("warn");
      expect(of("feed siem").remedy).toContain("Enhanced Logging");
    });
  });
}

describe("mimecast-input check", () => {
  it("says how far it got where nobody answers", async () => {
    const { fake, workspace } = await scene("2.0");
    await fake.close();
    const { code, of } = await check(workspace);
    expect(code).toBe(75);
    expect(of("dns").outcome).toBe("ok");
    expect(of("tcp")).toMatchObject({ outcome: "fail", exit: 75 });
    expect(of("clock").outcome).toBe("skipped");
  });

  it("says whether the shipper's HTTP input listens, and posts nothing to it", async () => {
    let requests = 0;
    const input = createServer(() => requests++).listen(0, "127.0.0.1");
    await once(input, "listening");
    closers.push(() => input.close());
    const { port } = input.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    const { workspace } = await scene("2.0", RECORDS, `output: { http: { url: "${url}" } }\n`);
    const listening = await check(workspace);
    expect(listening.of("tcp", "output").outcome).toBe("ok");
    expect([listening.code, requests]).toEqual([0, 0]);
    input.close();
    await once(input, "close");
    const { code, of } = await check(workspace);
    expect(code).toBe(75);
    expect(of("tcp", "output")).toMatchObject({ outcome: "fail", exit: 75 });
    expect(of("tcp", "output").remedy).toContain("output.http.url");
  });

  it("tells a certificate of the HTTP input that is not trusted, and a secret that can't be read", async () => {
    const { key, cert } = selfSigned();
    const input = createTlsServer({ key, cert }).listen(0, "127.0.0.1");
    await once(input, "listening");
    closers.push(() => input.close());
    const { port } = input.address() as AddressInfo;
    const url = `https://127.0.0.1:${port}/`;
    const strange = await scene("2.0", RECORDS, `output: { http: { url: "${url}" } }\n`);
    const tls = (await check(strange.workspace)).of("tls", "output");
    expect(tls).toMatchObject({ outcome: "fail", remedy: expect.stringContaining("ca_file") });
    const caFile = join(strange.workspace.folder, "ca.pem");
    writeFileSync(caFile, cert);
    const known = await scene(
      "2.0",
      RECORDS,
      `output: { http: { url: "${url}", ca_file: ${caFile} } }\n`,
    );
    expect((await check(known.workspace)).of("tls", "output").outcome).toBe("ok");
    const secret = await scene(
      "2.0",
      RECORDS,
      `output: { http: { url: "${url}", auth: { bearer: { env: NOT_THERE } } } }\n`,
    );
    const { code, of } = await check(secret.workspace);
    expect(code).toBe(78);
    expect(of("output.http", "output").text).toContain("NOT_THERE");
  });

  it("says that a poll is running, and by which process", async () => {
    const { workspace } = await scene("2.0");
    const poll = startProgram(["poll", "--follow"], workspace.env);
    closers.push(() => poll.kill("SIGKILL"));
    poll.stdout?.resume();
    await until(() => existsSync(join(workspace.stateDir, "acme", "checkpoint")), 15_000, "a poll");
    const { of } = await check(workspace);
    expect(of("lock").text).toBe(`a poll is running (pid ${poll.pid})`);
  });

  it("warns of more calls than Mimecast allows", async () => {
    const more = 'poll: { interval_secs: 60, rate_limits: { batch: "50/15m" } }\n';
    const { workspace } = await scene("2.0", RECORDS, more);
    const { of } = await check(workspace);
    expect(of("calls batch")).toMatchObject({ outcome: "warn" });
    expect(of("calls batch").text).toContain("of 200 (limit 50 in 15 minutes)");
  });

  it("--shipper lints that file", async () => {
    const { workspace } = await scene("2.0");
    const bad = "test/fixtures/shipper_configs/bad/vector_drop_newest.toml";
    const { code, of } = await check(workspace, "--shipper", bad);
    expect(code).toBe(1);
    expect(of("buffer.when_full", "shipper").text).toContain("vector_drop_newest.toml:25: loses");
  });

  it("--shipper with a file that is not there is a result like any other", async () => {
    const { workspace } = await scene("2.0");
    const { code, of } = await check(workspace, "--shipper", "/nowhere/fluent-bit.yaml");
    expect(code).toBe(78);
    expect(of("lint", "shipper").text).toContain('"/nowhere/fluent-bit.yaml": it does not exist');
    expect(of("login").outcome).toBe("ok");
  });

  it("--qradar sends one event that is whole, over TCP and over verified TLS", async () => {
    const { workspace } = await scene("2.0");
    const tls = selfSigned();
    const ca = join(workspace.folder, "ca.pem");
    writeFileSync(ca, tls.cert);
    const plain = await startQradar({ parse: "all" });
    const encrypted = await startQradar({ parse: "all", tls });
    closers.push(
      () => plain.close(),
      () => encrypted.close(),
    );
    const at = (port: number) => ["--qradar", `localhost:${port}`];

    const sent = await check(workspace, ...at(plain.port));
    expect(sent.of("test event", "qradar").outcome).toBe("ok");
    await plain.waitFor(1, 5_000);
    expect(plain.parsed()).toMatchObject([{ eventId: "health_ok", hostname: "mimecast-acme" }]);

    const refused = await check(workspace, ...at(encrypted.port), "--tls");
    expect(refused.code).toBe(75);
    expect(refused.of("test event", "qradar").outcome).toBe("fail");
    expect(encrypted.count).toBe(0);
    const trusted = await check(workspace, ...at(encrypted.port), "--ca", ca);
    expect(trusted.of("test event", "qradar").outcome).toBe("ok");
    await encrypted.waitFor(1, 5_000);
    expect(encrypted.parsed()[0]?.eventId).toBe("health_ok");
  });

  it("prints tables, what to do, and a count for people", async () => {
    const { workspace } = await scene("1.0", { audit: 1 });
    const run = await runProgram(["check"], workspace.env);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/^host\n {2}config +ok/);
    expect(run.stdout).toMatch(/\nacme\n {2}lock +ok +free\n/);
    expect(run.stdout).toMatch(/\nWhat to do\n/);
    expect(run.stdout).toMatch(/\n0 fail, 1 warn, \d note, 0 skipped, \d+ ok\n$/);
  });

  it("shows no secret", async () => {
    const { fake, workspace } = await scene("1.0");
    fake.set({ auth: "signature" });
    const { stdout } = await check(workspace);
    for (const secret of [fake.credentials.secretKey, fake.credentials.appKey]) {
      expect(stdout).not.toContain(secret);
    }
  });

  it("reports a secret that can't be read, and checks the rest", async () => {
    const { workspace } = await scene("2.0");
    const text = `state_dir: ${workspace.stateDir}\naccounts: [{ name: acme, api: "2.0", base_url: "http://127.0.0.1:9", client_id: x, client_secret: { env: NOT_SET_AT_ALL } }]\n`;
    workspace.config(text);
    const { code, of } = await check(workspace);
    expect(code).toBe(78);
    expect(of("credentials").text).toContain("NOT_SET_AT_ALL");
    expect(of("tcp").outcome).toBe("fail");
  });
});
