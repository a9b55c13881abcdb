import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isMadeByUs,
  type LogSourceRow,
  logSourcePlan,
  MADE_BY_US,
  sendersOf,
} from "../../../plugin/commands/qradar/log_source_plan.ts";

const IDS = { typeId: 4801, extensionId: 4802 };
const SENDER = { identifier: "mimecast-acme", name: "Mimecast @ acme" };

function source(more: Partial<LogSourceRow> = {}): LogSourceRow {
  return {
    id: 7,
    name: "Mimecast @ acme",
    type_id: IDS.typeId,
    enabled: true,
    coalesce_events: false,
    store_event_payload: true,
    log_source_extension_id: IDS.extensionId,
    protocol_parameters: [{ name: "identifier", value: "Mimecast-ACME" }],
    ...more,
  };
}

describe("logSourcePlan()", () => {
  test("what was corrected needs nothing any more, whatever it was", () => {
    const anyRow = fc.record(
      {
        name: fc.string({ minLength: 1 }),
        type_id: fc.nat(),
        enabled: fc.boolean(),
        coalesce_events: fc.boolean(),
        store_event_payload: fc.boolean(),
        log_source_extension_id: fc.option(fc.nat()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyRow, (changed) => {
        const row = source(changed);
        const { action, changes } = logSourcePlan(SENDER, [row], IDS);
        expect(action === "correct").toBe(Object.keys(changes).length > 0);
        const after = { ...row, ...changes };
        expect(logSourcePlan(SENDER, [after], IDS).action).toBe("unchanged");
        expect(after.name).toMatch(/mimecast/i);
      }),
    );
  });

  test("makes one where no identifier is ours, whatever names say", () => {
    const other = source({ protocol_parameters: [{ name: "identifier", value: "mimecast-acm" }] });
    expect(
      logSourcePlan(SENDER, [other, { ...other, protocol_parameters: [] }], IDS),
    ).toMatchObject({
      action: "create",
      id: null,
      changes: { name: "Mimecast @ acme", type_id: 4801 },
    });
  });

  test("takes that of our type among several; of several others none", () => {
    const [first, second] = [source({ id: 8, type_id: 71 }), source({ id: 9, type_id: 11 })];
    expect(logSourcePlan(SENDER, [first, source(), second], IDS)).toMatchObject({
      id: 7,
      action: "unchanged",
    });
    expect(() => logSourcePlan(SENDER, [first, second], IDS)).toThrow("2 have this identifier");
  });
});

test("sendersOf() makes one of accounts that share a host", () => {
  const accounts = [
    { name: "acme", hostname: "mail" },
    { name: "beta", hostname: "mimecast-beta" },
    { name: "gamma", hostname: "MAIL" },
  ];
  expect(sendersOf(accounts).map(({ name }) => name)).toEqual([
    "Mimecast @ MAIL",
    "Mimecast @ beta",
  ]);
});

test("isMadeByUs() needs the mark and a host of this configuration", () => {
  expect(isMadeByUs(source({ description: MADE_BY_US }), [SENDER])).toBe(true);
  expect(isMadeByUs(source({ description: "" }), [SENDER])).toBe(false);
  expect(isMadeByUs(source({ description: MADE_BY_US }), [])).toBe(false);
});
