import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FORMATS } from "../../plugin/commands/snippet/formats.ts";
import { IS_ALL } from "../support/amount.ts";
import { closersOfEach, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { runProgram, until } from "../support/program.ts";
import {
  EXAMPLES,
  freePort,
  hasShipper,
  keepRunning,
  mustHave,
  outputFor,
  type ShipperName,
  startShipper,
  type Way,
} from "../support/shippers.ts";

/** What `snippet` prints, run in the real shipper. */

const CASES = Object.entries(FORMATS).flatMap(([shipper, formats]) => {
  const name = shipper as ShipperName;
  const [first] = Object.keys(formats);
  return Object.keys(formats).flatMap((as) =>
    (Object.keys(EXAMPLES[name]) as Way[]).map((by) => ({ name, as, by, isFirst: as === first })),
  );
});

const SHORTEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "fluent-bit yaml": { "interval_sec: 60": "interval_sec: 1" },
  "fluent-bit classic": { "interval_sec             60": "interval_sec 1" },
};

const closers = closersOfEach();

for (const { name, as, by, isFirst } of CASES) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there || (!isFirst && !IS_ALL))(`snippet ${name} --as ${as} --by ${by}`, () => {
    it("delivers every record, none twice", async () => {
      const fake = await fakeFor(closers, {
        api: "2.0",
        seed: 9,
        records: { siem: 400, audit: 20 },
      });
      // The collector's syslog exporter makes a header of its own (RFC 3164).
      const parse = name === "otelcol" ? "none" : "all";
      const qradar = await qradarFor(closers, { maxPayloadBytes: 4096, parse });
      const workspace = workspaceFor(closers);
      const { folder } = workspace;
      const output = outputFor(name, by, { folder, port: await freePort() });
      const more = `shipper: ${name}\n${output}`;
      workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, more));

      const args = ["snippet", name, "--as", as, "--by", by, "--account", "acme"];
      const where = ["--qradar", `127.0.0.1:${qradar.port}`, "--buffer", join(folder, "buffer")];
      mkdirSync(join(folder, "buffer"));
      const printed = await runProgram([...args, ...where], workspace.env);
      expect(printed.stderr).toBe("");
      expect(printed.code).toBe(0);
      const path = join(folder, `printed-snippet.${as === "classic" ? "conf" : as}`);
      // The block goes into a file that names its version already.
      const head = name === "syslog-ng" ? "@version: 3.38\n" : "";
      writeFileSync(path, head + printed.stdout);

      const grpc = name === "vector" && by === "otlp" ? { "127.0.0.1:4317": "127.0.0.1:0" } : {};
      const shorten = by === "exec" ? SHORTEN[`${name} ${as}`] : grpc;
      const shipper = await startShipper(name, workspace, qradar.port, shorten, path);
      closers.push(() => shipper.stop());
      const program = by === "exec" ? null : keepRunning(workspace);
      closers.push(() => program?.stop());
      await until(() => new Set(qradar.ids()).size >= fake.total(), 30_000, "every record").catch(
        (error) => {
          throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
        },
      );
      await program?.stop();
      await shipper.stop();
      expect(qradar.problems).toEqual([]);
      expect(qradar.duplicates()).toEqual(new Map());
      expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
    });
  });
}
