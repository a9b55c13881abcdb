import { appSearches } from "./app_views.ts";
import { EVENTS, hasAttribute, LOG_SOURCE, type Search, TIME } from "./aql_terms.ts";
import type { Mapping } from "./mapping.ts";
import { TYPE_TITLE } from "./type_rows.ts";

/**
 * The searches. They find events by the text of the payload where a single EventID is meant: that works before anything is
 * mapped, and with Universal LEEF as with the custom type. Throws where an EventID is no longer in the mapping.
 */
export function searches(mapping: Mapping): Search[] {
  const known = new Set(mapping.events.map(({ id }) => id));
  const event = (...ids: string[]): string => {
    const unknown = ids.find((id) => !known.has(id));
    if (unknown !== undefined) {
      throw new Error(`Cannot write searches: "${unknown}" must be an event of the mapping`);
    }
    const terms = ids.map((id) => `UTF8(payload) ILIKE '%|${id}|%'`);
    return ids.length === 1 ? terms[0]! : `(${terms.join(" OR ")})`;
  };
  const eventsOf = (...cats: string[]): string[] =>
    mapping.events.map(({ id }) => id).filter((id) => cats.some((cat) => id.startsWith(cat)));
  const ownUnknown = mapping.events.find(({ id }) => id === "unknown_other")?.name;
  const nameless = `(QIDNAME(qid) ILIKE '%unknown%' OR QIDNAME(qid) ILIKE '%stored%' OR QIDNAME(qid) = '${TYPE_TITLE} Message') AND NOT QIDNAME(qid) = '${ownUnknown}'`;
  const malware = event(
    "av",
    "attachment_protect",
    "ttp_attachment_malicious",
    "ci_entities_malware",
    "ci_entities_malware_stopped",
  );
  // The line's own severity: on a log source of the custom type the field holds that of the QID.
  const severe = `${hasAttribute("sev", "(7|8|9|10)")} AND NOT ${event("health_deadline")}`;

  return [
    {
      file: "events_by_type",
      title: "Mimecast: events by type",
      purpose: "What comes in and how much of it: the first look after the set-up",
      aql: `SELECT QIDNAME(qid) AS "Event", CATEGORYNAME(category) AS "Category", ${EVENTS} FROM events WHERE ${LOG_SOURCE} GROUP BY qid, category ORDER BY "Events" DESC LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "unknown_events",
      title: "Mimecast: events without a name",
      purpose: "Events whose QID is missing: must be empty once the content is installed",
      aql: `SELECT ${TIME}, QIDNAME(qid) AS "Event", UTF8(payload) AS "Payload" FROM events WHERE ${LOG_SOURCE} AND ${nameless} LIMIT 100 LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "rejected_mail_by_source",
      title: "Mimecast: rejected mail by source",
      purpose: "Which hosts send what Mimecast refuses",
      aql: `SELECT sourceip, ${EVENTS} FROM events WHERE ${LOG_SOURCE} AND ${event("receipt_rejected", "receipt_rejected_malicious", "rejection", "rejection_malicious")} GROUP BY sourceip ORDER BY "Events" DESC LIMIT 100 LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "threats",
      title: "Mimecast: threats",
      purpose:
        "Malware, malicious links and attachments, impersonation, leaks: everything whose line says severity 7 and above",
      aql: `SELECT ${TIME}, QIDNAME(qid) AS "Event", username, sourceip, severity, UTF8(payload) AS "Payload" FROM events WHERE ${LOG_SOURCE} AND ${severe} ORDER BY "Time" DESC LIMIT 1000 LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "threats_by_type",
      title: "Mimecast: threats by type",
      purpose: "How many threats of each kind",
      aql: `SELECT QIDNAME(qid) AS "Event", ${EVENTS} FROM events WHERE ${LOG_SOURCE} AND ${severe} GROUP BY qid ORDER BY "Events" DESC LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "url_clicks_blocked",
      title: "Mimecast: blocked URL clicks by user",
      purpose: "Who clicks on what Mimecast blocks",
      aql: `SELECT username, SUM(eventcount) AS "Clicks" FROM events WHERE ${LOG_SOURCE} AND ${event("url_protect_blocked", "ttp_url_click_blocked", "ci_urlclick_blocked")} GROUP BY username ORDER BY "Clicks" DESC LIMIT 100 LAST 7 DAYS`,
      properties: false,
    },
    {
      file: "url_clicks_warned",
      title: "Mimecast: clicks after a warning",
      purpose: "Links that users were warned of, with the page that they went to",
      aql: `SELECT ${TIME}, username, "URL", "Mimecast URL Category", "Mimecast Sender" FROM events WHERE ${LOG_SOURCE} AND ${event("url_protect_warned", "ttp_url_click_warned", "ci_urlclick_warned")} ORDER BY "Time" DESC LIMIT 1000 LAST 7 DAYS`,
      properties: true,
    },
    {
      file: "held_mail",
      title: "Mimecast: held mail",
      purpose: "Messages that wait for a decision, and why",
      aql: `SELECT ${TIME}, username, "Mimecast Sender", "Mimecast Subject", "Mimecast Hold Reason" FROM events WHERE ${LOG_SOURCE} AND ${event("process_held", "dlp_hold")} ORDER BY "Time" DESC LIMIT 1000 LAST 24 HOURS`,
      properties: true,
    },
    {
      file: "held_mail_released",
      title: "Mimecast: held mail released",
      purpose: "Messages that somebody let through, and who did it",
      aql: `SELECT ${TIME}, "Mimecast Operator", "Mimecast Sender", "Mimecast Recipients", "Mimecast Subject" FROM events WHERE ${LOG_SOURCE} AND ${event("held_release_released")} ORDER BY "Time" DESC LIMIT 1000 LAST 7 DAYS`,
      properties: true,
    },
    {
      file: "impersonation",
      title: "Mimecast: impersonation",
      purpose: "Who was to be deceived, by which sender, and by what Mimecast saw it",
      aql: `SELECT ${TIME}, QIDNAME(qid) AS "Event", username, sourceip, "Mimecast Sender", "Mimecast Subject", "Mimecast Checks", "Mimecast Action" FROM events WHERE ${LOG_SOURCE} AND ${event(...eventsOf("impersonation_protect", "ttp_impersonation"))} ORDER BY "Time" DESC LIMIT 1000 LAST 7 DAYS`,
      properties: true,
    },
    {
      file: "failed_console_logons",
      title: "Mimecast: failed console logons",
      purpose: "Users and addresses that could not log on to Mimecast",
      aql: `SELECT username, sourceip, SUM(eventcount) AS "Attempts", DATEFORMAT(MAX(devicetime), 'yyyy-MM-dd HH:mm:ss') AS "Last" FROM events WHERE ${LOG_SOURCE} AND ${event("audit_logon_failed")} GROUP BY username, sourceip ORDER BY "Attempts" DESC LIMIT 100 LAST 7 DAYS`,
      properties: false,
    },
    {
      file: "administrative_changes",
      title: "Mimecast: administrative changes",
      purpose: "Changes of policies, accounts, groups and roles, and who made them",
      aql: `SELECT ${TIME}, username, sourceip, QIDNAME(qid) AS "Event", "Mimecast Audit Type", "Mimecast Event Info" FROM events WHERE ${LOG_SOURCE} AND ${event("audit_policy", "audit_account", "audit_profile_group", "audit_user_account_and_role", "audit_password_changed", "audit_remediation", "audit_archive_export", "audit_support_login")} ORDER BY "Time" DESC LIMIT 1000 LAST 7 DAYS`,
      properties: true,
    },
    {
      file: "new_senders_of_malware",
      title: "Mimecast: new senders of malware",
      purpose: "Senders whose first malware of the last 30 days came within the last 24 hours",
      aql: `SELECT "Mimecast Sender", MIN(starttime) AS "First", ${EVENTS}, UNIQUECOUNT(username) AS "Users" FROM events WHERE ${LOG_SOURCE} AND ${malware} AND "Mimecast Sender" IS NOT NULL GROUP BY "Mimecast Sender" HAVING "First" > NOW() - 86400000 ORDER BY "Events" DESC LIMIT 100 LAST 30 DAYS`,
      properties: true,
    },
    {
      file: "malware_files",
      title: "Mimecast: malware by file",
      purpose: "File names and SHA256 of what Mimecast found, for a search on the hosts",
      aql: `SELECT "File Hash", "Filename", "VirusName", ${EVENTS} FROM events WHERE ${LOG_SOURCE} AND ${malware} GROUP BY "File Hash", "Filename", "VirusName" ORDER BY "Events" DESC LIMIT 100 LAST 7 DAYS`,
      properties: true,
    },
    {
      file: "one_message",
      title: "Mimecast: the way of one message",
      purpose: "Every event of one message; replace the id",
      aql: `SELECT ${TIME}, QIDNAME(qid) AS "Event", username, "Mimecast Action", "Mimecast Reason", UTF8(payload) AS "Payload" FROM events WHERE ${LOG_SOURCE} AND "Mimecast Message ID" = 'message-id@example.com' ORDER BY "Time" LIMIT 100 LAST 7 DAYS`,
      properties: true,
    },
    {
      file: "collection_health",
      title: "Mimecast: collection health",
      purpose: "What the collector says of itself: errors, lag and deadlines for each feed",
      aql: `SELECT ${TIME}, LOGSOURCENAME(logsourceid) AS "Log Source", QIDNAME(qid) AS "Event", "Mimecast Endpoint", "Mimecast Lag Seconds", "Mimecast Reason" FROM events WHERE ${LOG_SOURCE} AND ${event("health_error", "health_deadline")} ORDER BY "Time" DESC LIMIT 1000 LAST 24 HOURS`,
      properties: true,
    },
    {
      file: "completeness",
      title: "Mimecast: completeness",
      purpose:
        "What reconcile has shown: that QRadar has everything up to a time, or how much it lacks; the payload says which",
      aql: `SELECT ${TIME}, LOGSOURCENAME(logsourceid) AS "Log Source", QIDNAME(qid) AS "Event", UTF8(payload) AS "Payload" FROM events WHERE ${LOG_SOURCE} AND ${event("health_complete", "health_incomplete")} ORDER BY "Time" DESC LIMIT 100 LAST 7 DAYS`,
      properties: false,
    },
    {
      file: "collection_silence",
      title: "Mimecast: silence of the collection",
      purpose:
        "Minutes since the last event of each log source; a log source that is silent for the whole day is not in the list",
      aql: `SELECT LOGSOURCENAME(logsourceid) AS "Log Source", DATEFORMAT(MAX(starttime), 'yyyy-MM-dd HH:mm:ss') AS "Last", (NOW() - MAX(starttime)) / 60000 AS "Minutes", ${EVENTS} FROM events WHERE ${LOG_SOURCE} GROUP BY logsourceid ORDER BY "Minutes" DESC LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "late_events",
      title: "Mimecast: how late events come",
      purpose: "Minutes between an event at Mimecast and its arrival",
      aql: `SELECT LOGSOURCENAME(logsourceid) AS "Log Source", QIDNAME(qid) AS "Event", AVG(starttime - devicetime) / 60000 AS "Average", MAX(starttime - devicetime) / 60000 AS "Longest" FROM events WHERE ${LOG_SOURCE} GROUP BY logsourceid, qid ORDER BY "Longest" DESC LIMIT 100 LAST 24 HOURS`,
      properties: false,
    },
    {
      file: "duplicates",
      title: "Mimecast: duplicates",
      purpose: "Events that came more than once: bounded after a kill, else to be empty",
      aql: `SELECT "Mimecast Event UID", SUM(eventcount) AS "Times" FROM events WHERE ${LOG_SOURCE} AND "Mimecast Event UID" IS NOT NULL GROUP BY "Mimecast Event UID" HAVING "Times" > 1 ORDER BY "Times" DESC LIMIT 100 LAST 24 HOURS`,
      properties: true,
    },
    {
      file: "shortened_events",
      title: "Mimecast: shortened events",
      purpose:
        "Events that were cut to the length that QRadar takes; many of them say that the length should be raised",
      aql: `SELECT QIDNAME(qid) AS "Event", ${EVENTS} FROM events WHERE ${LOG_SOURCE} AND ${hasAttribute("truncated", "1")} GROUP BY qid ORDER BY "Events" DESC LAST 24 HOURS`,
      properties: false,
    },
    ...appSearches(mapping),
  ];
}

/** The file of a search: two comment lines, which are not part of the query, and the query. */
export function searchText({ title, purpose, properties, aql }: Search): string {
  const needs = properties ? " Needs the custom properties." : "";
  return `-- ${title}\n-- ${purpose}.${needs}\n${aql}\n`;
}
