import { expect, test } from "vitest";
import { answerLimit } from "../../plugin/client/answer_limit.ts";

test.each([
  ["/api/ttp/threat-intel/get-feed", 67_108_864],
  ["/siem/v1/batch/events/cg", 4_194_304],
  ["/api/audit/get-audit-events", 16_777_216],
  ["/x/api/ttp/threat-intel/", 16_777_216],
  ["/x/siem/v1/batch/", 16_777_216],
])("answerLimit() of %s is %i bytes", (path, bytes) => {
  expect(answerLimit(path)).toBe(bytes);
});
