import { describe, expect, it } from "vitest";
import type { EngineSettings } from "../../plugin/encode/engine.ts";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

function attributesOf(record: object, settings: Partial<EngineSettings> = {}) {
  return parseLeef(lineOf(record, settings)).attributes;
}

describe("the settings' mapping", () => {
  const record = {
    type: "receipt",
    action: "Rej",
    subject: "s",
    rejectionType: "Virus",
    senderDomain: "d",
  };

  it("renames, leaves out and weighs", () => {
    const line = parseLeef(
      lineOf(record, {
        mapping: {
          rename: { subject: "mailSubject", cat: "cat" },
          drop: ["senderDomain", "sev"],
          severity: {},
        },
      }),
    );
    expect([...line.attributes.keys()]).toEqual([
      "cat",
      "devTime",
      "accountName",
      "action",
      "mailSubject",
      "eventUid",
      "rejectionType",
      "timeMissing",
    ]);
    expect(line.pri).toBe(132);
  });

  it("a severity that is set holds whatever the record says", () => {
    const mapping = { rename: {}, drop: [], severity: { receipt_rejected_malicious: 3 } };
    expect(attributesOf(record).get("sev")).toBe("7");
    expect(attributesOf(record, { mapping }).get("sev")).toBe("3");
  });
});
