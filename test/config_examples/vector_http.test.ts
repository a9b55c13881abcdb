import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readToml } from "../../plugin/commands/lint/toml_text.ts";
import { closersOfEach, fakeFor, workspaceFor } from "../support/closers.ts";
import { configFor } from "../support/fake_config.ts";
import { startHttpInput } from "../support/http_input.ts";
import { finished, startProgram, until } from "../support/program.ts";

/** Vector can't be run here: its example is parsed, and a stand-in plays its late acknowledgement. */

const closers = closersOfEach();

interface Example {
  readonly data_dir: string;
  readonly sources: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly sinks: Readonly<
    Record<string, Readonly<Record<string, unknown>> & { readonly inputs: readonly string[] }>
  >;
}

function example(): Example {
  const read = readToml(readFileSync("config-examples/vector/http-server.toml", "utf8"));
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  return read.yaml.value as Example;
}

describe("config-examples/vector/http-server.toml", () => {
  it("acknowledges only what the sink has written, and sends our line as it is", () => {
    const { sources, sinks, data_dir } = example();
    expect(sources).toEqual({
      mimecast: {
        type: "http_server",
        address: "127.0.0.1:8080",
        decoding: { codec: "bytes" },
        framing: { method: "newline_delimited" },
      },
    });
    expect(sinks.qradar).toMatchObject({
      type: "socket",
      mode: "tcp",
      inputs: Object.keys(sources),
      encoding: { codec: "text" },
      framing: { method: "newline_delimited" },
      acknowledgements: { enabled: true },
    });
    expect(sinks.qradar).not.toHaveProperty("buffer");
    expect(data_dir).toBe("/var/lib/vector");
  });

  it("has the address that its comment gives to mimecast-input, with the default body", async () => {
    const text = readFileSync("config-examples/vector/http-server.toml", "utf8");
    const { address } = example().sources.mimecast as { address: string };
    expect(text).toContain(`http: { url: "http://${address}/" }`);
  });
});

describe("a source that acknowledges late", () => {
  it("holds the poll back, gets one batch at a time, and every line once", async () => {
    const fake = await fakeFor(closers, {
      api: "2.0",
      seed: 17,
      records: { siem: 1_000, audit: 100 },
    });
    // As Vector with a full buffer: first no answer for a while, then 503, at last the batch is taken.
    const input = await startHttpInput({
      judge: async (number) => {
        await new Promise((done) => setTimeout(done, number % 3 === 0 ? 150 : 5));
        return number % 5 === 0 ? 503 : 200;
      },
    });
    closers.push(() => input.close());
    const workspace = workspaceFor(closers);
    const output = `output: { http: { url: "${input.url}" } }\n`;
    workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, output));
    const child = startProgram(["poll", "--follow"], workspace.env);
    const ended = finished(child);
    await until(() => input.ids().length >= fake.total(), 60_000, "all records");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0, stdout: "" });
    expect(input.ids().toSorted()).toEqual([...fake.ids()].toSorted());
    expect(input.mostInFlight).toBe(1);
    expect(input.batches[0]?.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-encoding": "gzip",
    });
    expect(fake.violations).toEqual([]);
  });
});
