import { csvCells } from "../../text/csv_cells.ts";

/** An event of the content: what QRadar shows for an EventID and its category. */
export interface ContentEvent {
  readonly id: string;
  readonly cat: string;
  readonly name: string;
  /** Of the QID, 1 to 10. */
  readonly severity: number;
  readonly categoryId: number;
  readonly category: string;
}

/** A custom property that the content brings. */
export interface ContentProperty {
  readonly name: string;
  /** Key of the line. */
  readonly key: string;
  readonly type: "string" | "numeric";
  /** "Parse in advance for rules". */
  readonly inAdvance: boolean;
  /** The value is group 1. */
  readonly regex: string;
}

/** The texts of events.csv and custom-properties.csv. */
export interface ContentTexts {
  readonly events: string;
  readonly properties: string;
}

/** Every event of the content. */
export function contentEvents({ events }: Pick<ContentTexts, "events">): readonly ContentEvent[] {
  return rowsOf(events).map(
    ([id = "", cat = "", name = "", severity, categoryId, category = ""]) => ({
      id,
      cat,
      name,
      severity: Number(severity),
      categoryId: Number(categoryId),
      category,
    }),
  );
}

/** The properties that the zip brings; the others of the file are for work by hand. */
export function contentProperties({
  properties,
}: Pick<ContentTexts, "properties">): readonly ContentProperty[] {
  return rowsOf(properties)
    .filter(([, , , , inZip]) => inZip === "yes")
    .map(([name = "", key = "", type, inAdvance, , regex = ""]) => ({
      name,
      key,
      type: type === "numeric" ? "numeric" : "string",
      inAdvance: inAdvance === "yes",
      regex,
    }));
}

function rowsOf(text: string): string[][] {
  return text.trimEnd().split("\n").slice(1).map(csvCells);
}
