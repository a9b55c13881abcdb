import { allItems, type Console } from "../qradar_console.ts";
import {
  type ContentEvent,
  type ContentProperty,
  type ContentTexts,
  contentEvents,
  contentProperties,
} from "./content_tables.ts";
import type { ItemCount } from "./extension.ts";
import { PROPERTIES } from "./find_events.ts";

const QIDS = "/data_classification/qid_records";
const MAPPINGS = "/data_classification/dsm_event_mappings";
const EXPRESSIONS = "/config/event_sources/custom_properties";

/** What no call of the API can bring, in words. */
export const NOT_BROUGHT: readonly string[] = [
  "rules, searches, reports and dashboards: config-examples/qradar has them to paste",
  "the log source type: lines go to Universal LEEF, whose severity is that of the line",
  "IPv6 addresses in the fields for them: mimecast-leef.lsx.xml, by hand",
];

interface QidRow {
  readonly id: number;
  readonly name: string;
  readonly severity: number;
  readonly low_level_category_id: number;
}

interface MappingRow {
  readonly id: number;
  readonly log_source_event_id: string;
  readonly log_source_event_category: string;
  readonly qid_record_id: number;
}

interface PropertyRow {
  readonly identifier: string;
  readonly name: string;
}

interface ExpressionRow {
  readonly regex_property_identifier: string;
  readonly log_source_type_id: number | null;
  readonly expression?: string;
  readonly regex?: string;
}

/** What the console has of it, as far as it bears on ours. */
export interface PiecesThere {
  readonly typeId: number;
  readonly qids: readonly QidRow[];
  readonly mappings: readonly MappingRow[];
  readonly properties: readonly PropertyRow[];
  readonly expressions: readonly ExpressionRow[];
  /** By LEEF key, or for releases that can't do that by regular expression. */
  readonly by: "leef" | "regex";
}

/** Something that has to be made (`id` null) or changed. */
interface Piece<Wanted> {
  readonly wanted: Wanted;
  readonly id: number | null;
}

/** What is missing or differs. */
export interface Pieces {
  readonly qids: readonly Piece<ContentEvent>[];
  readonly mappings: readonly Piece<ContentEvent>[];
  readonly properties: readonly Piece<ContentProperty>[];
  readonly expressions: readonly Piece<ContentProperty>[];
}

/** Asks for names, mappings and properties of the log source type. */
export async function piecesThere(console: Console, typeId: number): Promise<PiecesThere> {
  const leef = await console.call({
    method: "GET",
    path: `${EXPRESSIONS}/property_leef_expressions`,
    range: [0, 0],
    alsoTake: [404],
  });
  const by = leef.status === 404 ? "regex" : "leef";
  return {
    typeId,
    by,
    qids: await allItems(console, QIDS, { filter: 'name ilike "Mimecast %"' }),
    mappings: await allItems(console, MAPPINGS, { filter: `log_source_type_id = ${typeId}` }),
    properties: await allItems(console, PROPERTIES, { fields: "identifier,name" }),
    expressions: await allItems(console, expressionPath(by), {}),
  };
}

/** What has to be done, from what is there. */
export function piecesPlan(tables: ContentTexts, there: PiecesThere): Pieces {
  const events = contentEvents(tables);
  const properties = contentProperties(tables);
  const byName = new Map(events.map((event) => [event.name, event]));
  const qids = new Map(there.qids.map((row) => [row.name, row]));
  const pairs = new Map(
    there.mappings.map((row) => [
      pairOf(row.log_source_event_id, row.log_source_event_category),
      row,
    ]),
  );
  const identifiers = new Map(there.properties.map((row) => [row.name, row.identifier]));
  const isFilled = ({ name, key, regex }: ContentProperty): boolean =>
    there.expressions.some(
      (row) =>
        row.regex_property_identifier === identifiers.get(name) &&
        row.log_source_type_id === there.typeId &&
        (there.by === "leef" ? row.expression === key : row.regex === regex),
    );
  return {
    qids: [...byName.values()].flatMap((wanted) => {
      const row = qids.get(wanted.name);
      const isSame =
        row?.severity === wanted.severity && row.low_level_category_id === wanted.categoryId;
      return isSame ? [] : [{ wanted, id: row?.id ?? null }];
    }),
    mappings: events.flatMap((wanted) => {
      const row = pairs.get(pairOf(wanted.id, wanted.cat));
      const isSame = row !== undefined && row.qid_record_id === qids.get(wanted.name)?.id;
      return isSame ? [] : [{ wanted, id: row?.id ?? null }];
    }),
    properties: properties
      .filter(({ name }) => !identifiers.has(name))
      .map((wanted) => ({ wanted, id: null })),
    expressions: properties
      .filter((each) => !isFilled(each))
      .map((wanted) => ({ wanted, id: null })),
  };
}

/** How many of each kind are made or changed. */
export function pieceCounts(pieces: Pieces): readonly ItemCount[] {
  const kinds = {
    "event names": pieces.qids,
    "event mappings": pieces.mappings,
    properties: pieces.properties,
    "property expressions": pieces.expressions,
  };
  return Object.entries(kinds).flatMap(([kind, list]) => {
    const made = list.filter(({ id }) => id === null).length;
    const counts = [
      { kind, action: "ADD", count: made },
      { kind, action: "OVERWRITE", count: list.length - made },
    ];
    return counts.filter(({ count }) => count > 0);
  });
}

/** Makes and changes them, one call each. What an earlier run has made is not made again. */
export async function applyPieces(
  console: Console,
  pieces: Pieces,
  there: PiecesThere,
): Promise<void> {
  const post = async (
    path: string,
    id: number | null,
    body: object,
    ...needs: string[]
  ): Promise<unknown> => {
    const at = id === null ? path : `${path}/${id}`;
    return (await console.call({ method: "POST", path: at, body, needs })).value;
  };
  const qids = new Map(there.qids.map(({ name, id }) => [name, id]));
  for (const { wanted, id } of pieces.qids) {
    const { name, severity, categoryId: low_level_category_id } = wanted;
    const made = id === null ? { log_source_type_id: there.typeId, name } : {};
    const row = await post(QIDS, id, { ...made, severity, low_level_category_id }, "id");
    qids.set(name, (row as QidRow).id);
  }
  for (const { wanted, id } of pieces.mappings) {
    const made = {
      log_source_type_id: there.typeId,
      log_source_event_id: wanted.id,
      log_source_event_category: wanted.cat,
    };
    const qid_record_id = qids.get(wanted.name);
    await post(MAPPINGS, id, { ...(id === null ? made : {}), qid_record_id });
  }
  const identifiers = new Map(there.properties.map(({ name, identifier }) => [name, identifier]));
  for (const { wanted } of pieces.properties) {
    const { name, type: property_type, inAdvance: use_for_rule_engine } = wanted;
    const body = { name, property_type, use_for_rule_engine };
    const row = await post(PROPERTIES, null, body, "identifier");
    identifiers.set(name, (row as PropertyRow).identifier);
  }
  for (const { wanted } of pieces.expressions) {
    const how =
      there.by === "leef" ? { expression: wanted.key } : { regex: wanted.regex, capture_group: 1 };
    await post(expressionPath(there.by), null, {
      regex_property_identifier: identifiers.get(wanted.name),
      log_source_type_id: there.typeId,
      enabled: true,
      ...how,
    });
  }
}

function expressionPath(by: PiecesThere["by"]): string {
  return `${EXPRESSIONS}/${by === "leef" ? "property_leef_expressions" : "property_expressions"}`;
}

function pairOf(id: string, cat: string): string {
  return `${id} ${cat}`;
}
