import { expect, test } from "vitest";
import { checkUnpacked } from "../../plugin/decode/unpack_limits.ts";

const LIMITS = { maxBytes: 1_000, maxRatio: 10, freeBytes: 100 };

test.each([
  [1_000, 100, null],
  [1_001, 1_000, "more than 1000 bytes come out"],
  [100, 0, null],
  [101, 0, "more than 10 times its size comes out"],
  [500, 50, null],
  [501, 50, "more than 10 times its size comes out"],
])("checkUnpacked() of %i bytes out of %i: %s", (bytes, packedBytes, problem) => {
  const check = () => checkUnpacked(bytes, packedBytes, LIMITS);
  if (problem === null) expect(check).not.toThrow();
  else expect(check).toThrow(`Cannot unpack: ${problem}`);
});
