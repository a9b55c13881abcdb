import type { Search } from "./aql_terms.ts";
import { uuidOf } from "./identity.ts";
import {
  type Bean,
  beanArray,
  beanDate,
  beanEnum,
  beanFile,
  beanLong,
  beanMap,
  beanObject,
  beanReference,
} from "./java_beans.ts";
import type { Mapping } from "./mapping.ts";
import { CREATED_MS } from "./release.ts";
import { searchId } from "./search_rows.ts";
import { searches } from "./searches.ts";
import { row, type XmlElement } from "./xml.ts";

/** Two searches as tables, one above the other on a page. */
interface Report {
  readonly title: string;
  readonly purpose: string;
  readonly files: readonly [string, string];
}

const REPORTS: readonly Report[] = [
  {
    title: "Mimecast: Threats",
    purpose: "How many threats of each kind there were, and the files that malware came in",
    files: ["threats_by_type", "malware_files"],
  },
  {
    title: "Mimecast: Clicks",
    purpose: "Who clicked on links that Mimecast blocked, or warned of",
    files: ["url_clicks_blocked", "url_clicks_warned"],
  },
  {
    title: "Mimecast: Held Mail",
    purpose: "Messages that wait for a decision, and those that somebody let through",
    files: ["held_mail", "held_mail_released"],
  },
  {
    title: "Mimecast: Administration",
    purpose: "What administrators changed at Mimecast, and who could not log on",
    files: ["administrative_changes", "failed_console_logons"],
  },
];

const USER = "admin";
/** What QRadar calls a report: the one who has it, and its UUID. */
const idOf = ({ title }: Report): string => `${USER}#$#${uuidOf(`report ${title}`)}`;

/** The reports: a row names the file that holds one. Nobody gets them before an administrator runs or schedules them. */
export function reportRows(folder: string): XmlElement[] {
  return REPORTS.map((report) =>
    row("report", { filedata: `${folder}/${idOf(report)}.xml`, id: idOf(report) }),
  );
}

/** The files of the reports, by their paths in the zip. Throws where a report names a search that is not there. */
export function reportFiles(mapping: Mapping, folder: string): Map<string, string> {
  const all = searches(mapping);
  const find = (file: string): Search => {
    const found = all.find((search) => search.file === file);
    if (found === undefined) throw new Error(`Cannot write reports: "${file}" must be a search`);
    return found;
  };
  return new Map(
    REPORTS.map((report) => [
      `${folder}/${idOf(report)}.xml`,
      beanFile(template(report, report.files.map(find))),
    ]),
  );
}

const ID = "ReportTemplate0";
/** Two containers, one above the other, on a page across. */
const LAYOUT = "L2";
/** Events and logs. */
const ARIEL_EVENTS = 6;
const MAX_ROWS = 1000;
const DAY = new Date(CREATED_MS).toISOString().slice(0, 10);

function template(report: Report, shown: readonly Search[]): Bean {
  const type = "com.q1labs.reporting.ReportTemplate";
  const pdf = beanEnum(`${type}$OutputType`, "PDF");
  return beanObject(
    type,
    {
      author: USER,
      charts: beanArray("com.q1labs.reporting.Chart", shown.map(chart)),
      creationTime: beanLong(CREATED_MS),
      // QRadar's own spelling.
      descrition: report.purpose,
      editMap: beanMap(wizard(report, shown)),
      itemUserName: USER,
      layoutName: LAYOUT,
      logoFileName: "/store/reporting/reports/logos/default.png",
      name: uuidOf(`report ${report.title}`),
      outputType: beanArray(`${type}$OutputType`, [pdf]),
      owner: USER,
      runManually: true,
      title: report.title,
    },
    { id: ID },
  );
}

function chart(search: Search): Bean {
  return beanObject("com.q1labs.reporting.charts.ArielChart", {
    chartId: uuidOf(`chart ${search.file}`),
    customViewParamId: searchId(search),
    limit: MAX_ROWS,
    name: "Events/Logs",
    reportTemplate: beanReference(ID),
    subTitle: search.purpose,
    timeFrom: beanDate(CREATED_MS),
    timeTo: beanDate(CREATED_MS + 1_800_000),
    title: search.title,
    type: beanEnum("com.q1labs.reporting.ChartType$Type", "Table"),
    typeId: ARIEL_EVENTS,
  });
}

/** What the report wizard shows again when somebody edits the report. */
function wizard(report: Report, shown: readonly Search[]): Record<string, Bean> {
  const containers = shown.map((search, at): [string, Bean] => [
    String(at + 1),
    beanMap(container(search, at + 1)),
  ]);
  const times = { ...schedule(), fromTime: "T01:00:00", toTime: "T01:30:00" };
  const defaults = Object.entries({ ...times, fromAmPm: "", toAmPm: "", selectedNets: "" });
  return {
    formatPDF: "PDF",
    headerLogo: "default.png",
    allowManualRun: "true",
    emailAddresses: "",
    hourly_fromTime: "T02:00:00",
    hourly_toTime: "T02:00:00",
    classification: "",
    layoutView: "landscape",
    scheduleType: "manual",
    selectedSchedule: "manual",
    daily_time: "T02:00:00",
    weekly_time: "T02:00:00",
    monthly_time: "T02:00:00",
    monthly_day: "1",
    week_monthly_day: "monday",
    templateDescription: report.purpose,
    templateTitle: report.title,
    headerTitle: report.title,
    layoutContainers: beanMap(Object.fromEntries(containers)),
    pagination: "BOTTOM_CENTER",
    distributedReportType: "single",
    multipleGeneration: "list",
    selectedLayout: LAYOUT,
    layoutid: LAYOUT,
    distributionQradar: "qradarConfig",
    distributedEmailList: "",
    distributedOption: "",
    currentContainer: String(shown.length),
    isEdit: "true",
    default_daily_fromAmPm: "",
    default_daily_toAmPm: "",
    ...Object.fromEntries(defaults.map(([key, value]) => [`default_${key}`, value])),
  };
}

function container(search: Search, number: number): Record<string, Bean> {
  return {
    ...schedule(),
    fromTime: "T01:00:00",
    toTime: "T01:30:00",
    graphList: "Table",
    title: search.title,
    selectedGroupId: "",
    advanced_from_time: "T01:00:00",
    advanced_to_time: "T01:30:00",
    topNNumber: String(MAX_ROWS),
    action: "none",
    viewsDropdown: null,
    isValidChart: true,
    arielQueryID: searchId(search),
    netsTree: null,
    containerNumber: String(number),
    scheduleType: "manual",
    autoSubtitle: "",
    subtitle: search.purpose,
    width: null,
    chartType: ARIEL_EVENTS,
    timeline: "1",
    templateContainer: "",
    layersValueLocalized: null,
  };
}

/** Spans of the wizard's other schedules; a search in AQL has its own. */
function schedule(): Record<string, Bean> {
  return {
    fromDate: DAY,
    toDate: DAY,
    daily_scheduletype: "all",
    daily_fromTime: "T01:00:00",
    daily_toTime: "T01:30:00",
    weekly_scheduletype: "all",
    weekly_startday: "1",
    weekly_endday: "1",
    monthly_scheduletype: "all",
    monthly_startday: "1",
    monthly_endday: "1",
  };
}
