import { escapeXml, tag } from "./xml.ts";

/** A choice in a test of the rule wizard: what the rule holds, and what the wizard shows for it. */
export interface Choice {
  readonly value: string;
  readonly shown: string;
}

/** A test of a rule: its kind, and a choice for each of its parameters. */
export interface RuleTest {
  readonly kind: keyof typeof KINDS;
  readonly choices: readonly Choice[];
}

interface Kind {
  /** Java class, group and number of the test, as the exported rules have them. */
  readonly name: string;
  readonly group: string;
  readonly id: number;
  /** The sentence of the wizard; {1} is the first parameter. */
  readonly sentence: string;
  readonly parameters: readonly Parameter[];
}

interface Parameter {
  /** What the wizard's list calls; of parameters that name rules. */
  readonly name?: string;
  readonly initial: string;
  readonly label: string;
  readonly options: string;
}

const UI = "com.q1labs.sem.ui.semservices.UISemServices";
const list = (method: string): string =>
  tag("userOptions", {
    multiselect: true,
    method: `${UI}.${method}`,
    source: "class",
    format: "list",
  });
const select = (options: Readonly<Record<string, string>>): string =>
  tag(
    "userOptions",
    { multiselect: false, source: "xml", format: "list" },
    Object.entries(options)
      .map(([id, text]) => tag("option", { id }, text))
      .join(""),
  );

const RULES: Parameter = {
  name: "getEventRules",
  initial: "these rules",
  label: "Select the rule(s)",
  options: list("getEventRules"),
};
const NUMBER: Parameter = {
  initial: "this many",
  label: "Enter a value",
  options: tag("userOptions", {
    multiselect: false,
    errorkey: 30001,
    validation: "com.q1labs.core.ui.util.ValidatorUtils.validatePositiveNumber",
    format: "user",
  }),
};
const FIELDS: Parameter = {
  initial: "event properties",
  label: "Select a event property and click 'Add'",
  options: list("getEventDatabaseFields"),
};
const UNIT: Parameter = {
  initial: "minutes",
  label: "Select a time unit",
  options: select({ m: "minutes", h: "hour(s)", d: "day(s)" }),
};
const ANY: Parameter = {
  initial: "any|all",
  label: "Select an option",
  options: select({ any: "any", all: "all" }),
};
const QIDS: Parameter = {
  initial: "QIDs",
  label: "Browse or Search for QIDs below. Select the desired QIDs and click 'Add'\"",
  options: tag("userOptions", {
    format: "CustomizeParameter-QID.jsp",
    source: "class",
    multiselect: true,
    method: `${UI}.getQidsByLowLevelCategory`,
  }),
};

/** The kinds of tests that our rules use, from rules of an export that have them. */
const KINDS = {
  qid: {
    name: "QID_Test",
    group: "Event Property Tests",
    id: 19,
    sentence: "when the event QID is one of the following {1}",
    parameters: [QIDS],
  },
  matches: {
    name: "RuleMatch_Test",
    group: "Functions - Simple",
    id: 46,
    sentence: "when an event matches {1} of the following {2}",
    parameters: [
      ANY,
      { ...RULES, initial: "rules", label: "Select the rule(s) to match and click 'Add'" },
    ],
  },
  same: {
    name: "functions.MatchCount",
    group: "Functions - Counters",
    id: 300,
    sentence: "when at least {2} events are seen with the same {3} in {5} {6}",
    parameters: [RULES, NUMBER, FIELDS, FIELDS, NUMBER, UNIT],
  },
  sameAndDifferent: {
    name: "functions.MatchCount",
    group: "Functions - Counters",
    id: 301,
    sentence: "when at least {2} events are seen with the same {3} and different {4} in {5} {6}",
    parameters: [RULES, NUMBER, FIELDS, FIELDS, NUMBER, UNIT],
  },
  followed: {
    name: "functions.TriggerMatchCount",
    group: "Functions - Sequence",
    id: 308,
    sentence: "when {1} match at least {2} times in {5} {6} after {7} match with the same {8}",
    parameters: [RULES, NUMBER, FIELDS, FIELDS, NUMBER, UNIT, RULES, FIELDS],
  },
  silent: {
    name: "functions.TriggerTimeout",
    group: "Functions - Negative",
    id: 314,
    sentence: "when none of {1} match in {2} {3} after {4} match with the same {5}",
    parameters: [RULES, NUMBER, UNIT, RULES, FIELDS],
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** Nothing is chosen. */
export const NONE: Choice = { value: " ", shown: "" };

/** The sentence of the wizard, with each choice as `show` writes it. */
export function sentenceOf(
  { kind, choices }: RuleTest,
  show: (shown: string, at: number) => string,
) {
  return KINDS[kind].sentence.replaceAll(/\{(\d)\}/g, (_, at) =>
    show(choices[Number(at) - 1]!.shown, Number(at)),
  );
}

/** The test as a rule's XML has it, at its position in the rule. */
export function testXml(test: RuleTest, uid: number): string {
  const { name, group, id, parameters }: Kind = KINDS[test.kind];
  const link = (shown: string, at: number): string =>
    `<a href='javascript:editParameter("${uid}", "${at}")' class='dynamic'>${shown}</a>`;
  const attributes = {
    requiredCapabilities: "EventViewer.RULECREATION|SURVEILLANCE.RULECREATION",
    group,
    uid,
    name: `com.q1labs.semsources.cre.tests.${name}`,
    id,
  };
  const inner = parameters.map((parameter, at) =>
    parameterXml(parameter, test.choices[at]!, at + 1),
  );
  return tag(
    "test",
    attributes,
    tag("text", {}, escapeXml(sentenceOf(test, link))) + inner.join(""),
  );
}

function parameterXml({ name, initial, label, options }: Parameter, choice: Choice, id: number) {
  const inner = [
    name === undefined ? "" : tag("name", {}, name),
    tag("initialText", {}, escapeXml(initial)),
    tag("selectionLabel", {}, escapeXml(label)),
    options,
    tag("userSelection", {}, escapeXml(choice.value)),
    tag("userSelectionId", {}, "0"),
  ];
  return tag("parameter", { id }, inner.join(""));
}
