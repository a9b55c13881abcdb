import { uuidOf } from "./identity.ts";
import type { Mapping } from "./mapping.ts";
import { FEED_SILENT, type QidRecord } from "./qids.ts";
import { type Choice, NONE, type RuleTest } from "./rule_tests.ts";
import { qidOf } from "./type_rows.ts";

/** By what the events of an offense belong together: QRadar's offense types, with the word of a response limiter for the same. */
export const OFFENSE_BY = {
  "Source IP": { id: 0, limiter: "ATTACKER" },
  Username: { id: 3, limiter: "BY_USERNAME" },
  "Log Source": { id: 6, limiter: "DEVICE" },
} as const;

/** A custom rule, or a building block that rules name. */
export interface Rule {
  /** The same in every release. */
  readonly uuid: string;
  readonly name: string;
  readonly purpose: string;
  /** What must be there for it to work. */
  readonly needs?: string;
  readonly tuning?: string;
  readonly buildingBlock: boolean;
  readonly enabled: boolean;
  readonly tests: readonly RuleTest[];
  /** Null: a building block. */
  readonly offenseBy: keyof typeof OFFENSE_BY | null;
  /** At most one response in so many hours, for each value of `offenseBy`. */
  readonly oncePerHours?: number;
  /** The event that it dispatches where no event of Mimecast's can be in the offense. */
  readonly dispatches?: QidRecord;
}

const USERNAME: Choice = { value: "userName", shown: "Username" };
const SOURCE_IP: Choice = { value: "sourceIP", shown: "Source IP" };
const LOG_SOURCE: Choice = { value: "logSourceId", shown: "Log Source" };
const FILE_HASH: Choice = { value: "File Hash", shown: "File Hash (custom)" };
const UNITS = { m: "minutes", h: "hour(s)" } as const;

/** The building blocks and rules of the zip. Throws where an EventID is no longer in the mapping. */
export function rules(mapping: Mapping): Rule[] {
  const names = new Map(mapping.events.map(({ id, name }) => [id, name]));
  const block = (name: string, purpose: string, ids: readonly string[]): Rule => ({
    ...named(`BB:Mimecast: ${name}`),
    purpose,
    buildingBlock: true,
    enabled: true,
    tests: [{ kind: "qid", choices: [choiceOf(ids.map((id) => qidChoice(id, names)))] }],
    offenseBy: null,
  });
  const blocks = {
    any: block("Any Event", "Every event of this content.", [...names.keys()]),
    trouble: block(
      "Collector Trouble",
      "What the collector says of itself when it needs somebody.",
      ["health_error", "health_deadline"],
    ),
    logon: block("Logon", "Somebody logged on at Mimecast.", ["audit_logon_success"]),
    logonFailed: block("Logon Failed", "Somebody could not log on at Mimecast.", [
      "audit_logon_failed",
    ]),
    malware: block("Malware", "Malware that reached Mimecast.", MALWARE),
    click: block(
      "Click on a Malicious Link",
      "A person followed a malicious link, or one that Mimecast blocked or warned of.",
      CLICKS,
    ),
  };
  return [...Object.values(blocks), ...rulesWith(blocks)];
}

const MALWARE = ["av", "attachment_protect", "ttp_attachment_malicious", "ci_entities_malware"];
const CLICKS = [
  "url_protect_blocked",
  "url_protect_warned",
  "ttp_url_malicious",
  "ttp_url_click_blocked",
  "ttp_url_click_warned",
  "ci_urlclick_malicious",
  "ci_urlclick_blocked",
  "ci_urlclick_warned",
];

type Blocks = Readonly<
  Record<"any" | "trouble" | "logon" | "logonFailed" | "malware" | "click", Rule>
>;

/** Off are those whose numbers depend on the mail flow: they are starting points, not measured on a real one. */
function rulesWith(blocks: Blocks): Rule[] {
  const rule = (name: string, rest: Omit<Rule, "uuid" | "name" | "buildingBlock">): Rule => ({
    ...named(`Mimecast: ${name}`),
    buildingBlock: false,
    ...rest,
  });
  const failures = rule("Many Failed Logons of One User", {
    purpose: "Somebody tries passwords on the console or on an application of Mimecast.",
    tuning: "The number; a service account with an old password is the usual other reason.",
    enabled: false,
    tests: [matches(blocks.logonFailed), same(10, USERNAME, 10, "m")],
    offenseBy: "Username",
    oncePerHours: 1,
  });
  return [
    rule("The Feed Is Silent", {
      purpose:
        "A collector in good health says so about once an hour (`poll.health_interval_secs`); two hours without any event mean that it, the shipper or the way to QRadar is broken.",
      needs: "One event of the log source: what never sent anything is not missed.",
      tuning:
        "The time. `mimecast-input check` warns where your intervals need a longer one. It goes by log source, so each account is watched by itself.",
      enabled: true,
      // SILENCE_ALARM_SECS of plugin/collect/health.ts: test/collect/health_timing.test.ts compares.
      tests: [silent(blocks.any, 2, "h", LOG_SOURCE)],
      offenseBy: "Log Source",
      oncePerHours: 24,
      dispatches: FEED_SILENT,
    }),
    rule("The Collector Reports Trouble", {
      purpose: "A feed fails, or is about to lose data because Mimecast deletes it.",
      tuning: "Notify the team that runs the shipper instead of making an offense.",
      enabled: true,
      tests: [matches(blocks.trouble)],
      offenseBy: "Log Source",
      oncePerHours: 24,
    }),
    failures,
    rule("Failed Logons of Many Users from One Address", {
      purpose: "One password is tried on many accounts.",
      needs:
        "Addresses: where Mimecast names none, QRadar shows that of the shipper. Add *and NOT when the source IP is one of the following* with the shipper's.",
      tuning: "Add your own way out to the internet to the same test.",
      enabled: false,
      tests: [matches(blocks.logonFailed), same(10, SOURCE_IP, 30, "m", USERNAME)],
      offenseBy: "Source IP",
      oncePerHours: 1,
    }),
    rule("Logon After Many Failures", {
      purpose: "The password was found.",
      needs: `*${failures.name}* enabled.`,
      enabled: false,
      tests: [followed(blocks.logon, failures, USERNAME, 30, "m")],
      offenseBy: "Username",
    }),
    rule("Malware Burst", {
      purpose: "A campaign runs against the company.",
      tuning: "The number of recipients: compare it with a week of `searches/malware_files.aql`.",
      enabled: false,
      tests: [matches(blocks.malware), same(20, LOG_SOURCE, 15, "m", USERNAME)],
      offenseBy: "Log Source",
      oncePerHours: 4,
    }),
    rule("One File, Many Recipients", {
      purpose: "The same attachment reaches several users: look for its hash on the hosts.",
      needs: "The property *File Hash*.",
      tuning: "The number; a newsletter that a scanner dislikes reaches many.",
      enabled: false,
      tests: [matches(blocks.malware), same(3, FILE_HASH, 60, "m", USERNAME)],
      offenseBy: "Log Source",
      oncePerHours: 1,
    }),
    rule("Click on a Malicious Link", {
      purpose:
        "The user followed a link that was blocked or warned of: the sender may have written to others too.",
      tuning: "Exclude the accounts of your phishing exercises.",
      enabled: false,
      tests: [matches(blocks.click)],
      offenseBy: "Username",
      oncePerHours: 1,
    }),
  ];
}

function named(name: string): { uuid: string; name: string } {
  return { uuid: uuidOf(`rule ${name}`), name };
}

function qidChoice(id: string, names: ReadonlyMap<string, string>): Choice {
  const name = names.get(id);
  if (name === undefined) {
    throw new Error(`Cannot write rules: "${id}" must be an event of the mapping`);
  }
  return { value: String(qidOf(id)), shown: `(${qidOf(id)}) ${name}` };
}

function choiceOf(choices: readonly Choice[]): Choice {
  const joined = (of: (choice: Choice) => string): string => choices.map(of).join(", ");
  return { value: joined(({ value }) => value), shown: joined(({ shown }) => shown) };
}

const number = (value: number): Choice => ({ value: String(value), shown: String(value) });
const unitOf = (unit: keyof typeof UNITS): Choice => ({ value: unit, shown: UNITS[unit] });
const ruleOf = ({ uuid, name }: Rule): Choice => ({ value: uuid, shown: name });

function matches(...of: readonly Rule[]): RuleTest {
  return { kind: "matches", choices: [{ value: "any", shown: "any" }, choiceOf(of.map(ruleOf))] };
}

function same(
  events: number,
  property: Choice,
  time: number,
  unit: keyof typeof UNITS,
  different: Choice = NONE,
): RuleTest {
  const choices = [NONE, number(events), property, different, number(time), unitOf(unit)];
  return { kind: different === NONE ? "same" : "sameAndDifferent", choices };
}

function followed(
  then: Rule,
  first: Rule,
  property: Choice,
  time: number,
  unit: keyof typeof UNITS,
): RuleTest {
  const choices = [ruleOf(then), number(1), NONE, NONE, number(time), unitOf(unit)];
  return { kind: "followed", choices: [...choices, ruleOf(first), property] };
}

function silent(of: Rule, time: number, unit: keyof typeof UNITS, property: Choice): RuleTest {
  return {
    kind: "silent",
    choices: [ruleOf(of), number(time), unitOf(unit), ruleOf(of), property],
  };
}
