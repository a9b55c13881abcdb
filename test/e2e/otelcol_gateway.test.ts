import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { startHttpInput } from "../support/http_input.ts";
import { finished, startProgram, until } from "../support/program.ts";
import {
  exampleOf,
  freePort,
  hasShipper,
  mustHave,
  outputFor,
  startShipper,
} from "../support/shippers.ts";

/** The collector as it is often used: on each machine one that passes on, by OTLP, to the one that speaks to QRadar. */

const closers = closersOfEach();

/** The example with `otlp_http` in place of its exporter. */
function gatewayExample(url: string): string {
  const text = readFileSync(exampleOf("otelcol", "otlp"), "utf8");
  const exporter = `exporters:
  otlp_http:
    logs_endpoint: ${url}
    sending_queue: { enabled: true, storage: file_storage, sizer: items, queue_size: 100000 }
    retry_on_failure: { enabled: true, max_elapsed_time: 0, initial_interval: 100ms, max_interval: 1s }

`;
  return text
    .replace(/^exporters:\n[\s\S]*?(?=^service:)/m, exporter)
    .replace("exporters: [syslog]", "exporters: [otlp_http]");
}

const there = hasShipper("otelcol") || mustHave("otelcol");
if (!there) process.stderr.write("skipped: otelcol is not on PATH\n");

describe.skipIf(!there)("a collector that passes on by OTLP", () => {
  it("brings every record to the next one, killed like the program again and again", async () => {
    const fake = await fakeFor(closers, {
      api: "2.0",
      seed: 23,
      records: { siem: 8_000, audit: 200 },
    });
    // The next collector is busy now and then: it says 503, and takes the batch later.
    const input = await startHttpInput({ judge: (number) => (number % 7 === 3 ? 503 : 200) });
    closers.push(() => input.close());
    const workspace = workspaceFor(closers);
    const port = await freePort();
    const output = outputFor("otelcol", "otlp", { folder: workspace.folder, port });
    const poll = "poll: { interval_secs: 1 }\n";
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, poll + output));
    const example = join(workspace.folder, "bin", "gateway.yaml");
    writeFileSync(example, gatewayExample(input.url));
    const ports = { '"127.0.0.1:4318"': `"127.0.0.1:${port}"` };
    const start = () => startShipper("otelcol", workspace, 0, ports, example);

    let collector = await start();
    closers.push(() => collector.kill());
    for (let kills = 0; kills < 6; kills++) {
      const before = input.batches.length;
      const program = startProgram(["poll", "--follow"], workspace.env);
      const ended = finished(program);
      closers.push(() => program.kill("SIGKILL"));
      fake.add({ siem: 500 });
      await until(() => input.batches.length > before, 60_000, "a batch").catch((error) => {
        throw new Error(`${error.message}\n${collector.said().slice(-2_000)}`);
      });
      if (kills % 2 === 0) {
        await collector.kill();
        collector = await start();
      }
      program.kill("SIGKILL");
      await ended;
    }
    const program = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(program);
    closers.push(() => program.kill("SIGKILL"));
    await until(() => new Set(input.ids()).size >= fake.total(), 120_000, "every record");
    program.kill("SIGTERM");
    expect((await ended).code).toBe(0);
    expect(new Set(input.ids())).toEqual(new Set(fake.ids()));
    await collector.stop();
  });
});
