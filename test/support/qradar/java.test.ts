import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMapping } from "../../../scripts/qradar/mapping.ts";
import { searches } from "../../../scripts/qradar/searches.ts";
import { onPath } from "../program.ts";
import { onlyType, SHIPPED, shippedContent } from "./content.ts";
import { readExtension } from "./extension.ts";
import { goldenLines } from "./golden_lines.ts";
import { HAVE_EXPORTS, realExport } from "./real_exports.ts";
import { childrenOf, fieldsOf } from "./xml.ts";

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
  ...onlyType(await shippedContent()).properties.map(({ regex }) => regex),
];
const LINES = goldenLines();

const plain = (text: string): string => Buffer.from(text, "base64").toString("utf8");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function runJava(input: readonly string[], program = "ReadFields.java"): string[] {
  const { stdout, stderr, status } = spawnSync("java", [join(import.meta.dirname, program)], {
    input: `${input.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`Cannot run ${program}: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

describe.skipIf(!JAVA)("in Java", () => {
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

  test("a saved search of the zip is an object stream with the texts, keys and classes of real ones", async () => {
    const own = searches(readMapping());
    const rows = childrenOf((await shippedContent()).root, "customviewparams").map(fieldsOf);
    const read = (params: readonly string[]) =>
      runJava(params, "ReadSearches.java").map((line) => {
        const [title, empty, user, form, ...pairs] = line.split(" ");
        const values = pairs.map((pair) => pair.split(":") as [string, string, string]);
        const map = new Map(
          values.map(([key, kind, value]) => [key, { kind, text: plain(value) }]),
        );
        return { texts: [title, empty, user, form].map((text) => plain(text!)), map };
      });
    const found = read(rows.map(({ queryparams }) => queryparams!));
    expect(found.map(({ texts: [title], map }) => [title, map.get("aql")?.text])).toEqual(
      own.map(({ title, aql }) => [title, aql]),
    );
    for (const [at, { map }] of found.entries()) {
      expect(map.get("searchId")?.text).toBe(rows[at]!.id);
      expect(JSON.parse(map.get("aqlLines")!.text)).toEqual([map.get("aql")!.text]);
    }
    if (!HAVE_EXPORTS) return;
    const all = childrenOf((await realExport("console")).root, "customviewparams").map(fieldsOf);
    const real = read(all.map(({ queryparams }) => queryparams!)).filter(
      ({ map }) => map.get("searchMode")?.text === "AQL",
    );
    expect(real.length).toBeGreaterThan(1);
    const kinds = new Map(
      real.flatMap(({ map }) => [...map].map(([key, { kind }]) => [key, kind])),
    );
    for (const { texts, map } of found) {
      expect(texts.slice(1)).toEqual(real[0]!.texts.slice(1));
      for (const [key, { kind }] of map) expect(`${key} ${kind}`).toBe(`${key} ${kinds.get(key)}`);
    }
    // What is of one session of one console can't be in ours.
    const session = ["handleId", "hasChanges", "searchSessionID", "sessionId"];
    expect([...kinds.keys()].filter((key) => !found[0]!.map.has(key)).sort()).toEqual(session);
  });

  test("says so where a pattern does not compile", () => {
    expect(() => runJava([`P ${base64("(")}`])).toThrow("PatternSyntaxException");
  });
});
