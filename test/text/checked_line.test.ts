import fc from "fast-check";
import { expect, test } from "vitest";
import { checkedLine, readCheckedLine } from "../../plugin/text/checked_line.ts";

test("a checked line reads as its value, whatever an earlier one left behind it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.uint8Array(), (value, rest) => {
      const bytes = Buffer.concat([checkedLine(value), rest]);
      expect(readCheckedLine(bytes)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("a checked line that is torn or changed reads as nothing", () => {
  const bytes = checkedLine({ count: 12 });
  for (let length = 0; length < bytes.length; length++) {
    expect(readCheckedLine(bytes.subarray(0, length))).toBeUndefined();
  }
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    // The space between checksum and JSON tells nothing.
    if (at !== 16) expect(readCheckedLine(changed)).toBeUndefined();
  }
  expect(readCheckedLine(null)).toBeUndefined();
});
