import { describe, expect, it } from "vitest";
import { encodeWith, engineWith } from "../support/engine_lines.ts";

/** Records of about `size` bytes that are made to keep the engine busy. */
const HOSTILE: Readonly<Record<string, (size: number) => string>> = {
  "brackets that never close": (size) => `datetime=1|acc=1|${"a=[|".repeat(size / 4)}`,
  "backslashes that never close": (size) => `datetime=1|acc=1|${"a=\\|".repeat(size / 4)}`,
  "addresses that have no @": (size) => `datetime=1|acc=1|${"Rcpt=a|".repeat(size / 7)}`,
  "the same texts over and over": (size) => `datetime=1|acc=1|${"MsgId=a|IP=1|".repeat(size / 13)}`,
  "addresses and texts in turn": (size) =>
    `datetime=1|acc=1|${"Sender=a|Subject=b|Rcpt=c|".repeat(size / 26)}`,
  "pipes alone": (size) => `datetime=1|acc=1|Subject=${"|".repeat(size)}`,
  "an audit event of applications": (size) =>
    JSON.stringify({ auditType: "x", eventInfo: "Application:".repeat(size / 12) }),
  "an audit event of addresses": (size) =>
    JSON.stringify({ auditType: "x", eventInfo: "IP: 1.2.3 ".repeat(size / 10) }),
  "escapes in an audit event": (size) =>
    `{"auditType":"x","eventInfo":"${"\\u0041pplication: ".repeat(size / 18)}"}`,
  "spaces in an audit event": (size) =>
    JSON.stringify({
      auditType: "x",
      eventInfo: `IP${" ".repeat(size / 2)}IP${" ".repeat(size / 2)}`,
    }),
};

const SHORT = 3_000;
const TIMES = 16;

/** The time of each block, ms, the best of several tries in turn: what else the machine does makes a try longer, never shorter. */
function timesOf(texts: readonly string[]): readonly number[] {
  const engine = engineWith();
  const blocks = texts.map((text) => Buffer.from(text));
  const best = blocks.map(() => Number.POSITIVE_INFINITY);
  for (let time = 0; time < 25; time++) {
    for (const [at, block] of blocks.entries()) {
      const before = performance.now();
      encodeWith(engine, "auto", [block]);
      best[at] = Math.min(best[at]!, performance.now() - before);
    }
  }
  return best;
}

describe("the work that a record makes", () => {
  it.each(Object.entries(HOSTILE))("grows with its length only: %s", (_, make) => {
    // As many bytes in one record as in many: sixteen times the work if each byte looked at all others.
    const [long, many] = timesOf([
      `${make(SHORT * TIMES)}\n`,
      `${make(SHORT)}\n`.repeat(TIMES),
    ]) as [number, number];
    expect(long / many).toBeLessThan(3);
  });
});
