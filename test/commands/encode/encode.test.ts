import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type EncodeOptions, encode } from "../../../plugin/commands/encode/encode.ts";
import { ConfigError } from "../../../plugin/errors.ts";
import { lineOf, linesOf, MODULE } from "../../support/engine_lines.ts";

const RECORDS = Array.from(
  { length: 1000 },
  (_, index) => `{"type":"receipt","action":"Acc","timestamp":${1767225600000 + index}}`,
);
const KEY_VALUE = "datetime=2026-01-01T00:00:00+0000|Act=Rej|Dir=Inbound";

/** A file that comes in pieces of this size. */
async function* file(bytes: Uint8Array | string, pieceBytes = 777): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(bytes as Uint8Array);
  for (let at = 0; at < all.length; at += pieceBytes) yield all.subarray(at, at + pieceBytes);
}

async function run(inputs: readonly AsyncIterable<Uint8Array>[], options?: EncodeOptions) {
  const parts: Buffer[] = [];
  const write = async (bytes: Uint8Array) => {
    parts.push(Buffer.from(bytes));
  };
  const named = inputs.map((pieces, index) => ({ name: `input ${index}`, pieces }));
  const result = await encode(MODULE, { inputs: named, write }, options);
  return { ...result, lines: Buffer.concat(parts).toString("utf8").split("\n").slice(0, -1) };
}

describe("encode()", () => {
  const plain = { account: "", hostname: "" };

  it("turns records into lines, whatever the pieces that they come in", async () => {
    const text = RECORDS.join("\n");
    const expected = linesOf(text, plain);
    for (const pieceBytes of [1, 50, 100_000]) {
      const { lines, records, malformed } = await run([file(text, pieceBytes)]);
      expect(lines).toEqual(expected);
      expect([records, malformed]).toEqual([1000, 0]);
    }
  });

  it("recognizes gzip by its first bytes, several members included", async () => {
    const [first, ...rest] = RECORDS;
    const bytes = Buffer.concat([gzipSync(`${first}\n`), gzipSync(rest.join("\n"))]);
    expect((await run([file(bytes, 300)])).lines).toEqual(linesOf(RECORDS.join("\n"), plain));
  });

  it("takes several files, each record recognized by itself, key=value lines with any line break", async () => {
    const mixed = `${RECORDS[0]}\r\n${KEY_VALUE}\r${KEY_VALUE}\n\nno record\n`;
    const { lines, records, malformed } = await run([file(mixed), file(KEY_VALUE)]);
    expect([records, malformed]).toEqual([5, 1]);
    expect(lines).toEqual([
      lineOf(RECORDS[0] as string, plain),
      ...linesOf(`${KEY_VALUE}\n${KEY_VALUE}\nno record\n${KEY_VALUE}`, plain),
    ]);
  });

  it("does what the options say", async () => {
    const options = {
      format: "json+leef",
      account: "acme",
      hostname: "h",
      api: "1.0",
      maxLineBytes: 1024,
    } as const;
    const { lines } = await run([file(KEY_VALUE)], options);
    expect(lines).toEqual(linesOf(KEY_VALUE, options));
  });

  it("takes the account and host of records that are enveloped", async () => {
    const stored = linesOf(RECORDS.join("\n"), { format: "json", account: "globex" });
    const { lines } = await run([file(stored.join("\n"))]);
    expect(lines).toEqual(
      linesOf(RECORDS.join("\n"), { account: "globex", hostname: "mimecast-globex" }),
    );
  });

  it("writes what it could read of damaged gzip, then fails", async () => {
    const bytes = gzipSync(RECORDS.join("\n"));
    await expect(run([file(bytes.subarray(0, bytes.length - 20))])).rejects.toThrow(ConfigError);
  });

  it("fails with the output: nothing is read on", async () => {
    let reads = 0;
    async function* endless() {
      for (;;) {
        reads++;
        yield Buffer.from(`${RECORDS.join("\n")}\n`);
      }
    }
    const write = async () => {
      throw new Error("gone");
    };
    await expect(
      encode(MODULE, { inputs: [{ name: "endless", pieces: endless() }], write }),
    ).rejects.toThrow("gone");
    expect(reads).toBeLessThan(10);
  });

  it("names the file that is damaged, and has written what came before", async () => {
    const whole = gzipSync(`${RECORDS.join("\n")}\n`);
    const parts: Buffer[] = [];
    const write = async (bytes: Uint8Array) => {
      parts.push(Buffer.from(bytes));
    };
    const inputs = [
      { name: "good.gz", pieces: file(whole) },
      { name: "cut.gz", pieces: file(whole.subarray(0, -9)) },
    ];
    const error = await encode(MODULE, { inputs, write }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/^Cannot read cut\.gz: the gzip data is damaged or cut/);
    expect(Buffer.concat(parts).toString("utf8").split("\n").length).toBeGreaterThan(
      RECORDS.length,
    );
  });

  it("an empty input gives nothing", async () => {
    expect(await run([file(""), file("\n\n")])).toEqual({
      lines: [],
      records: 0,
      malformed: 0,
      unknown: [],
    });
  });
});
