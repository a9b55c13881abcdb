import { afterEach, describe, expect, it } from "vitest";
import { configFor } from "../support/fake_config.ts";
import { startFake } from "../support/fake_mimecast/fake.ts";
import { createWorkspace } from "../support/program.ts";
import { startQradar } from "../support/qradar_receiver.ts";
import { hasShipper, mustHave, type ShipperName, startShipper } from "../support/shippers.ts";

/** What a shipper's example file is shortened by for a test: Fluent Bit waits a whole interval before the first run. */
const SHORTEN: Readonly<Record<ShipperName, Readonly<Record<string, string>>>> = {
  "syslog-ng": {},
  "fluent-bit": { "interval_sec: 60": "interval_sec: 1" },
  vector: { "streaming.respawn_interval_secs = 10": "streaming.respawn_interval_secs = 1" },
};

const RECORDS: Readonly<Record<ShipperName, number>> = {
  "syslog-ng": 200_000,
  "fluent-bit": 20_000,
  vector: 20_000,
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

for (const name of ["syslog-ng", "fluent-bit", "vector"] as const) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(`inside ${name}, with its file of config-examples`, () => {
    it(`delivers ${RECORDS[name]} records to QRadar, none twice`, async () => {
      const siem = RECORDS[name] - 1_000;
      const fake = await startFake({
        api: "2.0",
        seed: 3,
        records: { siem, audit: 500, ttp_impersonation: 500 },
      });
      closers.push(() => fake.close());
      const qradar = await startQradar({ maxPayloadBytes: 4096 });
      closers.push(() => qradar.close());
      const workspace = createWorkspace();
      closers.push(() => workspace.remove());
      workspace.config(
        configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, "poll: { start: 7d }\n"),
      );

      const shipper = await startShipper(name, workspace, qradar.port, SHORTEN[name]);
      closers.push(() => shipper.stop());
      // One health line per feed comes on top.
      await qradar.waitFor(RECORDS[name] + 10, 240_000).catch((error) => {
        throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
      });
      await shipper.stop();

      expect(qradar.problems).toEqual([]);
      expect(qradar.duplicates()).toEqual(new Map());
      expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
      expect(fake.violations).toEqual([]);
      const sample = qradar.parsed().slice(0, 5_000);
      expect(sample.every((line) => line.vendor === "Mimecast")).toBe(true);
    });
  });
}
