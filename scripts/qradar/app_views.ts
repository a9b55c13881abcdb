import { hasAttribute, LOG_SOURCE, type Search, TIME } from "./aql_terms.ts";
import { eventPairs, type Mapping } from "./mapping.ts";

/** A kind of data of the vendor's app, "Mimecast for QRadar", and where it is here. */
interface AppView {
  readonly data: string;
  /** Versions of the app that collect it. */
  readonly versions: string;
  readonly cat: string;
}

/** From the app's administrator guide (versions 1 and 2) and its release article (version 3). */
const VIEWS: readonly AppView[] = [
  { data: "SIEM: Receipt", versions: "1–3", cat: "receipt" },
  { data: "SIEM: Process", versions: "1–3", cat: "process" },
  { data: "SIEM: Delivery", versions: "1–3", cat: "delivery" },
  { data: "SIEM: Internal/Journal", versions: "1–3", cat: "journal" },
  { data: "SIEM: Spam Event Thread", versions: "1–3", cat: "spam" },
  { data: "SIEM: Impersonation Protect", versions: "1–3", cat: "impersonation_protect" },
  { data: "SIEM: Attachment Protect", versions: "1–3", cat: "attachment_protect" },
  { data: "SIEM: URL Protect", versions: "1–3", cat: "url_protect" },
  { data: "SIEM: Internal Email Protect", versions: "1–3", cat: "internal_email_protect" },
  { data: "SIEM: AV", versions: "1–3", cat: "av" },
  { data: "Audit", versions: "1–3", cat: "audit" },
  { data: "TTP: Impersonation Protect", versions: "1–3", cat: "ttp_impersonation" },
  { data: "TTP: URL", versions: "3", cat: "ttp_url" },
  { data: "TTP: Attachment", versions: "3", cat: "ttp_attachment" },
  { data: "DLP", versions: "3", cat: "dlp" },
];

/** The event names of the app that are public (version 3 has them no more), and ours. */
const NAMES = [
  ["mc_event audit auth user logon", "audit_logon_success"],
  ["mc_event audit auth login failed", "audit_logon_failed"],
  ["mc_event audit auth other", "audit_authentication"],
] as const;

const MAIL = ["Direction", "Sender", "Recipients", "Subject"];
/** Of records that lack one of them, or say more. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  audit: ["Audit Type", "Event Info"],
  journal: ["Direction", "Sender", "Recipients"],
  process: ["Action", "Hold Reason", "Sender", "Subject"],
  ttp_impersonation: ["Action", "Checks", "Sender", "Recipients", "Subject"],
  ttp_url: ["Action", "URL Category", "Sender", "Subject"],
};

/** A search for each view of the app: its newest events, with the columns of a mail or of an audit log. */
export function appSearches(mapping: Mapping): Search[] {
  const known = new Set(eventPairs(mapping).map(({ cat }) => cat));
  return VIEWS.map(({ data, cat }) => {
    if (!known.has(cat)) {
      throw new Error(`Cannot write searches: "${cat}" must be a cat of the mapping`);
    }
    const columns = (COLUMNS[cat] ?? MAIL).map((name) => `"Mimecast ${name}"`).join(", ");
    return {
      file: `app_${cat}`,
      title: `Mimecast: ${data}`,
      purpose: "The view of the vendor's app",
      aql: `SELECT ${TIME}, QIDNAME(qid) AS "Event", username, sourceip, ${columns} FROM events WHERE ${LOG_SOURCE} AND ${hasAttribute("cat", cat)} ORDER BY "Time" DESC LIMIT 1000 LAST 24 HOURS`,
      properties: true,
    };
  });
}

/** The table for who comes from the app: its data and names, ours, and the search that shows them. */
export function appTable(mapping: Mapping): string {
  const ids = (cat: string): string[] =>
    eventPairs(mapping).flatMap((pair) => (pair.cat === cat ? [pair.event.id] : []));
  const rows = [
    ...VIEWS.map(({ data, versions, cat }) => {
      const own = ids(cat);
      const shown = own.length > 4 ? [`\`cat=${cat}\``] : own.map((id) => `\`${id}\``);
      return [data, versions, shown.join(", "), `\`app_${cat}.aql\``];
    }),
    ...NAMES.map(([name, id]) => [`\`${name}\``, "1, 2", `\`${id}\``, "`app_audit.aql`"]),
    ["audit by category", "3", "`audit_` and the category", "`app_audit.aql`"],
  ];
  const head = "| the app | version | here | search |\n| --- | --- | --- | --- |\n";
  return head + rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
