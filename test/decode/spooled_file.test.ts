import fc from "fast-check";
import { expect, test } from "vitest";
import { withHead } from "../../plugin/decode/spooled_file.ts";
import { chunked, collect } from "../support/fake_effects.ts";
import { cutAt, cutPositions } from "../support/pieces.ts";

test("withHead() leaves the stream as it is and keeps its beginning, wherever it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(70),
      cutPositions,
      async (bytes, headBytes, positions) => {
        const tapped = withHead(chunked(cutAt(bytes, positions)), headBytes);
        expect([...tapped.head()]).toEqual([]);
        expect([...(await collect(tapped.chunks))]).toEqual([...bytes]);
        expect([...tapped.head()]).toEqual([...bytes.subarray(0, headBytes)]);
      },
    ),
  );
});
