import { type EventRule, eventPairs, type Mapping } from "./mapping.ts";

/** A QID record, as the console keeps it. */
export interface QidRecord {
  /** Null: the type's own record for events that no mapping fits. */
  readonly event: EventRule | null;
  readonly name: string;
  readonly description: string;
  readonly severity: number;
  readonly lowLevelCategory: number;
}

/** One record for each EventID, after the one that a custom type has for events without a mapping. */
export function qidRecords(mapping: Mapping, typeName: string): QidRecord[] {
  const stored = {
    event: null,
    name: `${typeName} Message`,
    description: `${typeName} Stored Event`,
    severity: 3,
    lowLevelCategory: 10009,
  };
  return [
    stored,
    ...mapping.events.map((event) => ({
      event,
      name: event.name,
      description: `EventID ${event.id} with cat ${catsOf(mapping, event).join(" or ")}`,
      severity: event.sev,
      lowLevelCategory: event.category,
    })),
  ];
}

function catsOf(mapping: Mapping, event: EventRule): string[] {
  return eventPairs(mapping)
    .filter((pair) => pair.event.id === event.id)
    .map(({ cat }) => cat);
}

/**
 * Lines for `qidmap_cli.sh -i -f`: qid (left empty: the console gives one), name, description, severity, low-level
 * category. The format has no quotes, so no text may hold a comma.
 */
export function qidsText(mapping: Mapping, typeName: string): string {
  const records = qidRecords(mapping, typeName).filter(({ event }) => event !== null);
  return records
    .map(({ name, description, severity, lowLevelCategory }) => {
      const cells = ["", name, description, severity, lowLevelCategory];
      const line = cells.join(",");
      if (line.split(",").length !== cells.length) {
        throw new Error(`Cannot write qids.txt: "${name}" and its description must have no comma`);
      }
      return `${line}\n`;
    })
    .join("");
}
