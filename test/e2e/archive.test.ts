import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram } from "../support/program.ts";
import { hasShipper, mustHave, startShipper } from "../support/shippers.ts";

const closers = closersOfEach();

const there = hasShipper("fluent-bit") || mustHave("fluent-bit");
if (!there) process.stderr.write("skipped: fluent-bit is not on PATH\n");

describe.skipIf(!there)("inside Fluent Bit, archive-and-qradar.yaml", () => {
  it("archives the records untouched, and its filter makes the lines that V8 makes", async () => {
    const records = {
      siem: 4_000,
      audit: 300,
      ttp_impersonation: 300,
      ttp_url: 200,
      ttp_attachment: 200,
    };
    const fake = await fakeFor(closers, { api: "2.0", seed: 11, records });
    const qradar = await qradarFor(closers, { maxPayloadBytes: 4096 });
    const workspace = workspaceFor(closers);
    const archive = join(workspace.folder, "archive");
    mkdirSync(archive);
    const env = {
      ...workspace.env,
      MIMECAST_WASM: resolve("dist/mimecast.wasm"),
      MIMECAST_ARCHIVE: archive,
    };
    const ours = (name: string) =>
      configFor(join(workspace.folder, name), { acme: { fake, api: "2.0" } });

    workspace.config(ours("state-v8"));
    const leef = await runProgram(["poll", "--once"], workspace.env);
    workspace.config(ours("state-fluent-bit"));
    const shorten = { "interval_sec: 60": "interval_sec: 1" };
    const example = "config-examples/fluent-bit/archive-and-qradar.yaml";
    const shipper = await startShipper(
      "fluent-bit",
      { ...workspace, env },
      qradar.port,
      shorten,
      example,
    );
    closers.push(() => shipper.stop());
    await qradar.waitFor(fake.total(), 60_000).catch((error) => {
      throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
    });
    await shipper.stop();

    const events = (lines: readonly string[]) => lines.filter((line) => idOf(line) !== null).sort();
    expect(qradar.problems).toEqual([]);
    expect(qradar.duplicates()).toEqual(new Map());
    const arrived = events(qradar.events.map(({ bytes }) => bytes.toString("utf8")));
    expect(arrived).toEqual(events(linesOf(leef.stdout)));
    const stored = linesOf(readFileSync(join(archive, "mimecast.ndjson"), "utf8"));
    expect(new Set(stored.map((line) => idOf(line)).filter((id) => id !== null))).toEqual(
      new Set(fake.ids()),
    );
    expect(stored.every((line) => JSON.parse(line).message === undefined)).toBe(true);
  });
});
