import { categoryName } from "./categories.ts";
import type { Mapping } from "./mapping.ts";
import { sentenceOf, testXml } from "./rule_tests.ts";
import { OFFENSE_BY, type Rule, rules } from "./rules.ts";
import { qidOf, rowId } from "./type_rows.ts";
import { escapeXml, row, tag, type XmlElement } from "./xml.ts";

const CREATED = "2026-01-01T00:00:00.000Z";

/** The rules and building blocks, as rows of a content export. */
export function ruleRows(mapping: Mapping): XmlElement[] {
  return rules(mapping).map((rule) =>
    row("custom_rule", {
      rule_type: 0,
      origin: "USER",
      mod_date: CREATED,
      rule_data: Buffer.from(ruleXml(rule)).toString("base64"),
      id: rowId(`rule ${rule.name}`),
      create_date: CREATED,
      uuid: rule.uuid,
    }),
  );
}

/** The rule itself, in the form of those that a console exports. */
export function ruleXml(rule: Rule): string {
  const id = rowId(`rule ${rule.name}`);
  const attributes = {
    overrideid: id,
    owner: "admin",
    scope: "GLOBAL",
    type: "EVENT",
    roleDefinition: false,
    buildingBlock: rule.buildingBlock,
    enabled: rule.enabled,
    id,
  };
  const parts = [
    tag("name", {}, escapeXml(rule.name)),
    tag("notes", {}, escapeXml(notesOf(rule))),
    tag("testDefinitions", {}, rule.tests.map(testXml).join("")),
    ...responses(rule),
  ];
  return tag("rule", attributes, parts.join(""));
}

function notesOf({ purpose, needs, tuning }: Rule): string {
  const more = [needs && `Needs: ${needs}`, tuning && `Tuning: ${tuning}`];
  return [purpose, ...more.filter(Boolean)].join(" ").replaceAll(/[*`]/g, "");
}

function responses({ offenseBy, oncePerHours, dispatches, purpose }: Rule) {
  if (offenseBy === null) return [];
  const offense = { offenseMapping: OFFENSE_BY[offenseBy].id, forceOffenseCreation: true };
  const parts = [
    tag("actions", { flowAnalysisInterval: 0, includeAttackerEventsInterval: 0, ...offense }),
  ];
  if (dispatches !== undefined) {
    const { id, name, severity, lowLevelCategory } = dispatches;
    const quality = { overrideOffenseName: true, describeOffense: true, relevance: 5 };
    const more = { credibility: 10, severity, description: purpose.replaceAll(/[*`]/g, ""), name };
    const all = { lowLevelCategory, ...offense, qid: qidOf(id), ...quality, ...more };
    parts.push(tag("responses", {}, tag("newevent", all)));
  }
  if (oncePerHours !== undefined) {
    const once = { intervalType: "h", intervalCount: oncePerHours, responseCount: 1 };
    parts.push(tag("limiter", { hostType: OFFENSE_BY[offenseBy].limiter, ...once }));
  }
  return parts;
}

/** `rules.md`: every rule with its purpose, what it needs, how to tune it, and its tests in the words of the rule wizard. */
export function rulesText(mapping: Mapping): string {
  const all = rules(mapping);
  const blocks = all.filter(({ buildingBlock }) => buildingBlock);
  const head =
    "# Rules\n\nThe zip brings these to *Offenses > Rules*, most of them disabled: numbers are starting points, not measured on a real mail flow. Without the zip they are clicked together in\n*Actions > New Event Rule*; what is in italics is a value to choose. Written by `npm run qradar`.\n";
  const list = blocks.map(
    ({ name, purpose, tests }) =>
      `- **${name}** ${purpose} ${eventsOf(tests[0]!.choices[0]!.shown)}`,
  );
  return [
    head,
    ...all.filter(({ buildingBlock }) => !buildingBlock).map((rule) => ruleText(rule)),
    `## Building blocks\n\nEach has one test: *when the event QID is one of the following QIDs*.\n\n${list.join("\n")}\n`,
  ].join("\n");
}

/** The names without their numbers; all of them need no list. */
function eventsOf(shown: string): string {
  const names = shown.split(", ").map((name) => name.replace(/^\(\d+\) /, ""));
  return names.length > 20 ? "All of `events.csv`." : `*${names.join("*, *")}*.`;
}

function ruleText(rule: Rule): string {
  const tests = rule.tests.map(
    (test, at) =>
      `${at + 1}. ${at === 0 ? "" : "and "}${sentenceOf(test, (shown) => `*${shown}*`)}`,
  );
  const event = rule.dispatches;
  const response = [
    ...(event === undefined
      ? []
      : [
          `New event *${event.name}*, severity ${event.severity}, category *${categoryName(event.lowLevelCategory)}*`,
        ]),
    `offense by *${rule.offenseBy}*`,
    ...(rule.oncePerHours === undefined
      ? []
      : [
          `no more than once in ${rule.oncePerHours === 1 ? "an hour" : `${rule.oncePerHours} hours`} for each`,
        ]),
  ].join("; ");
  const lines = [
    `Response: ${response}.`,
    ...(rule.needs === undefined ? [] : [`Needs: ${rule.needs}`]),
    ...(rule.tuning === undefined ? [] : [`Tuning: ${rule.tuning}`]),
  ];
  return `## ${rule.name}\n\n${rule.enabled ? "Enabled." : "Disabled."} ${rule.purpose}\n\n${tests.join("\n")}\n\n${lines.join("  \n")}\n`;
}
