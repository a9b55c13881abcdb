import type { Search } from "./aql_terms.ts";
import { uuidOf } from "./identity.ts";
import { javaLong, javaMap, javaUtf } from "./java_map.ts";
import type { Mapping } from "./mapping.ts";
import { CREATED_MS } from "./release.ts";
import { searches } from "./searches.ts";
import { rowId } from "./type_rows.ts";
import { row, type XmlElement } from "./xml.ts";

const USER = "admin";
/** On the dashboard: those that count, from left to right and top to bottom. */
const ON_DASHBOARD = [
  ["threats_by_type", "events_by_type"],
  ["url_clicks_blocked", "rejected_mail_by_source"],
  ["failed_console_logons", "collection_silence"],
];
const COLUMNS = ["leftCol", "centerCol", "rightCol"];

/** The searches as saved searches that everybody sees under Quick Searches, and a dashboard of those that count. */
export function searchRows(mapping: Mapping): XmlElement[] {
  const all = searches(mapping);
  return [...all.map(savedSearch), dashboard(all)];
}

/** The id of a saved search. */
export const searchId = ({ file }: Search): string => uuidOf(`search ${file}`);

function savedSearch(search: Search): XmlElement {
  return row("customviewparams", {
    shared: true,
    creationdate: CREATED_MS,
    itemname: search.title,
    reclimit: 1000,
    queryparams: queryParams(search).toString("base64"),
    modifieddate: CREATED_MS,
    itemname_id: "",
    refcount: 0,
    cv_id: rowId(`search ${search.file}`),
    database: "events",
    interval: 900_000,
    id: searchId(search),
    username: USER,
  });
}

/** What the console keeps of a search in AQL: a map in a Java object stream, without what is of one session only. */
function queryParams(search: Search): Buffer {
  const form = "com.q1labs.ariel.ui.bean.ArielSearchForm";
  const block = [
    javaLong(CREATED_MS),
    javaUtf(search.title),
    javaUtf(""),
    javaUtf(USER),
    javaUtf(form),
  ];
  return javaMap(Buffer.concat(block), {
    isDashboard: String(dashboardFiles().includes(search.file)),
    dispatch: "performSearch",
    saveResult: "false",
    isGlobalSearch: "false",
    fromReporting: false,
    searchMode: "AQL",
    startTimeAbs: CREATED_MS - 86_400_000,
    orderBy: null,
    searchDescription: search.purpose,
    database: "events",
    isQuickSearch: "true",
    searchId: searchId(search),
    sorting: "asc",
    projection: "flow",
    useComparatorMap: null,
    recordsLimit: "",
    isPopup: "false",
    timeRangeType: "aqlTime",
    isDefault: "false",
    endTimeAbs: CREATED_MS,
    searchName: search.title,
    interval: 300_000,
    aql: search.aql,
    aqlLines: JSON.stringify([search.aql]),
  });
}

const dashboardFiles = (): string[] => ON_DASHBOARD.flat();

/** One line for the list of the items, then one for each with its row and column. */
function dashboard(all: readonly Search[]): XmlElement {
  const items = ON_DASHBOARD.flatMap((files, at) =>
    files.map((file, column) => {
      const search = all.find((each) => each.file === file)!;
      const title = search.title.replace("Mimecast: ", "");
      const args = `{searchId:'${searchId(search)}',title:'${title}'}`;
      const name = `QRADARgetDashboardSearch${encodeURIComponent(args).replaceAll("'", "%27")}`;
      return `${name}={applicationId:"undefined",application:"QRadar",methodName:"getDashboardSearch",methodArgs:"${args}",title:"${title}",row:"${at}",requiresRefresh:true,column:"${COLUMNS[column]}"}`;
    }),
  );
  const names = items.map((item) => item.slice(0, item.indexOf("=")));
  return row("dashboard", {
    owner: USER,
    is_template: false,
    description: "Mimecast e-mail security",
    is_default: false,
    modified_date: "2026-01-01T00:00:00.000Z",
    name_id: "Mimecast",
    is_for_everyone: true,
    description_id: "Mimecast e-mail security",
    name: "Mimecast",
    created_date: "2026-01-01T00:00:00.000Z",
    id: rowId("dashboard"),
    config: `${[`components=${names.join(",")}`, ...items].join("\r\n")}\r\n`,
  });
}
