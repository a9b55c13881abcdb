import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { siemFile } from "../../plugin/decode/siem_file.ts";
import { DecodeError } from "../../plugin/errors.ts";
import { chunked } from "../support/fake_effects.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/samples");

async function read(
  text: string,
  positions: readonly number[] = [],
): Promise<{ lines: string[]; code: string }> {
  let out = "";
  let code = "";
  try {
    for await (const block of siemFile(chunked(cutAt(bytesOf(text), positions)))) {
      out += Buffer.from(block).toString("utf8");
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    code = error.code;
  }
  return { lines: out.split("\n").filter((line) => line !== ""), code };
}

const KEY_VALUE = "datetime=2026-03-01T10:00:00+0000|acc=C0A0|Subject=\\a = b\\|Act=Acc";

describe("siemFile()", () => {
  test("reads JSON and key=value files, wherever they are cut", async () => {
    const json = `\r\n { "type" : "MTA", "data" : [ {"acc":"C0A0"} , {"acc":"C0A1"} ] }\n`;
    const lines = `${KEY_VALUE}\r\n${KEY_VALUE}|n=2\r${KEY_VALUE}`;
    await fc.assert(
      fc.asyncProperty(cutPositions, async (positions) => {
        expect(await read(json, positions)).toEqual({
          lines: ['{"acc":"C0A0"}', '{"acc":"C0A1"}'],
          code: "",
        });
        expect(await read(lines, positions)).toEqual({
          lines: [KEY_VALUE, `${KEY_VALUE}|n=2`, KEY_VALUE],
          code: "",
        });
      }),
    );
  });

  test("keeps no more of a file than tells its format", async () => {
    const begin = bytesOf('{"type":"MTA","data":[');
    const record = bytesOf(`{"text":"${"x".repeat(1_000)}"},`);
    let pieces = 0;
    async function* long(): AsyncGenerator<Uint8Array> {
      yield begin;
      for (; pieces < 2_000; pieces++) yield record;
    }
    const blocks = siemFile(long());
    await blocks.next();
    expect(pieces).toBeLessThan(200);
    await blocks.return(undefined);
  });

  test("a file that is empty, cut or something else is a DecodeError", async () => {
    expect((await read("")).code).toBe("truncated_json");
    expect((await read(" \n")).code).toBe("truncated_json");
    expect((await read('{ "type" : "MTA", "data" : ')).code).toBe("truncated_json");
    for (const text of [
      "this is neither",
      "<html></html>",
      '"text"',
      "[{}]",
      "=x",
      "\u0000\u0001",
    ]) {
      expect((await read(text)).code, text).toBe("not_a_siem_file");
    }
  });

  const sample = join(SAMPLES, "demisto/MimecastEventCollector/siem_response_multiple_events.json");
  test.skipIf(!existsSync(sample))("reads a real file (skipped without the samples)", async () => {
    const text = readFileSync(sample, "utf8");
    const wanted = (JSON.parse(text) as { data: unknown[] }).data;
    const { lines, code } = await read(text);
    expect(code).toBe("");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(wanted);
  });

  const truncated = join(SAMPLES, "rapid7_v1/util.py.truncated-siem-file.json");
  test.skipIf(!existsSync(truncated))(
    "reports the truncated file that was served in the wild (skipped without the samples)",
    async () => {
      expect((await read(readFileSync(truncated, "utf8"))).code).toBe("truncated_json");
    },
  );
});
