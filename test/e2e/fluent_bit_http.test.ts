import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { finished, startProgram } from "../support/program.ts";
import { hasShipper, mustHave, startShipper } from "../support/shippers.ts";

/** The built program, a real Fluent Bit with the file of config-examples, and the QRadar receiver. */

const there = hasShipper("fluent-bit") || mustHave("fluent-bit");
if (!there) process.stderr.write("skipped: fluent-bit is not on PATH\n");
const EXAMPLE = "config-examples/fluent-bit/http-input.yaml";

const closers = closersOfEach();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => server.close(() => done()));
  return port;
}

async function setting(records: number) {
  const siem = records - 200;
  const fake = await fakeFor(closers, {
    api: "2.0",
    seed: 5,
    records: { siem, audit: 100, ttp_impersonation: 100 },
  });
  const qradar = await qradarFor(closers, { maxPayloadBytes: 4096 });
  const workspace = workspaceFor(closers);
  const port = await freePort();
  const output = `output: { http: { url: "http://127.0.0.1:${port}/", body: json } }\n`;
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, output));
  const fluentBit = (shorten: Readonly<Record<string, string>> = {}) =>
    startShipper(
      "fluent-bit",
      workspace,
      qradar.port,
      { "port: 9880": `port: ${port}`, ...shorten },
      EXAMPLE,
    );
  const program = () => {
    const child = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(child);
    closers.push(() => child.kill("SIGKILL"));
    return {
      stop: async () => {
        child.kill("SIGTERM");
        return ended;
      },
    };
  };
  return { fake, qradar, fluentBit, program };
}

describe.skipIf(!there)("mimecast-input by HTTP into fluent-bit", () => {
  it("delivers 20000 records to QRadar, none twice", async () => {
    const { fake, qradar, fluentBit, program } = await setting(20_000);
    const shipper = await fluentBit();
    closers.push(() => shipper.stop());
    const { stop } = program();
    // One health line per feed comes on top.
    await qradar.waitFor(20_000 + 10, 120_000).catch((error) => {
      throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
    });
    const run = await stop();
    expect(run.code).toBe(0);
    expect(qradar.problems).toEqual([]);
    expect(qradar.duplicates()).toEqual(new Map());
    expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
  });

  it("loses nothing where Fluent Bit is not there yet, is killed, is restarted", async () => {
    const records = 10_000;
    const { fake, qradar, fluentBit, program } = await setting(records);
    const { stop } = program();
    const first = await fluentBit();
    closers.push(() => first.kill());
    await qradar.waitFor(records / 4, 60_000);
    await first.kill();
    await new Promise((done) => setTimeout(done, 1_500));
    const second = await fluentBit();
    closers.push(() => second.stop());
    await qradar.waitFor(records / 2, 60_000);
    await second.stop();
    const third = await fluentBit();
    closers.push(() => third.stop());
    await qradar.waitFor(records + 10, 60_000).catch((error) => {
      throw new Error(`${error.message}\n${third.said().slice(-2_000)}`);
    });
    const endMs = Date.now() + 30_000;
    const missing = () => {
      const got = new Set(qradar.ids());
      return [...fake.ids()].filter((id) => !got.has(id));
    };
    while (missing().length > 0 && Date.now() < endMs)
      await new Promise((done) => setTimeout(done, 100));
    const run = await stop();
    expect(run.code).toBe(0);
    expect(missing()).toEqual([]);
    expect(qradar.problems.filter((problem) => !problem.includes("is a rest"))).toEqual([]);
    expect(run.stderr).toContain("The shipper does not take a batch, waiting");
  });
});
