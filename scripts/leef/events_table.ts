import {
  type CatRule,
  type EventRule,
  eventPairs,
  type Mapping,
  originsOf,
  type RefinementRule,
} from "../qradar/mapping.ts";

/** One row for each EventID and cat. */
export function eventsTable(mapping: Mapping): string {
  const rows = eventPairs(mapping).map(({ event, cat }) => {
    const rule = mapping.cats.find((each) => each.cat === cat)!;
    const cells = [
      `\`${event.id}\``,
      `\`${cat}\``,
      conditionOf(mapping, rule, event.id),
      severityOf(event),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `| EventID | cat | when | sev |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function conditionOf(mapping: Mapping, rule: CatRule, id: string): string {
  const terms = rule.outcome.flatMap(({ from, values }) => {
    const own = Object.entries(values).filter(([, event]) => event === id);
    if (own.length === 0) return [];
    return [`${from.join(" or ")} is ${own.map(([value]) => `\`${value}\``).join(" or ")}`];
  });
  if (rule.other === id) terms.push(rule.outcome.length === 0 ? "always" : "anything else");
  const narrower = mapping.refinements.filter((each) => each.to === id);
  return [...terms, ...narrower.map((each) => refinementText(mapping, each))].join("; ");
}

/** The rules of an EventID in their order: each is met only where none before it is. */
function refinementText(mapping: Mapping, rule: RefinementRule): string {
  const of =
    typeof rule.of === "string"
      ? `any of ${rule.of}`
      : originsOf(mapping, rule).map(code).join(" or ");
  const fields = rule.first === undefined ? rule.from!.join(" or ") : rule.first.join(", else ");
  return `${of} where ${fields} ${words(rule)}`;
}

function words({ holds, lacks }: RefinementRule): string {
  if (holds !== undefined) return `holds ${holds.map(code).join(" or ")}`;
  return lacks!.length === 0 ? "is there" : `is there without ${lacks!.map(code).join(" or ")}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function severityOf({ sev, when }: EventRule): string {
  if (when === undefined) return String(sev);
  return `${sev}; ${when.sev} where ${when.field} holds ${when.holds.map((word) => `\`${word}\``).join(" or ")}`;
}
