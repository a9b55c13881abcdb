import { CATEGORIES, categoryId } from "../qradar/categories.ts";
import { type CatRule, type EventRule, eventPairs, type Mapping } from "../qradar/mapping.ts";

/** One row for each EventID and cat. */
export function eventsTable(mapping: Mapping): string {
  const rows = eventPairs(mapping).map(({ event, cat }) => {
    const rule = mapping.cats.find((each) => each.cat === cat)!;
    const category = categoryId(event.category);
    const cells = [
      `\`${event.id}\``,
      `\`${cat}\``,
      conditionOf(rule, event.id),
      severityOf(event),
      event.name,
      `${category} ${CATEGORIES.get(category)}`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `| EventID | cat | when | sev | name in QRadar | low-level category |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function conditionOf(rule: CatRule, id: string): string {
  const terms = rule.outcome.flatMap(({ from, values }) => {
    const own = Object.entries(values).filter(([, event]) => event === id);
    if (own.length === 0) return [];
    return [`${from.join(" or ")} is ${own.map(([value]) => `\`${value}\``).join(" or ")}`];
  });
  if (rule.other === id) terms.push(rule.outcome.length === 0 ? "always" : "anything else");
  return terms.join("; ");
}

function severityOf({ sev, when }: EventRule): string {
  if (when === undefined) return String(sev);
  return `${sev}; ${when.sev} where ${when.field} holds ${when.holds.map((word) => `\`${word}\``).join(" or ")}`;
}
