import { describe, expect, it } from "vitest";
import { IS_ALL } from "../support/amount.ts";
import { closersOfAll, fakeFor, qradarFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { idOf } from "../support/fake_mimecast/record_id.ts";
import { linesOf, runProgram, until } from "../support/program.ts";
import {
  EXAMPLES,
  exampleOf,
  freePort,
  hasShipper,
  keepRunning,
  mustHave,
  outputFor,
  portsOf,
  type ShipperName,
  startShipper,
  type Way,
} from "../support/shippers.ts";

/** Each shipper with its files of config-examples: the program inside it, or beside it with a file, HTTP or OTLP between. */

/** What a shipper's example file is shortened by for a test: Fluent Bit waits a whole interval before the first run. */
const SHORTEN: Readonly<Partial<Record<ShipperName, Readonly<Record<string, string>>>>> = {
  "fluent-bit": { "interval_sec: 60": "interval_sec: 1" },
  vector: { "streaming.respawn_interval_secs = 10": "streaming.respawn_interval_secs = 1" },
};

/** More than a file holds before it is rotated. */
const recordsOf = (name: ShipperName, way: Way) =>
  (name === "syslog-ng" && way === "exec" ? 200_000 : 20_000) / (IS_ALL ? 1 : 10);

/** syslog-ng takes a file that is renamed while it reads for a new one, if it looks at the folder in that moment. */
const mayReadTwice = (name: ShipperName, way: Way) => name === "syslog-ng" && way === "file";

const closers = closersOfAll();

/** What has to arrive byte for byte: the collector's syslog exporter makes a header of its own. */
const payloadOf = (line: string, name: ShipperName) =>
  name === "otelcol" ? line.slice(line.indexOf("LEEF:")) : line;

for (const [name, ways] of Object.entries(EXAMPLES) as [ShipperName, object][]) {
  const there = hasShipper(name) || mustHave(name);
  if (!there) process.stderr.write(`skipped: ${name} is not on PATH\n`);
  describe.skipIf(!there)(`${name} with its files of config-examples`, { concurrent: true }, () => {
    it.each(Object.keys(ways) as Way[])(
      "%s: delivers every line, none twice where the shipper reads each once",
      async (way) => {
        const records = recordsOf(name, way);
        const fake = await fakeFor(closers, {
          api: "2.0",
          seed: 3,
          records: { siem: records - 1_000, audit: 500, ttp_impersonation: 500 },
        });
        const qradar = await qradarFor(closers, { maxPayloadBytes: 4096 });
        const workspace = workspaceFor(closers);
        const port = await freePort();
        const output = outputFor(name, way, { folder: workspace.folder, port });
        const accounts = { acme: { fake, api: "2.0" } } as const;
        const textFor = (stateDir: string, more: string) =>
          configFor(stateDir, accounts, `poll: { start: 7d }\n${more}`);
        workspace.config(textFor(workspace.stateDir, output));

        const changes = way === "exec" ? SHORTEN[name] : portsOf(way, port, name);
        const shipper = await startShipper(
          name,
          workspace,
          qradar.port,
          changes,
          exampleOf(name, way),
        );
        closers.push(() => shipper.kill());
        const program = way === "exec" ? null : keepRunning(workspace);
        closers.push(() => program?.stop());
        const hasAll = () => qradar.count >= records && new Set(qradar.ids()).size >= records;
        await until(hasAll, 600_000, "every record").catch((error) => {
          throw new Error(`${error.message}\n${shipper.said().slice(-2_000)}`);
        });
        await program?.stop();
        await shipper.stop();

        expect(qradar.problems).toEqual([]);
        if (!mayReadTwice(name, way)) expect(qradar.duplicates()).toEqual(new Map());
        expect(new Set(qradar.ids())).toEqual(new Set(fake.ids()));
        expect(fake.violations).toEqual([]);
        workspace.config(textFor(`${workspace.stateDir}-again`, ""));
        const direct = await runProgram(["poll", "--once"], workspace.env);
        const wanted = new Map(
          linesOf(direct.stdout).map((line) => [idOf(line), payloadOf(line, name)]),
        );
        const changed = qradar.events
          .map(({ bytes }) => bytes.toString("utf8"))
          .filter((line) => idOf(line) !== null)
          .filter((line) => wanted.get(idOf(line)) !== payloadOf(line, name));
        expect(changed.slice(0, 3)).toEqual([]);
      },
    );
  });
}
