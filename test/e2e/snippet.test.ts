import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { runProgram } from "../support/program.ts";
import { hasShipper, mustHave, type ShipperName, startShipper } from "../support/shippers.ts";

/** What `snippet` prints, run in the real shipper. */

const CASES: readonly (readonly [ShipperName, string, string])[] = [
  ["fluent-bit", "yaml", "snippet.yaml"],
  ["fluent-bit", "classic", "snippet.conf"],
  ["syslog-ng", "conf", "snippet.conf"],
  ["vector", "toml", "snippet.toml"],
  ["vector", "yaml", "snippet.yaml"],
];

const SHORTEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "fluent-bit yaml": { "interval_sec: 60": "interval_sec: 1" },
  "fluent-bit classic": { "interval_sec 60": "interval_sec 1" },
};

const closers = closersOfEach();

for (const [name, as, fileName] of CASES) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(`snippet ${name} --as ${as}`, () => {
    it("delivers every record, none twice", async () => {
      const fake = await fakeFor(closers, {
        api: "2.0",
        seed: 9,
        records: { siem: 400, audit: 20 },
      });
      const qradar = await qradarFor(closers, { maxPayloadBytes: 4096, parse: "all" });
      const workspace = workspaceFor(closers);
      const more = `shipper: ${name}\n`;
      workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));

      const at = `127.0.0.1:${qradar.port}`;
      const args = ["snippet", name, "--as", as, "--account", "acme", "--qradar", at];
      const printed = await runProgram(args, workspace.env);
      expect(printed.stderr).toBe("");
      expect(printed.code).toBe(0);
      const path = join(workspace.folder, `printed-${fileName}`);
      // The block goes into a file that names its version already.
      const head = name === "syslog-ng" ? "@version: 3.38\n" : "";
      writeFileSync(path, head + printed.stdout);

      const shorten = SHORTEN[`${name} ${as}`] ?? {};
      const shipper = await startShipper(name, workspace, qradar.port, shorten, path);
      closers.push(() => shipper.stop());
      await qradar.waitFor(fake.total(), 30_000).catch((error) => {
        throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
      });
      await shipper.stop();
      expect(qradar.problems).toEqual([]);
      expect(qradar.duplicates()).toEqual(new Map());
      expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
    });
  });
}
