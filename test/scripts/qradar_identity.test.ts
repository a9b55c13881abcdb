import { describe, expect, test } from "vitest";
import { contentXml } from "../../scripts/qradar/content_xml.ts";
import { readMapping } from "../../scripts/qradar/mapping.ts";
import { rules } from "../../scripts/qradar/rules.ts";
import { onlyType, shippedContent } from "../support/qradar/content.ts";
import { listOf } from "../support/qradar/rules.ts";
import { childrenOf, fieldsOf, parseXml } from "../support/qradar/xml.ts";

const MAPPING = readMapping();
const CONTENT = await shippedContent();
const TYPE = onlyType(CONTENT);

/** The mapping without its first event. */
function smaller() {
  const mapping = structuredClone(MAPPING);
  const [first] = mapping.events;
  Object.assign(mapping, { events: mapping.events.slice(1) });
  for (const { values } of mapping.cats.flatMap(({ outcome }) => outcome))
    for (const [word, id] of Object.entries(values))
      if (id === first!.id) delete (values as Record<string, string>)[word];
  return mapping;
}

describe("from release to release", () => {
  test("every row that stays keeps its ids, numbers and uuids when an event is added", () => {
    const before = parseXml(contentXml(smaller()));
    for (const name of ["qidmap", "dsmevent", "ariel_regex_property", "sensordevicetype"]) {
      const rows = childrenOf(before, name).map(fieldsOf);
      const now = childrenOf(CONTENT.root, name).map(fieldsOf);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(now).toContainEqual(row);
    }
  });
});

test("ids, QIDs and uuids are those of every release before: this file only grows", async () => {
  const keys: Readonly<Record<string, readonly string[]>> = {
    sensordevicetype: ["devicetypename"],
    device_ext: ["name"],
    qidmap: ["qname"],
    dsmevent: ["deviceeventid", "deviceeventcategory"],
    ariel_regex_property: ["propertyname"],
    ariel_property_expression: ["ap_id"],
    customviewparams: ["itemname"],
    dashboard: ["name"],
    report: ["filedata"],
  };
  const lines = Object.entries(keys).flatMap(([table, named]) =>
    childrenOf(CONTENT.root, table)
      .map(fieldsOf)
      .map((row) => [table, ...named.map((key) => row[key]), row.qid, row.uuid, row.id].join(" ")),
  );
  const ofRules = CONTENT.rules.map(({ name, uuid }) => `custom_rule ${name} ${uuid}`);
  const text = `${[...lines, ...ofRules].sort().join("\n")}\n`;
  await expect(text).toMatchFileSnapshot("../golden/qradar/identities.txt");
});

describe("rules", () => {
  test("are in the zip as the list says, and only those about the collection itself are enabled", () => {
    expect(CONTENT.rules.map(({ uuid, name, enabled }) => [uuid, name, enabled])).toEqual(
      rules(MAPPING).map(({ uuid, name, enabled }) => [uuid, name, enabled]),
    );
    const enabled = CONTENT.rules.filter((rule) => rule.enabled && !rule.buildingBlock);
    expect(enabled.map(({ name }) => name)).toEqual([
      "Mimecast: The Feed Is Silent",
      "Mimecast: The Collector Reports Trouble",
    ]);
  });

  test("name only rules of the zip, QIDs of the zip and properties that there are", () => {
    const uuids = new Set(CONTENT.rules.map(({ uuid }) => uuid));
    const qids = new Set([...TYPE.qids.values()].map(({ qid }) => String(qid)));
    const fields = new Set([
      "userName",
      "sourceIP",
      "logSourceId",
      ...TYPE.properties.map(({ name }) => name),
    ]);
    const named = (kind: string, at: number): string[] =>
      CONTENT.rules.flatMap(({ tests }) =>
        tests.filter((each) => each.kind === kind).flatMap(({ choices }) => listOf(choices[at]!)),
      );
    for (const qid of named("QID_Test", 0)) expect(qids).toContain(qid);
    const blocks = [
      ...named("RuleMatch_Test", 1),
      ...named("TriggerMatchCount", 0),
      ...named("TriggerMatchCount", 6),
      ...named("TriggerTimeout", 0),
      ...named("TriggerTimeout", 3),
    ];
    for (const uuid of blocks) expect(uuids).toContain(uuid);
    for (const field of [...named("MatchCount", 2), ...named("MatchCount", 3)])
      expect(fields).toContain(field);
  });
});
