import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { parseLeef } from "../support/leef_reference.ts";
import { linesOf, runProgram } from "../support/program.ts";

const RECORDS = readFileSync("test/fixtures/records/siem_v2.ndjson");
const folder = mkdtempSync(join(tmpdir(), "encode-"));
afterAll(() => rmSync(folder, { recursive: true }));

const encode = (args: string[], input?: Uint8Array) =>
  runProgram(["encode", ...args], process.env, input);

describe("mimecast-input encode", () => {
  it("turns standard input into LEEF, gzip or not, the same", async () => {
    const plain = await encode(["--account", "acme"], RECORDS);
    const packed = await encode(["--account", "acme"], gzipSync(RECORDS));
    expect(plain.code).toBe(0);
    expect(packed.stdout).toBe(plain.stdout);
    const lines = linesOf(plain.stdout);
    expect(lines).toHaveLength(linesOf(RECORDS.toString("utf8")).length);
    expect(new Set(lines.map((line) => parseLeef(line).hostname))).toEqual(
      new Set(["mimecast-acme"]),
    );
  });

  it("reads files, and its own json lines back to the same LEEF", async () => {
    const file = join(folder, "records.ndjson.gz");
    writeFileSync(file, gzipSync(RECORDS));
    const json = await encode(["--format", "json", "--account", "acme", file]);
    const leef = await encode(["--account", "acme", file]);
    const again = await encode([], Buffer.from(json.stdout));
    expect(again.stdout).toBe(leef.stdout);
    expect(linesOf(json.stdout).every((line) => JSON.parse(line).account === "acme")).toBe(true);
  });

  it("counts what it can't parse, names a file that is not there, refuses an impossible limit", async () => {
    const odd = await encode([], Buffer.from("not a record\n"));
    expect(odd.stdout).toContain("|malformed_other|");
    expect(odd.stderr).toContain('"malformed":1');
    const missing = await encode([join(folder, "missing")]);
    expect(missing.code).toBe(78);
    expect(missing.stderr).toContain("it does not exist");
    expect((await encode(["--max-line-bytes", "12"])).code).toBe(64);
  });
});
