import { type Answer, type Call, refuse, say } from "./api_answer.ts";
import type { Holdings } from "./content_import.ts";

interface QidRow {
  readonly id: number;
  readonly qid: number;
  name: string;
  severity: number;
  low_level_category_id: number;
}

interface MappingRow {
  readonly id: number;
  readonly log_source_type_id: number;
  readonly log_source_event_id: string;
  readonly log_source_event_category: string;
  qid_record_id: number;
}

interface PropertyRow {
  readonly identifier: string;
  readonly name: string;
  readonly property_type: string;
  use_for_rule_engine: boolean;
}

interface ExpressionRow {
  readonly id: number;
  readonly kind: "leef" | "regex";
  readonly regex_property_identifier: string;
  readonly log_source_type_id: number;
  enabled: boolean;
  readonly expression?: string;
  readonly regex?: string;
  readonly capture_group?: number;
}

/** What classification does besides its work. */
export interface ClassificationSwitches {
  /** A release without expressions by LEEF key. */
  noLeefExpressions?: boolean;
  /** Properties that have an index. */
  indexed?: readonly string[];
}

/** Names that were made one by one, apart from what an import has brought. */
export interface Classification {
  readonly qids: readonly QidRow[];
  readonly mappings: readonly MappingRow[];
  readonly properties: readonly PropertyRow[];
  readonly expressions: readonly ExpressionRow[];
}

const PROPERTIES = "/config/event_sources/custom_properties";
/** Properties of IBM's dictionary that every console has. */
const DICTIONARY = [
  "Application name",
  "Destination Host Name",
  "File Hash",
  "Filename",
  "Policy",
  "URL",
  "VirusName",
];

/**
 * QIDs, mappings, custom properties and the columns of Ariel, as IBM documents them for version 20.0 ("data_classification",
 * "custom_properties", "ariel/databases").
 */
export function classificationApi(
  holdings: Holdings,
  switches: ClassificationSwitches,
  always: readonly string[],
) {
  const qids: QidRow[] = [];
  const mappings: MappingRow[] = [];
  const properties: PropertyRow[] = DICTIONARY.map((name) => ({
    identifier: `DEFAULT ${name}`,
    name,
    property_type: "string",
    use_for_rule_engine: false,
  }));
  const expressions: ExpressionRow[] = [];
  const imported = (): PropertyRow[] =>
    [...(holdings.tables.get("ariel_regex_property")?.values() ?? [])].map((row) => ({
      identifier: row.id!,
      name: row.propertyname!,
      property_type: row.propertytype!,
      use_for_rule_engine: row.forceparse === "true",
    }));
  const every = (): PropertyRow[] => {
    const byName = new Map([...properties, ...imported()].map((each) => [each.name, each]));
    return [...byName.values()];
  };
  const names = () => [...new Set([...always, ...every().map(({ name }) => name)])];

  function makeExpression(kind: ExpressionRow["kind"], sent: Record<string, unknown>): Answer {
    const there = every().some(({ identifier }) => identifier === sent.regex_property_identifier);
    const value = kind === "leef" ? sent.expression : sent.regex;
    if (!there || value === undefined || typeof sent.log_source_type_id !== "number")
      return refuse(422, 1005, "One or more request parameter are invalid in request.");
    const row = { enabled: true, ...sent, id: 900 + expressions.length, kind } as ExpressionRow;
    expressions.push(row);
    return say(201, row);
  }

  function classify({ method, path, body }: Call, filter: (row: object) => boolean): Answer | null {
    const [, list, id] =
      /^\/data_classification\/(qid_records|dsm_event_mappings)(?:\/(\d+))?$/.exec(path) ?? [];
    if (list === undefined) return null;
    const rows = list === "qid_records" ? qids : mappings;
    if (method === "GET") return say(200, rows.filter(filter));
    const sent = JSON.parse(body.toString());
    if (id !== undefined) {
      const row = rows.find((each) => each.id === Number(id));
      return row === undefined
        ? refuse(404, 1002, "not found")
        : say(200, Object.assign(row, sent));
    }
    if (list === "qid_records") {
      if (typeof sent.name !== "string" || typeof sent.low_level_category_id !== "number")
        return refuse(422, 1005, "Invalid parameter value provided for the new QID record.");
      const row = { ...sent, id: 6_000 + qids.length, qid: 2_500_000 + qids.length };
      qids.push(row);
      return say(201, row);
    }
    const key = (row: MappingRow) =>
      [row.log_source_type_id, row.log_source_event_id, row.log_source_event_category].join(" ");
    if (mappings.some((each) => key(each) === key(sent)))
      return refuse(409, 1008, "There is an existing custom DSM event mapping");
    if (!qids.some((each) => each.id === sent.qid_record_id))
      return refuse(422, 1005, "Invalid parameter value provided for the new DSM event mapping.");
    const row = { ...sent, id: 7_000 + mappings.length };
    mappings.push(row);
    return say(201, row);
  }

  function property({ method, path, body }: Call): Answer | null {
    if (!path.startsWith(PROPERTIES)) return null;
    const sent = () => JSON.parse(body.toString());
    if (path === `${PROPERTIES}/regex_properties`) {
      if (method === "GET") return say(200, every());
      if (every().some(({ name }) => name === sent().name))
        return refuse(422, 1005, "One or more request parameter are invalid in the request.");
      const row = {
        use_for_rule_engine: false,
        ...sent(),
        identifier: `made-${properties.length}`,
      };
      properties.push(row);
      return say(201, row);
    }
    const kind = path.endsWith("/property_leef_expressions") ? "leef" : "regex";
    if (kind === "leef" && switches.noLeefExpressions === true)
      return refuse(404, 1002, "no such resource");
    if (method === "GET")
      return say(
        200,
        expressions.filter((each) => each.kind === kind),
      );
    return makeExpression(kind, sent());
  }

  return {
    state: { qids, mappings, properties, expressions } satisfies Classification,
    names,
    answer(call: Call): Answer | null {
      if (call.path === "/ariel/databases/events") {
        const columns = names().map((name) => ({
          name,
          indexable: switches.indexed?.includes(name) ?? true,
          object_value_type: "String",
        }));
        return say(200, { columns });
      }
      return classify(call, filterOf(call.query.get("filter"))) ?? property(call);
    },
  };
}

/** The part of the filter language that we send: `field = value`, `field ilike "text%"`. */
function filterOf(text: string | null): (row: object) => boolean {
  if (text === null) return () => true;
  const [, field, operator, value] = /^(\w+) (=|ilike) (.+)$/.exec(text) ?? [];
  if (field === undefined) throw new Error(`Cannot filter by ${text}`);
  const wanted = JSON.parse(value!);
  return (row) => {
    const found = (row as Record<string, unknown>)[field];
    if (operator === "=") return found === wanted;
    return new RegExp(`^${String(wanted).replaceAll("%", ".*")}$`, "i").test(String(found));
  };
}
