import { type EventRule, eventPairs, type Mapping } from "./mapping.ts";

/** A QID record, as the console keeps it. */
export interface QidRecord {
  /** EventID; for the records that every custom type has, what QRadar says where it can't read one. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly severity: number;
  readonly lowLevelCategory: number;
}

/** The two records with which every custom type begins: for payloads that nothing was read of, and for pairs without a mapping. */
export function baseQids(typeTitle: string): readonly [QidRecord, QidRecord] {
  return [
    {
      id: "Stored",
      name: `${typeTitle} Message`,
      description: `${typeTitle} Stored Event`,
      severity: 3,
      lowLevelCategory: 10009,
    },
    {
      id: "unknown",
      name: "Unknown",
      description: "Unknown",
      severity: 3,
      lowLevelCategory: 10001,
    },
  ];
}

/** The event that our rule for silence makes: no line has it. */
export const FEED_SILENT: QidRecord = {
  id: "feed_silent",
  name: "Mimecast Feed Silent",
  description: "Made by the rule for a log source that sends nothing any more",
  severity: 7,
  lowLevelCategory: 8054,
};

/** One record for each EventID. */
export function eventQids(mapping: Mapping): QidRecord[] {
  return mapping.events.map((event) => ({
    id: event.id,
    name: event.name,
    description: `EventID ${event.id} with cat ${catsOf(mapping, event).join(" or ")}`,
    severity: event.sev,
    lowLevelCategory: event.category,
  }));
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
export function qidsText(mapping: Mapping): string {
  return eventQids(mapping)
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
