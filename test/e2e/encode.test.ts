import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
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

  it("explains records, for people and as JSON, and warns of names that it does not know", async () => {
    const record = { type: "receipt", action: "Acc", color: "red", subject: "\u001b[2J" };
    const input = Buffer.from(`${JSON.stringify(record)}\n\n${JSON.stringify({ type: "new" })}\n`);
    const text = await encode(["--explain"], input);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain("record 1: receipt_accepted (Mimecast Receipt Accepted)\n");
    expect(text.stdout).toContain("record 2: unknown_other (Mimecast Unknown Record)\n");
    expect(text.stdout).toMatch(/^ {2}color +red +unknown: the mapping does not know this name$/m);
    expect(text.stdout).not.toContain("\u001b");
    const json = linesOf((await encode(["--json"], gzipSync(input))).stdout);
    const [first, second] = json.map((line) => JSON.parse(line));
    expect(json).toHaveLength(2);
    expect(first.event).toMatchObject({ value: "receipt_accepted", because: 'action is "Acc"' });
    expect(second.type).toEqual({ value: "unknown", because: "no rule knows it" });
    const lines = await encode([], input);
    expect([first.line, second.line]).toEqual(linesOf(lines.stdout));
    const warned = linesOf(lines.stderr).map((line) => JSON.parse(line));
    expect(warned.map(({ kind, name, count }) => `${kind} ${name} ${count}`)).toEqual([
      "field color 1",
      "type new 1",
    ]);
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

  it("reads files, pages and lists of records as it reads one record a line, gzip or not", async () => {
    const plain = await encode([], RECORDS);
    const data = linesOf(RECORDS.toString("utf8")).map((line) => JSON.parse(line));
    for (const wrapped of [
      { type: "MTA", data },
      { meta: { status: 200 }, data, fail: [] },
      data,
    ]) {
      for (const space of [0, 2]) {
        const text = JSON.stringify(wrapped, null, space);
        const { code, stdout } = await encode([], gzipSync(text));
        expect([code, stdout]).toEqual([0, plain.stdout]);
      }
    }
  });

  it("refuses a wrapped file that ends too early, behind the lines of what came before", async () => {
    const text = JSON.stringify({ type: "MTA", data: [{ type: "journal" }, { type: "journal" }] });
    const { code, stdout, stderr } = await encode([], Buffer.from(text.slice(0, -8)));
    expect(code).toBe(78);
    expect(linesOf(stdout)).toHaveLength(1);
    expect(stderr).toContain("Cannot read standard input: it ends too early");
  });

  it("refuses what is packed or UTF-16, which has no record that it could read", async () => {
    const text = Buffer.from(`${JSON.stringify({ type: "journal" })}\n`);
    const packed: [string, Uint8Array][] = [
      ["packed with zip", zipSync({ "siem.json": text })],
      ["packed with gzip, twice", gzipSync(gzipSync(text))],
      ["packed with xz", Buffer.from("\xfd7zXZ\0\0\x04", "latin1")],
      ["packed with bzip2", Buffer.from("BZh91AY&SY")],
      ["packed with zstd", Buffer.from("\x28\xb5\x2f\xfd\x04\0", "latin1")],
      ["UTF-16", Buffer.from(`\ufeff${text}`, "utf16le")],
      ["UTF-16", Buffer.from(String(text), "utf16le")],
      ["UTF-16", Buffer.from(String(text), "utf16le").swap16()],
    ];
    for (const [name, bytes] of packed) {
      for (const args of [[], ["--explain"]]) {
        const { code, stdout, stderr } = await encode(args, bytes);
        expect([name, code, stdout]).toEqual([name, 78, ""]);
        expect(stderr).toContain(name);
        expect(stderr).toMatch(/Unpack it before|Save it as UTF-8/);
      }
    }
  });

  it("takes all lists of records, and says which other list of objects it has left out", async () => {
    const [a, b] = [{ type: "journal" }, { type: "process" }];
    const both = await encode([], Buffer.from(JSON.stringify({ data: [a], value: [b] })));
    expect([both.code, linesOf(both.stdout).length]).toEqual([0, 2]);
    for (const value of [
      { data: [a], items: [b] },
      { items: [b], data: [a] },
    ]) {
      const left = await encode([], Buffer.from(JSON.stringify(value)));
      expect([left.code, linesOf(left.stdout).length]).toEqual([78, 1]);
      expect(left.stderr).toContain('another list of objects, \\"items\\"');
    }
  });
});
