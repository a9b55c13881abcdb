import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { onPath } from "../program.ts";
import { SHIPPED, shippedContent } from "./content.ts";
import { readExtension } from "./extension.ts";
import { goldenLines } from "./golden_lines.ts";

/**
 * QRadar runs the patterns in Java; the rest of the tests runs them in JavaScript. Here both read every golden line and
 * must find the same.
 */
const JAVA = onPath("java");
if (!JAVA) {
  process.stderr.write("skipped: java is not on PATH; the patterns were run in JavaScript only\n");
}

const EXTENSION = readExtension(readFileSync(SHIPPED.extension, "utf8"));
const PATTERNS = [
  ...EXTENSION.patterns.values(),
  ...(await shippedContent()).properties.map(({ regex }) => regex),
];
const LINES = goldenLines();

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function runJava(input: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(
    "java",
    [join(import.meta.dirname, "ReadFields.java")],
    {
      input: `${input.join("\n")}\n`,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (status !== 0) throw new Error(`Cannot run ReadFields.java: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

describe.skipIf(!JAVA)("in Java", { timeout: 120_000 }, () => {
  test("each pattern compiles and finds in each golden line what it finds in JavaScript", () => {
    const found = runJava([
      ...PATTERNS.map((pattern) => `P ${base64(pattern)}`),
      ...LINES.map(({ text }) => `L ${base64(text)}`),
    ]);
    const compiled = PATTERNS.map((pattern) => new RegExp(pattern));
    const wanted = LINES.flatMap(({ text }, line) =>
      compiled.flatMap((pattern, number) => {
        const match = pattern.exec(text);
        return match === null ? [] : [`L ${line} ${number} ${base64(match[1]!)}`];
      }),
    );
    expect(wanted.length).toBeGreaterThan(LINES.length * 5);
    expect(found).toEqual(wanted);
  });

  test("SimpleDateFormat reads the header's time of each golden line as devTime", () => {
    const format = EXTENSION.formats.get("DeviceTime")!;
    const times = LINES.map(({ text }) => EXTENSION.read(text).get("DeviceTime")!);
    const found = runJava(times.map((time) => `T ${base64(format)} ${base64(time)}`));
    expect(found).toEqual(LINES.map(({ leef }) => `T ${leef.attributes.get("devTime")}`));
  });

  test("says so where a pattern does not compile", () => {
    expect(() => runJava([`P ${base64("(")}`])).toThrow("PatternSyntaxException");
  });
});
