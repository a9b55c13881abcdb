import { categoryName } from "./categories.ts";
import { eventPairs, type Mapping } from "./mapping.ts";

/** What is mapped to what, for work by hand in the DSM editor: one row for each EventID and cat. */
export function eventsTable(mapping: Mapping): string {
  const rows = eventPairs(mapping).map(({ event, cat }) => {
    return [
      event.id,
      cat,
      event.name,
      event.sev,
      event.category,
      categoryName(event.category),
    ].join(",");
  });
  return `event id,event category,event name,severity,low-level category id,low-level category\n${rows.join("\n")}\n`;
}
