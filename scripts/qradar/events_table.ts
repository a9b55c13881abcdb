import { CATEGORIES, categoryId } from "./categories.ts";
import { eventPairs, type Mapping } from "./mapping.ts";

/** What is mapped to what, for work by hand in the DSM editor: one row for each EventID and cat. */
export function eventsTable(mapping: Mapping): string {
  const rows = eventPairs(mapping).map(({ event, cat }) => {
    const category = categoryId(event.category);
    return [event.id, cat, event.name, event.sev, category, CATEGORIES.get(category)].join(",");
  });
  return `event id,event category,event name,severity,low-level category id,low-level category\n${rows.join("\n")}\n`;
}
