import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it, test } from "vitest";
import { lineFacts } from "../../../plugin/commands/reconcile/line_facts.ts";
import { uidOf, uidsIn } from "../../../plugin/commands/reconcile/uid_file.ts";
import { TEST_UID } from "../../../plugin/commands/test_uid.ts";

const A = "0123456789abcdef0123456789abcdef";
const B = "fedcba9876543210fedcba9876543210";

async function read(bytes: Uint8Array, piece = 7): Promise<string[]> {
  const found: string[] = [];
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  };
  for await (const uid of uidsIn(pieces())) found.push(uid);
  return found;
}

describe("the ids of an export", () => {
  const md5 = "d41d8cd98f00b204e9800998ecf8427e";
  it.each([
    ["plain ids", `${A}\n${B}\r\n`],
    ["the last line without an end", `${A}\n${B}`],
    ["NDJSON", `{"eventUid":"${A}","md5":"${md5}"}\n{"md5":"${md5}","eventUid": "${B}"}\n`],
    [
      "a LEEF line in JSON",
      `{"_raw":"x|^|cat=a^eventUid=${A}^md5=${md5}"}\n{"m":"{\\"eventUid\\":\\"${B}\\"}"}\n`,
    ],
    [
      "raw lines",
      `<134>1 … LEEF:2.0|M|E|2.0|x|^|cat=a^md5=${md5}^eventUid=${A}^x=1\neventUid=${B}\n`,
    ],
    [
      "CSV with the property's name",
      `"Time","Mimecast Event UID","MD5"\n"1, 2",${A},${md5}\n"a ""b""",${B},\n`,
    ],
    ["CSV with our name", `md5,eventUid\n${md5},${A}\n${md5},${B}\n`],
    ["CSV without a header", `"1","${A}"\n"2","${B}"\n`],
    ["upper case", `${A.toUpperCase()}\n${B.toUpperCase()}\n`],
  ])("are found in %s, also gzipped", async (_name, text) => {
    expect(await read(Buffer.from(text))).toEqual([A, B]);
    expect(await read(gzipSync(text))).toEqual([A, B]);
  });

  it("are none where a line names none, or several numbers that could be it", () => {
    expect(uidOf("")).toBeNull();
    expect(uidOf(`${A} ${B}`)).toBeNull();
    expect(uidOf(`${A}0`)).toBeNull();
    expect(uidOf(`subject=xeventUid=${A}x`)).toBeNull();
  });

  it("are not those of test events", async () => {
    expect(await read(Buffer.from(`${TEST_UID}0123456700000001\n${A}\n`))).toEqual([A]);
  });

  it("are refused where the gzip is damaged", async () => {
    const whole = gzipSync(`${A}\n`);
    await expect(read(whole.subarray(0, whole.length - 9))).rejects.toMatchObject({
      code: "uid_file",
    });
  });
});

const GOLDEN = "test/golden/lines";
const files = readdirSync(GOLDEN);

test.each(files)("the facts of every line of %s are what the line says", (name) => {
  const lines = readFileSync(`${GOLDEN}/${name}`, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const form =
    name.endsWith("leef") && !name.endsWith("json_leef")
      ? ({ format: "leef", delimiter: /tab|leef_1/.test(name) ? "tab" : "^" } as const)
      : ({ format: "json+leef", delimiter: "^" } as const);
  for (const line of lines) {
    const facts = lineFacts(line, form);
    expect(facts?.uid, line).toBe(/eventUid(?:=|":")([0-9a-f]{32})/.exec(line)?.[1]);
    const time = /devTime=(\d+)/.exec(line)?.[1];
    if (time !== undefined) expect(facts?.timeMs, line).toBe(Number(time));
  }
});
