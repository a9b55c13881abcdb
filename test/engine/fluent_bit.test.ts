import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linesOf } from "../support/engine_lines.ts";
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

describe.skipIf(skip)(
  `the wasm filter of Fluent Bit${skip ? " (skipped: not on PATH)" : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "mimecast-filter-"));
    let messages: (string | undefined)[] = [];

    beforeAll(() => {
      writeFileSync(join(folder, "in.ndjson"), [...ENVELOPES, BARE, FOREIGN, ""].join("\n"));
      writeFileSync(join(folder, "parsers.conf"), "[PARSER]\n    Name json\n    Format json\n");
      writeFileSync(join(folder, "fluent-bit.yaml"), configuration(folder));
      const { status, stderr } = spawnSync("fluent-bit", ["-c", join(folder, "fluent-bit.yaml")], {
        encoding: "utf8",
        timeout: 50_000,
      });
      if (status !== 0) throw new Error(`fluent-bit ended with ${status}: ${stderr.slice(-2000)}`);
      messages = readFileSync(join(folder, "out.ndjson"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).message);
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    it("makes the same lines as Node of every golden record", () => {
      const expected = linesOf(RECORDS, { account: "acme", hostname: "mimecast-acme" });
      expect(messages.slice(0, ENVELOPES.length)).toEqual(expected);
    });

    it("makes one of a record that stands alone, and leaves others as they are", () => {
      const [alone] = linesOf(BARE, { account: "", hostname: "mimecast" });
      expect(messages.slice(ENVELOPES.length)).toEqual([alone, undefined]);
    });
  },
);

function configuration(folder: string): string {
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
      wasm_path: ${WASM}
      function_name: mimecast_leef
      accessible_paths: ${folder}
  outputs:
    - name: file
      match: "*"
      path: ${folder}
      file: out.ndjson
      format: plain
`;
}
