import { type Answer, type Call, refuse, say } from "./api_answer.ts";
import type { Holdings } from "./content_import.ts";

/** A log source as the API has it. */
export interface FullLogSource {
  readonly id: number;
  name: string;
  description: string | null;
  type_id: number;
  protocol_type_id: number;
  protocol_parameters: { id: number; name: string; value: string }[];
  enabled: boolean;
  coalesce_events: boolean;
  store_event_payload: boolean;
  log_source_extension_id: number | null;
  target_event_collector_id: number;
  requires_deploy: boolean;
  group_ids: number[];
}

/** What is known of a log source; the rest is as QRadar makes it by default. */
export type LogSourceSeed = Partial<FullLogSource> & {
  readonly id: number;
  readonly identifier: string;
};

/** What log sources and deployments do besides their work. */
export interface LogSourceSwitches {
  /** A managed host does not take what is deployed. */
  failingHost?: boolean;
}

/** Types of every console. */
const TYPES = [
  { id: 11, name: "Linux OS" },
  { id: 71, name: "Universal LEEF" },
];
const SYSLOG = { id: 0, name: "Syslog", parameters: [{ id: 0, name: "identifier" }] };
const PROTOCOLS = [
  { id: 50, name: "TLS Syslog", parameters: [{ id: 0, name: "identifier" }] },
  SYSLOG,
];
const COLLECTOR = { id: 7, name: "eventcollector0 :: console" };
const MANAGEMENT = "/config/event_sources/log_source_management";

/** Log sources, their types, extensions and protocols, and deployments, as IBM documents them for version 20.0. */
export function logSourceApi(
  holdings: Holdings,
  seeds: readonly LogSourceSeed[],
  switches: LogSourceSwitches,
  collectors: readonly { readonly id: number; readonly name: string }[] = [COLLECTOR],
) {
  const sources = seeds.map(fullOf);
  const groups = [{ id: 100_001, name: "Firewalls" }];
  let pending = false;
  let deployment: { status: string; polls: number } | null = null;
  const rows = (table: string) => [...(holdings.tables.get(table)?.values() ?? [])];
  const types = () => [
    ...TYPES,
    ...rows("sensordevicetype").map((row) => ({
      id: Number(row.id),
      name: row.devicetypedescription,
    })),
  ];
  const extensions = () =>
    rows("device_ext").map((row) => ({ id: Number(row.id), name: row.name ?? row.devicename }));

  /** What the references of a log source lead to; null: all is well. */
  function problemOf(row: FullLogSource): Answer | null {
    if (sources.some(({ id, name }) => id !== row.id && name === row.name))
      return refuse(409, 1001, "The 'name' parameter must be unique.");
    if (sources.some((each) => each.id !== row.id && keyOf(each) === keyOf(row)))
      return refuse(409, 1002, "The combination of type, protocol and identifier must be unique.");
    if (!types().some(({ id }) => id === row.type_id))
      return refuse(422, 1007, "The 'type_id' parameter does not match");
    if (!PROTOCOLS.some(({ id }) => id === row.protocol_type_id))
      return refuse(422, 1010, "The 'protocol_type_id' parameter does not match");
    if (!collectors.some(({ id }) => id === row.target_event_collector_id))
      return refuse(422, 1025, "The 'target_event_collector_id' parameter does not match");
    if (!row.group_ids.every((group) => groups.some(({ id }) => id === group)))
      return refuse(
        422,
        1029,
        "The 'group_ids' parameter contains group IDs that cannot be found.",
      );
    const extension = row.log_source_extension_id;
    if (extension !== null && !extensions().some(({ id }) => id === extension))
      return refuse(422, 1026, "The 'log_source_extension_id' parameter does not match");
    return null;
  }

  function save(row: FullLogSource, status: number): Answer {
    const problem = problemOf(row);
    if (problem !== null) return problem;
    row.requires_deploy = true;
    pending = true;
    const at = sources.findIndex(({ id }) => id === row.id);
    if (at < 0) sources.push(row);
    else sources[at] = row;
    return say(status, row);
  }

  function deploy(method: string): Answer {
    if (method === "POST") {
      if (!pending) return refuse(409, 1002, "There are no changes to deploy.");
      deployment = { status: "IN_PROGRESS", polls: 0 };
    } else if (deployment !== null && deployment.polls++ > 0) {
      deployment.status = "COMPLETE";
      pending = false;
      for (const source of sources) source.requires_deploy = false;
    }
    const status = switches.failingHost === true ? "TIMED_OUT" : "SUCCESS";
    const hosts = [{ ip: "192.0.2.10", host_status: status, status }];
    return say(200, { type: "INCREMENTAL", status: deployment?.status ?? "COMPLETE", hosts });
  }

  return {
    sources,
    /** Something that is not a log source has to be deployed. */
    changed() {
      pending = true;
    },
    pending: () => pending,
    answer({ method, path, body }: Call): Answer | null {
      if (path === `${MANAGEMENT}/log_source_groups`) {
        if (method === "GET") return say(200, groups);
        const { name } = JSON.parse(body.toString());
        if (groups.some((each) => each.name === name))
          return refuse(409, 1001, "The 'name' parameter must be unique.");
        groups.push({ id: 100_001 + groups.length, name });
        return say(201, groups.at(-1));
      }
      if (path === "/staged_config/deploy_status") return deploy(method);
      if (path === "/config/event_sources/event_collectors") return say(200, collectors);
      if (path === `${MANAGEMENT}/log_source_types`) return say(200, types());
      if (path === `${MANAGEMENT}/log_source_extensions`) return say(200, extensions());
      if (path === `${MANAGEMENT}/protocol_types`) return say(200, PROTOCOLS);
      const [, one] = new RegExp(`^${MANAGEMENT}/log_sources(?:/(\\d+))?$`).exec(path) ?? [
        null,
        null,
      ];
      if (one === null) return null;
      const sent = () => JSON.parse(body.toString()) as Partial<FullLogSource>;
      if (one === undefined) {
        if (method === "GET") return say(200, sources);
        const id = Math.max(200, ...sources.map((each) => each.id)) + 1;
        const row = { ...defaults(id), ...sent() } as FullLogSource;
        return row.name === ""
          ? refuse(422, 1003, "The 'name' parameter is required.")
          : save(row, 201);
      }
      const at = sources.findIndex(({ id }) => id === Number(one));
      if (at < 0) return refuse(404, method === "DELETE" ? 1010 : 1050, "cannot be found");
      if (method === "POST") return save({ ...sources[at]!, ...sent() }, 200);
      if (method === "GET") return say(200, sources[at]);
      sources.splice(at, 1);
      pending = true;
      return say(204, null);
    },
  };
}

function keyOf({ type_id, protocol_type_id, protocol_parameters }: FullLogSource): string {
  const identifier = protocol_parameters.find(({ name }) => name === "identifier")?.value;
  return JSON.stringify([type_id, protocol_type_id, identifier]);
}

function fullOf({ identifier, ...seed }: LogSourceSeed): FullLogSource {
  const protocol_parameters = [{ id: 0, name: "identifier", value: identifier }];
  return { ...defaults(seed.id), name: `Mimecast @ ${identifier}`, protocol_parameters, ...seed };
}

/** As the page of the log source app fills them. */
function defaults(id: number): FullLogSource {
  return {
    id,
    name: "",
    description: null,
    type_id: 71,
    protocol_type_id: 0,
    protocol_parameters: [],
    enabled: true,
    coalesce_events: true,
    store_event_payload: true,
    log_source_extension_id: null,
    target_event_collector_id: COLLECTOR.id,
    requires_deploy: false,
    group_ids: [],
  };
}
