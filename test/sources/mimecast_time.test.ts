import { expect, test } from "vitest";
import { mimecastTime } from "../../plugin/sources/mimecast_time.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const dated = (timeMs: number) => ({ date: new Date(timeMs).toUTCString() });

test.each([
  ["by an answer of the same moment", dated(NOW), NOW],
  ["by one of an earlier moment: the clock is ahead", dated(NOW - 60_000), NOW - 60_000],
  ["never later than this host's time", dated(NOW + 60_000), NOW],
  ["by this host's time where an answer has none", {}, NOW],
])("an answer can be complete up to a moment %s", (_why, headers, expected) => {
  expect(mimecastTime(headers, NOW)).toBe(expected);
});
