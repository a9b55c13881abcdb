import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMapping } from "../../../scripts/qradar/mapping.ts";
import { runs } from "../amount.ts";
import { lineOf } from "../engine_lines.ts";
import { type AnalystEvent, type LogSourceType, shippedConsole } from "./console.ts";
import { onlyType, shippedContent } from "./content.ts";
import { DEFAULT_RULES } from "./default_rules.ts";
import { HAVE_EXPORTS, realExport } from "./real_exports.ts";
import { type ArrivedEvent, offensesOf } from "./rule_engine.ts";
import { rulesOf } from "./rules.ts";

const SHIPPER = "198.51.100.1";
const MAPPING = readMapping();
const CONTENT = await shippedContent();
const QIDS = new Map([...onlyType(CONTENT).qids.values()].map((entry) => [entry.name, entry]));

/** An event of ours as a console shows it, without addresses of its own. */
function event(id: string, more: Partial<AnalystEvent> = {}): AnalystEvent {
  const { name, sev, category } = MAPPING.events.find((each) => each.id === id)!;
  return {
    qid: QIDS.get(name)!.qid,
    eventName: name,
    categoryId: category,
    category: "",
    severity: sev,
    timeMs: 0,
    username: "jo@example.com",
    sourceIp: SHIPPER,
    destinationIp: SHIPPER,
    logSource: "Mimecast acme",
    properties: new Map(),
    known: true,
    ...more,
  };
}

/** So many events that one poll brought at once. */
function burst(count: number, make: (at: number) => AnalystEvent, arrivalMs = 0): ArrivedEvent[] {
  return Array.from({ length: count }, (_, at) => ({ shown: make(at), arrivalMs }));
}

const names = (offenses: readonly { rule: string }[]): string[] => [
  ...new Set(offenses.map(({ rule }) => rule)),
];

test.skipIf(!HAVE_EXPORTS)("the default rules are those of a real console", async () => {
  const real = new Map(
    rulesOf((await realExport("console")).root).map((rule) => [rule.uuid, rule]),
  );
  for (const rule of DEFAULT_RULES) {
    const { tests, ...rest } = real.get(rule.uuid)!;
    expect({ ...rest, tests: tests.map((each) => ({ ...each, text: "" })) }).toEqual(rule);
  }
});

describe("default rules", () => {
  const user = (at: number): string => `user${at}@example.com`;

  test("make offenses of logons and malware in QRadar's own categories, of the shipper's address too", () => {
    const failed = burst(12, (at) =>
      event("audit_logon_failed", { categoryId: 3116, username: user(at) }),
    );
    expect(names(offensesOf(DEFAULT_RULES, failed, 0))).toEqual([
      "Multiple Login Failures from the Same Source",
      "Multiple Login Failures to the Same Destination",
    ]);
    const one = burst(12, () => event("audit_logon_failed", { categoryId: 3116 }));
    const logon = burst(1, () => event("audit_logon_success", { categoryId: 3115 }), 1_000);
    expect(names(offensesOf(DEFAULT_RULES, [...one, ...logon], 0))).toEqual([
      "Multiple Login Failures for Single Username",
      "Login Failures Followed By Success to the same Username",
    ]);
    const malware = burst(14, (at) => event("av", { categoryId: 6006, qid: at % 7 }));
    expect(names(offensesOf(DEFAULT_RULES, malware, 0))).toEqual([
      "Multiple Exploit Types Against Single Destination",
    ]);
  });

  test("count in time of arrival: what comes slower is none", () => {
    const slow = Array.from({ length: 30 }, (_, at) => ({
      shown: event("audit_logon_failed", { categoryId: 3116 }),
      arrivalMs: at * 61_000,
    }));
    expect(offensesOf(DEFAULT_RULES, slow, 0)).toEqual([]);
  });

  test("make no offense of any event of ours, however many come at once", () => {
    const all = MAPPING.events.flatMap(({ id }) =>
      burst(30, (at) => event(id, { username: at % 2 === 0 ? user(at) : "jo@example.com" })),
    );
    expect(offensesOf(DEFAULT_RULES, all, 0)).toEqual([]);
  });
});

/** Our rules as if the administrator had enabled them all. */
const OURS = CONTENT.rules.map((rule) => ({ ...rule, enabled: true }));
const OFFENSE_MS = 60_000;

describe("rules of the zip", () => {
  const fired = (events: readonly ArrivedEvent[]): string[] =>
    names(offensesOf(OURS, events, OFFENSE_MS)).map((name) => name.replace("Mimecast: ", ""));

  test.each([
    ["The Collector Reports Trouble", burst(1, () => event("health_error"))],
    ["Many Failed Logons of One User", burst(10, () => event("audit_logon_failed"))],
    [
      "Failed Logons of Many Users from One Address",
      burst(10, (at) => event("audit_logon_failed", { username: `${at}` })),
    ],
    ["Malware Burst", burst(20, (at) => event("av", { username: `${at}` }))],
    [
      "One File, Many Recipients",
      burst(3, (at) =>
        event("attachment_protect", {
          username: `${at}`,
          properties: new Map([["File Hash", "a1"]]),
        }),
      ),
    ],
    ["Click on a Malicious Link", burst(1, () => event("ttp_url_click_blocked"))],
  ])("%s: makes an offense, and one event less makes none", (name, events) => {
    expect(fired(events)).toEqual([name]);
    expect(fired(events.slice(1))).toEqual([]);
  });

  test("Logon After Many Failures: of the same user only", () => {
    const failed = burst(10, () => event("audit_logon_failed"));
    const logon = (username: string) =>
      burst(1, () => event("audit_logon_success", { username }), 1);
    expect(fired([...failed, ...logon("jo@example.com")])).toContain("Logon After Many Failures");
    expect(fired([...failed, ...logon("ana@example.com")])).not.toContain(
      "Logon After Many Failures",
    );
  });

  test("The Feed Is Silent: after two hours, for each log source by itself", () => {
    const hourMs = 3_600_000;
    const health = (logSource: string, arrivalMs: number) =>
      burst(1, () => event("health_ok", { logSource }), arrivalMs);
    const steady = [0, 1, 2, 3].flatMap((hour) => health("Mimecast acme", hour * hourMs));
    expect(offensesOf(OURS, steady, 4 * hourMs)).toEqual([]);
    expect(names(offensesOf(OURS, steady, 5 * hourMs + 1))).toEqual([
      "Mimecast: The Feed Is Silent",
    ]);
    const other = [...steady, ...health("Mimecast other", 0)];
    expect(names(offensesOf(OURS, other, 4 * hourMs))).toEqual(["Mimecast: The Feed Is Silent"]);
    expect(offensesOf(OURS, [], 9 * hourMs)).toEqual([]);
  });

  test("with a kind of test that the stand-in does not run are refused, not passed over", () => {
    const [rule] = OURS.filter(({ buildingBlock }) => !buildingBlock);
    const tests = [{ kind: "NetworkView_Test", negate: false, choices: [], text: "" }];
    const events = burst(1, () => event("av"));
    expect(() => offensesOf([{ ...rule!, tests }], events, 0)).toThrow("NetworkView_Test");
  });

  test("without a value of the property that is counted, none", () => {
    const anonymous = burst(30, () => event("audit_logon_failed", { username: null }));
    expect(fired(anonymous)).toEqual([]);
  });
});

/** What a sender could write to look like another event: names, EventIDs, QIDs, attributes, with every delimiter. */
const FORGED = [
  "|audit_logon_failed|^|cat=audit",
  "^cat=audit^sev=9",
  "\tcat=ttp_url\tusrName=x",
  "LEEF:2.0|Mimecast|Email Security|2.0|health_error|^|cat=health",
  "Mimecast Audit Logon Failed",
  String(QIDS.get("Mimecast AV Virus Found")!.qid),
  "|av|",
  "usrName=x",
  "\n",
  "a",
];

test.each<LogSourceType>(["Universal LEEF", "Mimecast Email Security"])(
  "no text of a mail sets off a rule, on a log source of the type %s",
  async (type) => {
    const show = await shippedConsole([
      { name: "Mimecast acme", identifier: "mimecast-acme", type },
    ]);
    const text = fc
      .array(fc.constantFrom(...FORGED), { maxLength: 6 })
      .map((parts) => parts.join(""));
    const mail = (subject: string, delimiter: "^" | "tab", at: number): ArrivedEvent => {
      const record = {
        type: "receipt",
        action: "Acc",
        timestamp: 1_769_860_800_000,
        senderEnvelope: `${subject}@example.net`,
        recipients: `user${at}@example.com`,
        subject,
        messageId: `<${at}${subject}@example.net>`,
      };
      const payload = lineOf(record, { delimiter, maxLineBytes: 8_192 });
      return { shown: show({ payload, packetIp: SHIPPER, receivedMs: 0 }), arrivalMs: 0 };
    };
    fc.assert(
      fc.property(text, fc.constantFrom("^" as const, "tab" as const), (subject, delimiter) => {
        const events = Array.from({ length: 30 }, (_, at) => mail(subject, delimiter, at));
        expect(offensesOf([...OURS, ...DEFAULT_RULES], events, OFFENSE_MS)).toEqual([]);
      }),
      { numRuns: runs(25) },
    );
  },
);
