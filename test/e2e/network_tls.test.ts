import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../plugin/errors.ts";
import { certificateAuthority, selfSigned } from "../support/certificates.ts";
import { closersOfEach, workspaceFor } from "../support/closers.ts";
import { startHttpInput } from "../support/http_input.ts";
import { type Finished, linesOf, runProgram } from "../support/program.ts";
import {
  type SmallMimecast,
  type SmallOptions,
  smallConfig,
  startSmallMimecast,
} from "../support/small_mimecast.ts";

/** The built program and the certificates that it meets. */

const DAY_MS = 86_400_000;
const authority = certificateAuthority();
const closers = closersOfEach();

async function mimecast(options: SmallOptions): Promise<SmallMimecast> {
  const server = await startSmallMimecast(options);
  closers.push(() => server.close());
  return server;
}

/** `poll --once` against `url`, with the authority trusted unless `trust` says otherwise. */
async function poll(
  url: string,
  {
    env = {},
    more = "",
    trust = authority.cert,
    args = ["poll", "--once"],
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly more?: string;
    readonly trust?: string | null;
    readonly args?: readonly string[];
  } = {},
): Promise<Finished> {
  const workspace = workspaceFor(closers);
  const ca = join(workspace.folder, "ca.pem");
  if (trust !== null) writeFileSync(ca, trust);
  const network = trust === null ? "" : `network: { ca_file: ${ca} }\n`;
  workspace.config(smallConfig(workspace.stateDir, url, { more: `${network}${more}` }));
  return runProgram(args, { ...workspace.env, ...env });
}

const errorsOf = (run: Finished) =>
  linesOf(run.stderr)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === "error");

function expectRefused(run: Finished, server: SmallMimecast): void {
  const [error] = errorsOf(run);
  expect(error).toMatchObject({ code: "tls" });
  expect(run.code).toBe(EXIT.temporary);
  expect(run.stdout).not.toContain("record 1");
  // Node says that connections are insecure, which they are not.
  expect(run.stderr).not.toContain("NODE_TLS_REJECT_UNAUTHORIZED");
  expect(server.asked).toEqual([]);
}

/** What an environment may hold that would weaken a program which leaves its TLS options to Node. */
const WEAKENED = {
  NODE_TLS_REJECT_UNAUTHORIZED: "0",
  NODE_OPTIONS: "--tls-min-v1.0 --tls-cipher-list=ALL:@SECLEVEL=0",
};

describe("the built program and TLS", () => {
  it("takes a certificate of the authority in network.ca_file", async () => {
    const tls = authority.issue({ hosts: ["127.0.0.1"] });
    const server = await mimecast({ tls });
    const run = await poll(server.url);
    expect(errorsOf(run)).toEqual([]);
    expect(run.code).toBe(EXIT.ok);
    expect(linesOf(run.stdout).filter((line) => line.includes("record "))).toHaveLength(3);
  });

  const now = Date.now();
  it.each([
    ["signs itself", selfSigned()],
    ["is of another authority", certificateAuthority().issue({ hosts: ["127.0.0.1"] })],
    ["is for another host", authority.issue({ hosts: ["localhost", "127.0.0.2"] })],
    [
      "has expired",
      authority.issue({
        hosts: ["127.0.0.1"],
        notBeforeMs: now - 9 * DAY_MS,
        notAfterMs: now - DAY_MS,
      }),
    ],
    [
      "is not valid yet",
      authority.issue({
        hosts: ["127.0.0.1"],
        notBeforeMs: now + DAY_MS,
        notAfterMs: now + 9 * DAY_MS,
      }),
    ],
  ])(
    "refuses one that %s, whatever the environment says, and sends nothing",
    async (_what, tls) => {
      const server = await mimecast({ tls });
      expectRefused(await poll(server.url, { env: WEAKENED }), server);
    },
  );

  it("refuses what it does not know where no authority is named, whatever the environment says", async () => {
    const server = await mimecast({ tls: selfSigned() });
    expectRefused(await poll(server.url, { env: WEAKENED, trust: null }), server);
  });

  it("refuses a download from another host's certificate, whatever the environment says", async () => {
    const files = await mimecast({ tls: selfSigned() });
    const api = await mimecast({
      tls: authority.issue({ hosts: ["127.0.0.1"] }),
      filesAt: files.url,
    });
    const run = await poll(api.url, { env: WEAKENED });
    expect(errorsOf(run)[0]).toMatchObject({ code: "tls" });
    expect(files.asked).toEqual([]);
  });

  it("refuses an HTTP output with an unknown certificate, whatever the environment says", async () => {
    const server = await mimecast({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
    const input = await startHttpInput({ tls: selfSigned() });
    closers.push(() => input.close());
    const more = `poll: { max_run_secs: 1 }\noutput: { http: { url: "${input.url}" } }\n`;
    const run = await poll(server.url, { env: WEAKENED, more });
    expect(run.code).toBe(EXIT.delivery);
    expect(input.batches).toEqual([]);
    expect(run.stderr).toContain("certificate");
  });

  it("speaks nothing older than TLS 1.2, whatever the environment says", async () => {
    const old = authority.issue({ hosts: ["127.0.0.1"] });
    let greeted = 0;
    const listener = createTlsServer(
      { ...old, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
      () => greeted++,
    );
    listener.on("tlsClientError", () => {});
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    closers.push(() => listener.close());
    const { port } = listener.address() as AddressInfo;
    const run = await poll(`https://127.0.0.1:${port}`, { env: WEAKENED });
    expect(errorsOf(run)[0]).toMatchObject({ code: "tls" });
    expect(greeted).toBe(0);
  });

  const hasIpv6 = Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === "::1");
  it.skipIf(!hasIpv6)("reaches an IPv6 address, and verifies the certificate for it", async () => {
    const right = await mimecast({ address: "::1", tls: authority.issue({ hosts: ["::1"] }) });
    const run = await poll(right.url);
    expect(errorsOf(run)).toEqual([]);
    expect(run.stdout).toContain("record 1");
    const wrong = await mimecast({ address: "::1", tls: authority.issue({ hosts: ["::2"] }) });
    expectRefused(await poll(wrong.url), wrong);
  });
});

describe("mimecast-input check --qradar", () => {
  async function listen(tls: { key: string; cert: string }) {
    const received: string[] = [];
    const server = createTlsServer(tls, (socket: TLSSocket) => {
      socket.on("data", (bytes) => received.push(String(bytes)));
      socket.on("error", () => {});
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    closers.push(() => server.close());
    return { port: (server.address() as AddressInfo).port, received };
  }

  async function check(port: number, env: Readonly<Record<string, string>> = {}, tls = true) {
    const server = await mimecast({ tls: authority.issue({ hosts: ["127.0.0.1"] }) });
    const folder = workspaceFor(closers);
    const ca = join(folder.folder, "qradar.pem");
    writeFileSync(ca, authority.cert);
    const more = tls ? ["--ca", ca] : [];
    const args = ["check", "--json", "--qradar", `127.0.0.1:${port}`, ...more];
    const run = await poll(server.url, { args, env });
    const { results } = JSON.parse(run.stdout) as { results: Record<string, string>[] };
    return {
      run,
      result: results.find(({ scope, check: name }) => scope === "qradar" || name === "test event"),
    };
  }

  it("speaks TLS to an address and prints nothing else", async () => {
    const { port, received } = await listen(authority.issue({ hosts: ["127.0.0.1"] }));
    const { run, result } = await check(port);
    expect(result).toMatchObject({ outcome: "ok" });
    expect(run.stderr).toBe("");
    expect(received.join("")).toContain("health_ok");
  });

  it("refuses another certificate, whatever the environment says", async () => {
    const { port, received } = await listen(selfSigned());
    const { result } = await check(port, WEAKENED);
    expect(result).toMatchObject({ outcome: "fail" });
    expect(received).toEqual([]);
  });

  it("advises on QRadar's port where it is closed, not on HTTPS", async () => {
    const { port } = await listen(selfSigned());
    for (const close of closers.splice(0)) await close();
    const { result } = await check(port, {}, false);
    expect(JSON.stringify(result)).toContain(`QRadar listens on TCP ${port}`);
    expect(JSON.stringify(result)).not.toContain("HTTPS");
  });
});
