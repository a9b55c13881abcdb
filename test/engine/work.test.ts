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

/** CPU time of this thread, ms, the best of several tries: what else the machine does makes a try longer, never shorter. */
function timeOf(record: string): number {
  const engine = engineWith();
  const block = Buffer.from(`${record}\n`);
  const tries = Array.from({ length: 25 }, () => {
    const before = process.threadCpuUsage();
    encodeWith(engine, "auto", [block]);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1e3;
  });
  return Math.min(...tries);
}

describe("the work that a record makes", () => {
  it.each(Object.entries(HOSTILE))("grows with its length only: %s", (_, make) => {
    // Four times the length would be sixteen times the work if each byte looked at all others.
    const short = timeOf(make(12_000));
    const long = timeOf(make(48_000));
    expect(long / Math.max(short, 0.5)).toBeLessThan(10);
  });
});
