import { childrenOf, fieldsOf, parseXml, type XmlNode } from "./xml.ts";

/** A test of a rule: its class, and what was chosen for each parameter. */
export interface RuleTest {
  /** Last part of the Java class. */
  readonly kind: string;
  readonly negate: boolean;
  readonly choices: readonly string[];
  /** The sentence of the rule wizard. */
  readonly text: string;
}

/** A custom rule or building block of a console. */
export interface Rule {
  readonly uuid: string;
  readonly name: string;
  readonly buildingBlock: boolean;
  readonly enabled: boolean;
  readonly tests: readonly RuleTest[];
  /** Whether a match makes an offense, by its action or by the event that it dispatches. */
  readonly offense: boolean;
}

/** The rules of a content export; throws where a row is no rule. */
export function rulesOf(root: XmlNode): Rule[] {
  return childrenOf(root, "custom_rule").map((row) => {
    const { uuid, rule_data } = fieldsOf(row);
    const rule = parseXml(Buffer.from(rule_data!, "base64").toString("utf8"));
    const part = (name: string): XmlNode | undefined => childrenOf(rule, name)[0];
    const forced = [part("actions"), ...(part("responses")?.children ?? [])];
    return {
      uuid: uuid!,
      name: part("name")!.text,
      buildingBlock: rule.attributes.get("buildingBlock") === "true",
      enabled: rule.attributes.get("enabled") === "true",
      tests: childrenOf(part("testDefinitions")!, "test").map(testOf),
      offense: forced.some((node) => node?.attributes.get("forceOffenseCreation") === "true"),
    };
  });
}

function testOf(node: XmlNode): RuleTest {
  return {
    kind: node.attributes.get("name")!.split(".").at(-1)!,
    negate: node.attributes.get("negate") === "true",
    choices: childrenOf(node, "parameter").map(
      (parameter) => childrenOf(parameter, "userSelection")[0]?.text ?? "",
    ),
    text: childrenOf(node, "text")[0]!.text.replaceAll(/<[^>]*>/g, ""),
  };
}

/** What a parameter's list holds: ids of categories, QIDs or rules. */
export function listOf(choice: string): string[] {
  return choice.split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
}

/** The rules that a rule names in its tests, but for those that must not match. */
export function referencesOf(rule: Rule, known: ReadonlyMap<string, Rule>): Rule[] {
  const tests = rule.tests.filter(({ negate }) => !negate);
  const names = new Set(tests.flatMap(({ choices }) => choices.flatMap(listOf)));
  return [...names].flatMap((name) => known.get(name) ?? []);
}

/** Whether a rule asks for the low-level category, by itself or by its high-level category. */
export function asksForCategory(rule: Rule, category: number): boolean {
  const wanted = [category, Math.floor(category / 1000) * 1000].map(String);
  return rule.tests.some(
    ({ kind, negate, choices }) =>
      kind === "EventCategory_Test" &&
      !negate &&
      listOf(choices[0]!).some((id) => wanted.includes(id)),
  );
}

/** Every rule that can match because of an event of this category, through building blocks and other rules. */
export function reachedBy(rules: readonly Rule[], category: number): Set<Rule> {
  const known = new Map(rules.map((rule) => [rule.uuid, rule]));
  const reached = new Set(rules.filter((rule) => asksForCategory(rule, category)));
  for (let size = -1; size < reached.size; ) {
    size = reached.size;
    for (const rule of rules) {
      if (referencesOf(rule, known).some((other) => reached.has(other))) reached.add(rule);
    }
  }
  return reached;
}
