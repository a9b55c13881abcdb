import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordBlock } from "../../plugin/decode/record_block.ts";
import { bytesOf, cutAt, cutPositions } from "../support/pieces.ts";

const textOf = (block: Uint8Array | null) => (block === null ? null : String(Buffer.from(block)));

/** Adds a text to the open record, with other bytes around it in memory. */
function append(block: RecordBlock, text: string): void {
  const around = bytesOf(`<<${text}>>`);
  block.append(around, 2, around.length - 2);
}

describe("RecordBlock", () => {
  test("gives each record as a line, cut at its limit, however it comes in and is taken out", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 30 }), cutPositions, fc.boolean())),
        fc.integer({ min: 1, max: 20 }),
        (records, max) => {
          const block = new RecordBlock(max);
          let out = "";
          for (const [record, positions, isTaken] of records) {
            for (const piece of cutAt(bytesOf(record), positions)) {
              block.append(piece, 0, piece.length);
              if (isTaken) out += textOf(block.takeAll()) ?? "";
            }
            block.endRecord();
          }
          out += textOf(block.takeAll()) ?? "";
          const cut = records.map(([text]) => Buffer.from(text).subarray(0, max));
          const wanted = Buffer.concat(cut.flatMap((bytes) => [bytes, Buffer.from("\n")]));
          expect(out).toBe(textOf(wanted));
        },
      ),
    );
  });

  test("holds more than its first memory, and gives a block away whole", () => {
    const block = new RecordBlock(1_000_000);
    const record = (mark: string) => mark.repeat(90_000);
    for (const mark of "abcd") {
      append(block, record(mark));
      block.endRecord();
    }
    append(block, record("e"));
    const first = block.takeAll();
    append(block, record("f"));
    block.endRecord();
    expect(textOf(first)).toBe([..."abcd"].map((mark) => `${record(mark)}\n`).join(""));
    expect(textOf(block.takeAll())).toBe(`${record("e")}${record("f")}\n`);
    expect(block.takeAll()).toBeNull();
  });

  test("ends a record that fills its memory to the last byte", () => {
    for (const size of [131_071, 131_072, 131_073]) {
      const block = new RecordBlock(1_000_000);
      append(block, "x".repeat(size));
      block.endRecord();
      expect(textOf(block.takeAll()) === `${"x".repeat(size)}\n`).toBe(true);
    }
  });

  test("is large from 64 KiB of whole records on; the open one does not count", () => {
    const block = new RecordBlock(1_000_000);
    append(block, "x".repeat(65_534));
    block.endRecord();
    append(block, "y".repeat(100_000));
    expect(block.takeIfLarge()).toBeNull();
    block.dropOpen();
    block.endRecord();
    expect(textOf(block.takeIfLarge())).toBe(`${"x".repeat(65_534)}\n\n`);
    expect(block.takeIfLarge()).toBeNull();
  });

  test("line breaks inside a record become spaces", () => {
    const block = new RecordBlock(100);
    append(block, "\ra\n\nb\r");
    block.endRecord();
    append(block, "c");
    block.endRecord();
    expect(textOf(block.takeAll())).toBe(" a  b \nc\n");
  });

  test("gives up the open record, and no other", () => {
    const block = new RecordBlock(100);
    append(block, "whole");
    block.endRecord();
    append(block, "open");
    block.dropOpen();
    append(block, "next");
    block.endRecord();
    expect(textOf(block.takeAll())).toBe("whole\nnext\n");
  });

  test.each([
    ['{\n "a b" : "c\\" d\\\\" ,\t"e": [ 1, 2 ]\r\n}', '{"a b":"c\\" d\\\\","e":[1,2]}'],
    ['{ "on" : "one line" }', '{ "on" : "one line" }'],
    ['{\n"cut": "in a string', '{"cut":"in a string'],
    ['{\n"cut": "at an escape\\', '{"cut":"at an escape\\'],
    ["{\n\\ a", "{\\a"],
  ])("takes the white space between tokens out of %j", (text, compact) => {
    const block = new RecordBlock(100);
    append(block, "before");
    block.endRecord();
    append(block, text);
    block.compact();
    block.endRecord();
    append(block, "behind");
    block.endRecord();
    expect(textOf(block.takeAll())).toBe(`before\n${compact}\nbehind\n`);
  });
});
