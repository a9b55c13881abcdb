import { uuidOf } from "./identity.ts";
import type { Mapping } from "./mapping.ts";
import { searches } from "./searches.ts";

type Json = Readonly<Record<string, unknown>>;

/** A widget: what it shows, how, and where on the dashboard. */
interface Widget {
  readonly name: string;
  readonly aql: string;
  readonly params: Json;
  readonly position: {
    readonly w: number;
    readonly h: number;
    readonly x: number;
    readonly y: number;
  };
  readonly refreshSecs: number;
}

const FIRST_ID = 48_010;

/**
 * A dashboard for the Pulse app, in the form of dashboards that it exported (app 2.2.14, QRadar 7.5.0). None of its
 * queries needs a custom property.
 */
export function pulseDashboard(mapping: Mapping): string {
  const widgets = widgetsOf(mapping);
  const dashboard = {
    json_schema_version: "1.6",
    app_version: "2.2.14",
    qradar_version: "2021.6.10.20241008193358",
    exported_at: 1_767_225_600_000,
    parameters: { list: [] },
    items: { list: widgets.map(item) },
    dashboards: {
      list: [
        {
          id: String(FIRST_ID),
          uuid: uuidOf("pulse dashboard"),
          name: "Mimecast",
          type: 1,
          app_uuid: null,
          description:
            "Mimecast e-mail security: volume, threats, logons and the health of the collection",
          localization_key: null,
          views: { list: widgets.map(view) },
        },
      ],
    },
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function widgetsOf(mapping: Mapping): Widget[] {
  const queries = new Map(searches(mapping).map(({ file, aql }) => [file, aql]));
  const query = (file: string): string => queries.get(file)!;
  /** The WHERE of a search, for a number or a curve of the same events. */
  const where = (file: string): string =>
    / WHERE (.*?) (?:GROUP BY|ORDER BY|LIMIT)/.exec(query(file))![1]!;
  const number = (file: string, hours: number): string =>
    `SELECT SUM(eventcount) AS "Events" FROM events WHERE ${where(file)} LAST ${hours} HOURS`;
  return [
    {
      name: "Events",
      aql: number("events_by_type", 24),
      params: bigNumber([]),
      position: { w: 3, h: 3, x: 0, y: 0 },
      refreshSecs: 300,
    },
    {
      name: "Threats",
      aql: number("threats", 24),
      params: bigNumber([{ threshold: 1, color: "#fdc500" }]),
      position: { w: 3, h: 3, x: 3, y: 0 },
      refreshSecs: 300,
    },
    {
      name: "Held mail",
      aql: number("held_mail", 24),
      params: bigNumber([]),
      position: { w: 3, h: 3, x: 6, y: 0 },
      refreshSecs: 300,
    },
    {
      name: "Failed console logons",
      aql: number("failed_console_logons", 24),
      params: bigNumber([{ threshold: 10, color: "#dc0000" }]),
      position: { w: 3, h: 3, x: 9, y: 0 },
      refreshSecs: 300,
    },
    {
      name: "Events per 5 minutes",
      aql: `SELECT starttime AS "Start", SUM(eventcount) AS "Events" FROM events WHERE ${where("events_by_type")} GROUP BY starttime / 300000 ORDER BY "Start" LAST 24 HOURS`,
      params: timeSeries("Start", "Events"),
      position: { w: 12, h: 6, x: 0, y: 3 },
      refreshSecs: 300,
    },
    {
      name: "Rejected mail by source",
      aql: query("rejected_mail_by_source").replace("LIMIT 100", "LIMIT 10"),
      params: bar("sourceip", "Events"),
      position: { w: 6, h: 6, x: 0, y: 9 },
      refreshSecs: 900,
    },
    {
      name: "Blocked URL clicks by user",
      aql: query("url_clicks_blocked").replace("LIMIT 100", "LIMIT 10"),
      params: bar("username", "Clicks"),
      position: { w: 6, h: 6, x: 6, y: 9 },
      refreshSecs: 900,
    },
    {
      name: "Events by type",
      aql: query("events_by_type"),
      params: table("Event"),
      position: { w: 6, h: 8, x: 0, y: 15 },
      refreshSecs: 900,
    },
    {
      name: "Silence of the collection",
      aql: query("collection_silence"),
      params: table("Log Source"),
      position: { w: 6, h: 8, x: 6, y: 15 },
      refreshSecs: 300,
    },
    {
      name: "Completeness",
      aql: query("completeness"),
      params: table("Log Source"),
      position: { w: 12, h: 6, x: 0, y: 23 },
      refreshSecs: 900,
    },
  ];
}

const COLORS = {
  autosize: true,
  plot_bgcolor: "#152935",
  paper_bgcolor: "#152935",
  font: { color: "white" },
};

function bigNumber(levels: readonly Json[]): Json {
  return {
    series: [
      { querydata: { xAxis: "Events", fontSize: "3.375rem", showTrend: false }, type: "bignumber" },
    ],
    plotlyLayout: {},
    type: "bignumber",
    thresholds: { bgcolor: { column: "", levels, default: "#00ac46" } },
    showTitle: true,
    showStatus: false,
  };
}

function timeSeries(xAxis: string, yAxis: string): Json {
  return {
    series: [
      {
        querydata: { xAxis, yAxis },
        type: "timeseries",
        mode: "lines+markers",
        name: yAxis,
        areaChart: false,
        fill: "",
      },
    ],
    plotlyLayout: {
      ...COLORS,
      yaxis: { type: "none" },
      hovermode: "closest",
      margin: { l: 30, r: 10, t: 20, b: 40 },
      showlegend: false,
    },
    type: "timeseries",
    thresholds: { linecolor: { column: "" } },
    showTitle: true,
    showStatus: true,
  };
}

function bar(xAxis: string, yAxis: string): Json {
  return {
    series: [
      { querydata: { xAxis, yAxis }, x: [], y: [], type: "bar", orientation: "h", name: yAxis },
    ],
    plotlyLayout: {
      ...COLORS,
      xaxis: { tickmode: "auto", type: "none" },
      yaxis: { automargin: true, type: "none" },
      hovermode: "closest",
      margin: { r: 10, t: 20, b: 40 },
      barmode: "group",
      showlegend: false,
    },
    type: "bar",
    thresholds: {},
    showTitle: true,
    showStatus: true,
  };
}

function table(yAxis: string): Json {
  return {
    series: [{ querydata: { yAxis }, type: "tabular", name: yAxis }],
    plotlyLayout: {},
    type: "tabular",
    thresholds: {},
    showTitle: true,
    showStatus: true,
    showAllColumns: true,
    maxItems: "25",
    tableSize: "default",
  };
}

const viewDefinitionId = (position: number): string => String(FIRST_ID + 200 + position);

function item({ name, aql, params, refreshSecs }: Widget, position: number): Json {
  return {
    id: String(FIRST_ID + 100 + position),
    uuid: uuidOf(`pulse item ${name}`),
    name: `Mimecast - ${name}`,
    description: "",
    view_definitions: {
      list: [{ id: viewDefinitionId(position), name, params, localization_key: null }],
    },
    datasource: { type: "aql" },
    query: { queryVal: aql, resultsLimit: 1000, refreshTime: String(refreshSecs) },
    localization_key: null,
  };
}

function view({ position: layout }: Widget, position: number): Json {
  const id = String(FIRST_ID + 300 + position);
  return {
    id,
    params: { layout: { ...layout, i: id, moved: false, static: false } },
    type: "regular",
    view_definition: { id: viewDefinitionId(position) },
  };
}
