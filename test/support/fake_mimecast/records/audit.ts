import { offsetTime } from "../api_time.ts";
import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { displayName, insider, ip } from "./names.ts";

/** An audit event: six strings, with free text in all the forms that are known (reference 1.7). */
export function auditEvent(draw: Draw, id: string, atMs: number): Fields {
  const user = insider(draw);
  const variant = draw.pick(VARIANTS);
  const [auditType, category, eventInfo] = variant(draw, user, atMs);
  return {
    id: `eNqrVipOTS4tSs1MUbJS_${id}`,
    auditType,
    user: auditType === "Completed Directory Sync" ? "" : user,
    eventTime: offsetTime(atMs),
    eventInfo,
    category,
  };
}

type Variant = (draw: Draw, user: string, atMs: number) => readonly [string, string, string];

const VARIANTS: readonly Variant[] = [
  (draw, user, atMs) => [
    "User Logged On",
    "authentication_logs",
    `Successful authentication for ${user} <${displayName(draw)}>, ${when(atMs, 60, " BST")}, IP: ${ip(draw)}, Application: Administration Console, Method: Two Step Auth, 2FA: TOTP`,
  ],
  (draw, user, atMs) => [
    "User Logged On",
    "authentication_logs",
    `Successful authentication for ${user} <${displayName(draw)}>, ${when(atMs, -240, " GMT-04:00")}, IP: ${ip(draw)}, Application: MPP, Method: SP-initiated SAML`,
  ],
  (draw, user, atMs) => [
    "User Logged On",
    "authentication_logs",
    `Successful SSO into MimecastCentral for ${user} <${displayName(draw)}>, ${when(atMs, 60, " BST")}, Method: Mimecast IdP`,
  ],
  (draw, user, atMs) => [
    "Logon Authentication Failed",
    "authentication_logs",
    `Failed authentication for ${user} <${displayName(draw)}>, ${when(atMs, 0, " GMT")}, IP: ${ip(draw)}, Application: POP-POP2, Method: Cloud, Reason: Wrong Password`,
  ],
  (draw, user, atMs) => [
    "Logon Requires Challenge",
    "authentication_logs",
    `Logon challenge for ${user}, ${when(atMs, -240, " EDT")}, IP: ${ip(draw)}, Application: mimecast-moa`,
  ],
  (draw, user, atMs) => [
    "Logon Requires Challenge",
    "authentication_logs",
    `Logon challenge for ${user}, Date: ${day(atMs)}, Time: ${twelveHours(atMs)}, IP: ${ip(draw)}, Application: LFS`,
  ],
  (draw, user, atMs) => [
    "Mimecast Support Login",
    "mimecast_access_logs",
    `Action Performed - ${user} logged into this account. by ${user}<${user}> Date: ${day(atMs)} Time: ${clock(atMs, 60)} +0100 IP: ${ip(draw)} Application: Administration Console`,
  ],
  (draw, _user, atMs) => [
    "Threat Intel Feed Download",
    "reporting_logs",
    `Threat intel multiple feeds download  - malware_grid_csv_20211116120324398.zip, ${when(atMs, 0, "+0000")}, IP: ${ip(draw)}, Application: Integrations`,
  ],
  (draw, user, atMs) => [
    "Search Action",
    "case_review_logs",
    `Executed Search - Source: Search, Search Criteria: ${JSON.stringify({ keywords: "test", mailboxes: [user], route: "ALL", start: offsetTime(atMs, 60) })}, ${when(atMs, 0, "+0000")}, IP: ${ip(draw)}, Application: mimecast-case-review`,
  ],
  (draw, _user, atMs) => [
    "Connectors Management",
    "integrations_and_apis",
    `Connector creation for Microsoft O365\nName: Sync and Recover - 365, Description: null, Product: Sync and Recover, App (provider): Microsoft O365\nSuccess: true, ${when(atMs, 0, "+0000")}, IP: ${ip(draw)}, Application: Administration Console`,
  ],
  () => ["Completed Directory Sync", "account_logs", "No changes found."],
  (_draw, user) => [
    "User Password Changed",
    "user_account_and_role_logs",
    `Password reset for user: ${user} User Password Changed, Remote IP is null`,
  ],
  (draw, user) => [
    "Folder Log Entry",
    "archive_service_logs",
    `Folder opened by ${user} remote IP : ${ip(draw)} application : LFS`,
  ],
  (draw, user, atMs) => [
    "Page Data Exports",
    "reporting_logs",
    `Exported "x^sev=1|src=192.0.2.66\tusrName=admin" by ${user}, ${when(atMs, 0, "+0000")}, IP: ${ip(draw)}, Application: Administration Console`,
  ],
];

function when(atMs: number, offsetMinutes: number, zone: string): string {
  return `Date: ${day(atMs)}, Time: ${clock(atMs, offsetMinutes)}${zone}`;
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function clock(atMs: number, offsetMinutes: number): string {
  return new Date(atMs + offsetMinutes * 60_000).toISOString().slice(11, 19);
}

function twelveHours(atMs: number): string {
  const hours = new Date(atMs).getUTCHours();
  const half = hours < 12 ? "AM" : "PM";
  return `${String(hours % 12 || 12).padStart(2, "0")}${clock(atMs, 0).slice(2)} ${half}`;
}
