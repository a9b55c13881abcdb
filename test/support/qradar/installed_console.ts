import type { QradarApi } from "./api.ts";
import type { SearchedEvent } from "./aql_where.ts";
import { type Arrival, createConsole, type LogSource } from "./console.ts";
import { onlyType, pairKey, readContent, type TypeContent } from "./content.ts";
import { exportOf } from "./content_import.ts";
import { type Extension, readExtension } from "./extension.ts";
import { syslogHeader } from "./syslog_header.ts";

/** Id of the type "Universal LEEF". */
const LEEF = 71;
/** "SIM Generic Log DSM". */
const SIM_GENERIC = { id: 67, typeId: 9 };
const NOTHING: Extension = {
  read: () => new Map(),
  time: () => null,
  patterns: new Map(),
  formats: new Map(),
};
const EMPTY: TypeContent = {
  name: "none",
  title: "none",
  extension: null,
  qids: new Map(),
  stored: undefined,
  unknown: undefined,
  properties: [],
};

type Parts = Pick<QradarApi, "holdings" | "logSources" | "classification">;

/**
 * What a console shows of an arrival with what is installed and deployed on it now: the imported type with its extension where the log
 * source has both, IBM's LEEF with what was made one by one, else the generic log source.
 */
export function installedConsole(parts: Parts): (arrival: Arrival) => SearchedEvent {
  const { holdings, logSources } = parts;
  const hasType = (holdings.tables.get("sensordevicetype")?.size ?? 0) > 0;
  const own = hasType ? onlyType(readContent(exportOf(holdings))) : EMPTY;
  const typeId = Number([...(holdings.tables.get("sensordevicetype")?.values() ?? [])][0]?.id);
  const extension = own.extension === null ? NOTHING : readExtension(own.extension);
  const leef = leefContent(parts);
  return (arrival) => {
    const host = syslogHeader(arrival.payload, arrival.receivedMs)?.host ?? arrival.packetIp;
    const row = logSources.find(
      ({ requires_deploy, enabled, protocol_parameters: parameters }) =>
        !requires_deploy && enabled && parameters.some(({ value }) => value === host),
    );
    const source = (type: LogSource["type"]): LogSource[] =>
      row === undefined ? [] : [{ name: row.name, identifier: host, type }];
    const show =
      row?.type_id === LEEF
        ? createConsole(leef, NOTHING, source("Universal LEEF"))
        : createConsole(
            own,
            row?.log_source_extension_id === null ? NOTHING : extension,
            row?.type_id === typeId ? source("Mimecast Email Security") : [],
          );
    const logSourceId = row?.id ?? SIM_GENERIC.id;
    return { shown: show(arrival), payload: arrival.payload, logSourceId };
  };
}

function leefContent({ classification }: Parts): TypeContent {
  const { qids, mappings, properties, expressions } = classification;
  const records = new Map(qids.map((each) => [each.id, each]));
  return {
    ...EMPTY,
    qids: new Map(
      mappings
        .filter((each) => each.log_source_type_id === LEEF)
        .map((each) => {
          const { qid, name, severity, low_level_category_id } = records.get(each.qid_record_id)!;
          const key = pairKey(each.log_source_event_id, each.log_source_event_category);
          return [key, { qid, name, severity, lowLevelCategory: low_level_category_id }];
        }),
    ),
    properties: expressions.map((each) => {
      const property = properties.find(
        ({ identifier }) => identifier === each.regex_property_identifier,
      )!;
      return {
        id: property.identifier,
        name: property.name,
        type: property.property_type,
        forceparse: property.use_for_rule_engine,
        regex: each.regex ?? `[\\^\\t]${each.expression}=([^\\^\\t\\r\\n]+)`,
        captureGroup: each.capture_group ?? 1,
      };
    }),
  };
}
