import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linesOf } from "../support/engine_lines.ts";
import type { FilterFunction } from "../support/filter_host.ts";
import { onPath } from "../support/program.ts";
import { hasShipper, mustHave } from "../support/shippers.ts";

/** The same module under another interpreter: the golden records must come out the same to the byte. */
const FIXTURES = new URL("../fixtures/records/", import.meta.url);
const WASM = fileURLToPath(new URL("../../dist/mimecast.wasm", import.meta.url));
const skip = !hasShipper("fluent-bit") && !mustHave("fluent-bit");

const RECORDS = readdirSync(FIXTURES)
  .filter((name) => /\.(ndjson|txt)$/.test(name))
  .map((name) => readFileSync(new URL(name, FIXTURES), "utf8"))
  .join("");
/** As JSON lines of ours, and what is not ours between them. */
const ENVELOPES = linesOf(RECORDS, { format: "json", account: "acme" });
const BARE = '{"type":"receipt","action":"Rej","timestamp":1767225600000,"subject":"a ^|\\" b"}';
const FOREIGN = '{"log":"of another program","n":1}';

const wamrc = onPath("flb-wamrc");

describe.skipIf(skip)(
  `the wasm filter of Fluent Bit${skip ? " (skipped: not on PATH)" : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "mimecast-filter-"));

    beforeAll(() => {
      writeFileSync(join(folder, "in.ndjson"), [...ENVELOPES, BARE, FOREIGN, ""].join("\n"));
      writeFileSync(join(folder, "parsers.conf"), "[PARSER]\n    Name json\n    Format json\n");
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    /** What comes out of Fluent Bit, and what of it are messages. */
    function filtered(wasm: string, filter: FilterFunction) {
      const file = join(folder, "fluent-bit.yaml");
      writeFileSync(file, configuration(folder, wasm, filter));
      rmSync(join(folder, "out.ndjson"), { force: true });
      const { status, stderr } = spawnSync("fluent-bit", ["-c", file], {
        encoding: "utf8",
        timeout: 50_000,
      });
      if (status !== 0) throw new Error(`fluent-bit ended with ${status}: ${stderr.slice(-2000)}`);
      const records: Record<string, unknown>[] = readFileSync(join(folder, "out.ndjson"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      return { records, messages: records.map((record) => record.message) };
    }

    function expectLines(messages: readonly unknown[]): void {
      const expected = linesOf(RECORDS, { account: "acme", hostname: "mimecast-acme" });
      const [alone] = linesOf(BARE, { account: "", hostname: "mimecast" });
      expect(messages).toEqual([...expected, alone, undefined]);
    }

    it("makes the same lines as Node of every record, and leaves others as they are", () => {
      const { records, messages } = filtered(WASM, "mimecast_leef");
      expectLines(messages);
      expect(Object.keys(records[0] ?? {})).toContain("event");
    });

    it("gives on nothing but the line where it is asked for it alone", () => {
      const { records, messages } = filtered(WASM, "mimecast_leef_only");
      expectLines(messages);
      expect(records.slice(0, -1).flatMap(Object.keys)).toEqual(
        Array(records.length - 1).fill("message"),
      );
      expect(records.at(-1)).toEqual(JSON.parse(FOREIGN));
    });

    it.skipIf(!wamrc)(
      `makes the same lines as machine code${wamrc ? "" : " (skipped: flb-wamrc is not on PATH)"}`,
      () => {
        const compiled = join(folder, "mimecast.aot");
        const { status } = spawnSync("flb-wamrc", ["-o", compiled, WASM]);
        expect(status).toBe(0);
        expectLines(filtered(compiled, "mimecast_leef").messages);
        expectLines(filtered(compiled, "mimecast_leef_only").messages);
      },
    );
  },
);

function configuration(folder: string, wasm: string, filter: FilterFunction): string {
  return `
service:
  flush: 0.2
  log_level: error
  parsers_file: ${folder}/parsers.conf
pipeline:
  inputs:
    - name: exec
      tag: mimecast
      command: cat ${folder}/in.ndjson
      parser: json
      oneshot: true
      exit_after_oneshot: true
      buf_size: 512k
  filters:
    - name: wasm
      match: "*"
      wasm_path: ${wasm}
      function_name: ${filter}
      accessible_paths: ${folder}
  outputs:
    - name: file
      match: "*"
      path: ${folder}
      file: out.ndjson
      format: plain
`;
}
