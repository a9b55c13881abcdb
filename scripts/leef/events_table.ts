import { csv } from "../csv.ts";
import { categoryName } from "../qradar/categories.ts";
import {
  type CatRule,
  type EventRule,
  eventPairs,
  type Mapping,
  originsOf,
  type RefinementRule,
} from "../qradar/mapping.ts";

const HEAD = ["EventID", "cat", "when", "sev", "name in QRadar", "low-level category"];

/** CSV with one row for each EventID and cat. */
export function eventsTable(mapping: Mapping): string {
  const rows = eventPairs(mapping).map(({ event, cat }) => {
    const rule = mapping.cats.find((each) => each.cat === cat)!;
    const category = `${event.category} ${categoryName(event.category)}`;
    const when = conditionOf(mapping, rule, event.id);
    return [event.id, cat, when, severityOf(event), event.name, category];
  });
  return csv([HEAD, ...rows]);
}

function conditionOf(mapping: Mapping, rule: CatRule, id: string): string {
  const terms = rule.outcome.flatMap(({ from, values }) => {
    const own = Object.entries(values).filter(([, event]) => event === id);
    if (own.length === 0) return [];
    return [`${from.join(" or ")} is ${own.map(([value]) => value).join(" or ")}`];
  });
  if (rule.other === id) terms.push(rule.outcome.length === 0 ? "always" : "anything else");
  const narrower = mapping.refinements.filter((each) => each.to === id);
  return [...terms, ...narrower.map((each) => refinementText(mapping, each))].join("; ");
}

/** The rules of an EventID in their order: each is met only where none before it is. */
function refinementText(mapping: Mapping, rule: RefinementRule): string {
  const of =
    typeof rule.of === "string" ? `any of ${rule.of}` : originsOf(mapping, rule).join(" or ");
  const fields = rule.first === undefined ? rule.from!.join(" or ") : rule.first.join(", else ");
  return `${of} where ${fields} ${words(rule)}`;
}

function words({ holds, lacks }: RefinementRule): string {
  if (holds !== undefined) return `holds ${holds.join(" or ")}`;
  return lacks!.length === 0 ? "is there" : `is there without ${lacks!.join(" or ")}`;
}

function severityOf({ sev, when }: EventRule): string {
  if (when === undefined) return String(sev);
  return `${sev}; ${when.sev} where ${when.field} holds ${when.holds.join(" or ")}`;
}
