import { describe, expect, test } from "vitest";
import { droppedEvents, filteredSource, wantedStreams } from "../../plugin/config/filter.ts";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };
import { sourceNamed, sourcesFor } from "../../plugin/sources/registry.ts";
import { parse, problems, V2 } from "../support/config_text.ts";
import { createFakeContext } from "../support/fake_context.ts";

const EVENTS = MAPPING.events.map(({ id }) => id);
const kept = (filter: Parameters<typeof droppedEvents>[0]) => {
  const dropped = droppedEvents(filter);
  return EVENTS.filter((event) => !dropped.includes(event));
};
const RECEIPTS = [
  "receipt_accepted",
  "receipt_rejected",
  "receipt_ignored",
  "receipt_other",
  "receipt_rejected_malicious",
];
const ALWAYS = [
  "health_ok",
  "health_deadline",
  "health_error",
  "health_complete",
  "health_incomplete",
];
const UNLISTED = ["unknown_other", "malformed_other"];

describe("droppedEvents()", () => {
  test("an empty filter drops nothing", () => {
    expect(droppedEvents({ drop: [] })).toEqual([]);
  });

  test("drop takes a record type or an EventID away", () => {
    expect(droppedEvents({ drop: ["receipt"] })).toEqual(RECEIPTS);
    expect(droppedEvents({ drop: ["receipt_accepted", "av"] })).toEqual(["receipt_accepted", "av"]);
  });

  test("only keeps what it names, what is not known, and what the program says of itself", () => {
    const wanted = new Set([...RECEIPTS, "audit_logon_failed", ...UNLISTED, ...ALWAYS]);
    expect(new Set(kept({ only: ["receipt", "audit_logon_failed"], drop: [] }))).toEqual(wanted);
  });

  test("drop takes away from only, and may take what is not known by name", () => {
    const filter = { only: ["receipt"], drop: ["receipt_accepted", "malformed_other"] };
    const wanted = [...RECEIPTS.slice(1), "unknown_other", ...ALWAYS];
    expect(new Set(kept(filter))).toEqual(new Set(wanted));
  });

  test("only with an EventID keeps what is told apart of it, drop takes the one that it names", () => {
    const wanted = ["receipt_rejected", "receipt_rejected_malicious", ...UNLISTED, ...ALWAYS];
    expect(new Set(kept({ only: ["receipt_rejected"], drop: [] }))).toEqual(new Set(wanted));
    expect(droppedEvents({ drop: ["receipt_rejected"] })).toEqual(["receipt_rejected"]);
  });

  test("every EventID but those of the program itself can be dropped", () => {
    for (const event of EVENTS.filter((id) => !ALWAYS.includes(id))) {
      expect(droppedEvents({ drop: [event] })).toContain(event);
    }
  });
});

describe("filteredSource()", () => {
  const batch = sourceNamed("2.0", "siem");
  const stream = sourceNamed("2.0", "siem", "stream");

  test("has the streams that are wanted, and is null where none is", () => {
    const dropped = droppedEvents({ only: ["av", "audit"], drop: [] });
    expect(filteredSource(batch, dropped)?.streams).toEqual(["siem:av"]);
    expect(filteredSource(sourceNamed("2.0", "audit"), dropped)?.streams).toEqual(["audit"]);
    expect(filteredSource(sourceNamed("2.0", "ttp_url"), dropped)).toBeNull();
  });

  test("in stream mode is asked for the types that are wanted", async () => {
    const asked = async (filter: Parameters<typeof droppedEvents>[0]) => {
      const source = filteredSource(stream, droppedEvents(filter));
      const context = createFakeContext([{ json: { value: [], isCaughtUp: true } }]);
      await source?.page("siem:stream", source.start("siem:stream", 0, Date.now()), context);
      return context.requests[0]?.query?.types;
    };
    expect(await asked({ drop: [] })).toBeUndefined();
    expect(await asked({ drop: ["receipt_accepted", "audit"] })).toBeUndefined();
    expect(await asked({ only: ["av", "url_protect"], drop: [] })).toBe("av,url protect");
    expect(filteredSource(stream, droppedEvents({ only: ["audit"], drop: [] }))).toBeNull();
  });
});

describe("wantedStreams()", () => {
  const siem = sourceNamed("2.0", "siem");

  test("leaves a SIEM type of API 2.0 out where all of it is dropped", () => {
    expect(wantedStreams(siem, [])).toEqual(siem.streams);
    const streams = wantedStreams(siem, droppedEvents({ drop: ["receipt", "url_protect"] }));
    expect(siem.streams.filter((stream) => !streams.includes(stream))).toEqual([
      "siem:receipt",
      "siem:url protect",
    ]);
    expect(wantedStreams(siem, ["receipt_accepted"])).toEqual(siem.streams);
    const only = droppedEvents({ only: ["delivery_failed", "journal"], drop: [] });
    expect(wantedStreams(siem, only)).toEqual(["siem:delivery", "siem:journal"]);
  });

  test("asks for the mixed files of API 1.0 as long as one type is wanted", () => {
    const mixed = sourceNamed("1.0", "siem");
    expect(wantedStreams(mixed, droppedEvents({ only: ["av"], drop: [] }))).toEqual(["siem"]);
    expect(wantedStreams(mixed, droppedEvents({ only: ["audit"], drop: [] }))).toEqual([]);
  });

  test("knows which events each feed can bring", () => {
    for (const api of ["1.0", "2.0"] as const) {
      for (const source of sourcesFor(api)) {
        expect(wantedStreams(source, [])).toEqual(source.streams);
        expect(wantedStreams(source, EVENTS)).toEqual([]);
      }
    }
  });
});

describe("filter", () => {
  test("of the account replaces the common one", () => {
    const more = "filter: { drop: [receipt_accepted, audit] }\n";
    expect(parse(V2 + more).accounts[0]?.dropped).toContain("audit_other");
    const own = `${V2}    filter: { drop: [av] }\n${more}`;
    expect(parse(own).accounts[0]?.dropped).toEqual(["av"]);
    expect(parse(V2).accounts[0]?.dropped).toEqual([]);
  });

  test.each([
    [
      "drop: [receipts]",
      '"filter.drop[0]" must be a record type (cat) or an EventID of docs/leef.md, not of the program: current value is "receipts": did you mean "receipt"?',
    ],
    [
      "drop: [health_ok]",
      '"filter.drop[0]" must be a record type (cat) or an EventID of docs/leef.md, not of the program: current value is "health_ok"',
    ],
    [
      "only: [receipt_rejected], drop: [receipt]",
      '"filter" delivers nothing: "drop" takes all that "only" has',
    ],
    ["only: []", '"filter.only" must have at least one entry: the list is empty'],
  ])("refuses { %s }", (text, sentence) => {
    expect(problems(`${V2}filter: { ${text} }\n`)).toEqual([`line 8: ${sentence}`]);
  });
});
