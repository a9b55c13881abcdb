import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { certificateAuthority } from "../support/certificates.ts";
import { closersOfEach, workspaceFor } from "../support/closers.ts";
import {
  type ConnectProxy,
  type ProxyOptions,
  startConnectProxy,
} from "../support/connect_proxy.ts";
import { startHttpInput } from "../support/http_input.ts";
import { type Finished, finished, linesOf, startProgram } from "../support/program.ts";
import {
  SMALL_RECORDS,
  type SmallMimecast,
  smallConfig,
  startSmallMimecast,
} from "../support/small_mimecast.ts";

/** The built program behind a proxy: its names resolve nowhere, so that whatever arrives came through CONNECT. */

const API = "api.example.test";
const FILES = "files.example.test";
const INPUT = "shipper.example.test";

const authority = certificateAuthority();
const closers = closersOfEach();

interface Lab {
  readonly mimecast: SmallMimecast;
  readonly proxy: ConnectProxy;
  /** Runs `poll --once` with this `network:` and environment. `untilSaid`: to its first complaint. */
  run(
    network: string,
    env?: Readonly<Record<string, string>>,
    more?: string,
    untilSaid?: "until said",
  ): Promise<Finished>;
}

async function lab(
  options: Partial<ProxyOptions> = {},
  routes: Record<string, number> = {},
): Promise<Lab> {
  const tls = authority.issue({ hosts: [API, FILES] });
  const mimecast = await startSmallMimecast({ tls, filesAt: `https://${FILES}` });
  closers.push(() => mimecast.close());
  const proxy = await startConnectProxy({
    routes: { [`${API}:443`]: mimecast.port, [`${FILES}:443`]: mimecast.port, ...routes },
    ...options,
  });
  closers.push(() => proxy.close());
  return {
    mimecast,
    proxy,
    async run(network, env = {}, more = "", untilSaid = undefined) {
      const workspace = workspaceFor(closers);
      const ca = join(workspace.folder, "ca.pem");
      writeFileSync(ca, authority.cert);
      workspace.config(
        smallConfig(workspace.stateDir, `https://${API}`, {
          account: `    download_hosts: [${FILES}]\n`,
          more: `network: { ca_file: ${ca}${network} }\n${more.replace("CA", ca)}`,
        }),
      );
      const clean = Object.entries(workspace.env).filter(([name]) => !/_proxy$/i.test(name));
      const child = startProgram(["poll", "--once"], { ...Object.fromEntries(clean), ...env });
      child.stderr?.on("data", (text) => {
        if (untilSaid !== undefined && /"level":"(?:warn|error)"/.test(text)) child.kill();
      });
      return finished(child);
    },
  };
}

const complaintsOf = (run: Finished) =>
  linesOf(run.stderr)
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === "error" || level === "warn");
const recordsOf = (lines: readonly string[]) => lines.filter((line) => /record \d/.test(line));

const everything = new Set([`${API}:443`, `${FILES}:443`]);

function expectAllThere(run: Finished, { proxy }: Lab, hosts = everything): void {
  expect(complaintsOf(run)).toEqual([]);
  expect(run.code).toBe(EXIT.ok);
  expect(recordsOf(linesOf(run.stdout))).toHaveLength(SMALL_RECORDS.length);
  expect(new Set(proxy.asked)).toEqual(hosts);
}

describe("the built program through a proxy", () => {
  it("takes token, API and downloads through network.proxy, with its login", async () => {
    const here = await lab({ login: "user:p@ss word" });
    const { port } = here.proxy;
    const run = await here.run(`, proxy: "http://user:p%40ss%20word@127.0.0.1:${port}"`);
    expectAllThere(run, here);
    expect(new Set(here.mimecast.asked)).toEqual(
      new Set([
        "POST /oauth/token",
        "GET /siem/v1/batch/events/cg",
        "GET /bucket/receipt-1.json.gz",
      ]),
    );
  });

  it("sends a login without a password", async () => {
    const here = await lab({ login: "token:" });
    const run = await here.run(`, proxy: "http://token@127.0.0.1:${here.proxy.port}"`);
    expectAllThere(run, here);
  });

  it.each(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY"])("takes the one of %s", async (name) => {
    const here = await lab();
    const env = { [name]: `http://127.0.0.1:${here.proxy.port}` };
    expectAllThere(await here.run("", env), here);
  });

  it.each(["NO_PROXY", "no_proxy"])(
    "goes past the environment's proxy to hosts of %s",
    async (name) => {
      const here = await lab();
      const env = { HTTPS_PROXY: `http://127.0.0.1:${here.proxy.port}`, [name]: ".example.test" };
      const run = await here.run("", env, "", "until said");
      expect(here.proxy.asked).toEqual([]);
      expect(complaintsOf(run)[0]).toMatchObject({ code: "dns" });
    },
  );

  it("speaks TLS with a proxy whose certificate network.ca_file verifies, at an address", async () => {
    const here = await lab({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
    const run = await here.run(`, proxy: "https://127.0.0.1:${here.proxy.port}"`);
    expectAllThere(run, here);
    expect(run.stderr).not.toContain("Warning");
  });

  it("refuses a TLS proxy with another certificate, and names it", async () => {
    const here = await lab({ tls: certificateAuthority().issue({ hosts: ["127.0.0.1"] }) });
    const run = await here.run(`, proxy: "https://127.0.0.1:${here.proxy.port}"`);
    const [error] = complaintsOf(run);
    expect(error).toMatchObject({ code: "tls" });
    expect(error.msg).toContain(`through the proxy "127.0.0.1:${here.proxy.port}"`);
    expect(here.proxy.asked).toEqual([]);
  });

  it("refuses what the proxy puts in Mimecast's place, without a word to it", async () => {
    const other = certificateAuthority().issue({ hosts: [API] });
    const impostor = await startSmallMimecast({ tls: other });
    closers.push(() => impostor.close());
    const here = await lab({}, { [`${API}:443`]: impostor.port });
    const run = await here.run(`, proxy: "http://127.0.0.1:${here.proxy.port}"`);
    expect(complaintsOf(run)[0]).toMatchObject({ code: "tls" });
    expect(impostor.asked).toEqual([]);
  });

  it.each([
    ["407", { login: "user:right" }, "proxy_auth", "other credentials"],
    ["403", { status: 403 }, "proxy", "refused to open the way (403)"],
  ])("says what a proxy's %s means", async (_what, options, code, said) => {
    const here = await lab(options);
    const proxy = `http://user:proxy-password@127.0.0.1:${here.proxy.port}`;
    const run = await here.run(`, proxy: "${proxy}"`, {}, "", "until said");
    const [complaint] = complaintsOf(run);
    expect(complaint).toMatchObject({ code, level: code === "proxy" ? "warn" : "error" });
    expect(complaint.error ?? complaint.msg).toContain(said);
    expect(run.stderr).not.toContain("proxy-password");
  });

  it("names a proxy that is not there", async () => {
    const here = await lab();
    await here.proxy.close();
    const { port } = here.proxy;
    const run = await here.run(`, proxy: "http://127.0.0.1:${port}"`, {}, "", "until said");
    const [warning] = complaintsOf(run);
    expect(warning.code).toBe("connect");
    expect(warning.error).toContain(`through the proxy "127.0.0.1:${port}"`);
  });

  it("posts through the proxy of output.http", async () => {
    const { key, cert } = authority.issue({ hosts: [INPUT] });
    const input = await startHttpInput({ tls: { key, cert } });
    closers.push(() => input.close());
    const inputPort = Number(new URL(input.url).port);
    const here = await lab({ login: "user:pass" }, { [`${INPUT}:8443`]: inputPort });
    const proxy = `http://user:pass@127.0.0.1:${here.proxy.port}`;
    const output = `output: { http: { url: "https://${INPUT}:8443/in", proxy: "${proxy}", ca_file: CA } }\n`;
    const run = await here.run(`, proxy: "${proxy}"`, {}, output);
    expect(complaintsOf(run)).toEqual([]);
    expect(run.code).toBe(EXIT.ok);
    expect(recordsOf(input.lines)).toHaveLength(SMALL_RECORDS.length);
    expect(new Set(here.proxy.asked)).toEqual(new Set([...everything, `${INPUT}:8443`]));
  });
});
