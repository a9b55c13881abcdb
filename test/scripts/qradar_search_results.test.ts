import { describe, expect, test } from "vitest";
import { readMapping } from "../../scripts/qradar/mapping.ts";
import { pulseDashboard } from "../../scripts/qradar/pulse_dashboard.ts";
import { searches } from "../../scripts/qradar/searches.ts";
import { lineOf } from "../support/engine_lines.ts";
import { type AqlExpression, parseAql } from "../support/qradar/aql.ts";
import { propertiesOf } from "../support/qradar/aql_check.ts";
import { type SearchedEvent, selects } from "../support/qradar/aql_where.ts";
import { type LogSourceType, shippedConsole } from "../support/qradar/console.ts";
import { goldenLines } from "../support/qradar/golden_lines.ts";

const THREATS = [
  "attachment_protect",
  "av",
  "ci_entities_malware",
  "ci_entities_phishing",
  "ci_urlclick_malicious",
  "impersonation_protect_bounced",
  "impersonation_protect_held",
  "impersonation_protect_other",
  "internal_email_protect",
  "receipt_rejected_malicious",
  "rejection_malicious",
  "ttp_attachment_malicious",
  "ttp_impersonation_bounce",
  "ttp_impersonation_delete",
  "ttp_impersonation_hold",
  "ttp_impersonation_other",
  "ttp_url_malicious",
];

/** What each search finds among the golden lines, by EventID; "…" stands for every EventID that begins so. */
const FINDS: Readonly<Record<string, readonly string[]>> = {
  events_by_type: ["…"],
  unknown_events: [],
  rejected_mail_by_source: [
    "receipt_rejected",
    "receipt_rejected_malicious",
    "rejection",
    "rejection_malicious",
  ],
  threats: THREATS,
  threats_by_type: THREATS,
  url_clicks_blocked: ["ci_urlclick_blocked", "ttp_url_click_blocked", "url_protect_blocked"],
  url_clicks_warned: ["ci_urlclick_warned", "ttp_url_click_warned", "url_protect_warned"],
  held_mail: ["dlp_hold", "process_held"],
  held_mail_released: ["held_release_released"],
  impersonation: ["impersonation_protect_…", "ttp_impersonation_…"],
  failed_console_logons: ["audit_logon_failed"],
  administrative_changes: [
    "audit_account",
    "audit_archive_export",
    "audit_password_changed",
    "audit_remediation",
    "audit_support_login",
    "audit_policy",
    "audit_profile_group",
    "audit_user_account_and_role",
  ],
  new_senders_of_malware: [
    "attachment_protect",
    "av",
    "ci_entities_malware",
    "ci_entities_malware_stopped",
    "ttp_attachment_malicious",
  ],
  malware_files: [
    "attachment_protect",
    "av",
    "ci_entities_malware",
    "ci_entities_malware_stopped",
    "ttp_attachment_malicious",
  ],
  one_message: [],
  collection_health: ["health_deadline", "health_error"],
  collection_silence: ["…"],
  completeness: ["health_complete", "health_incomplete"],
  late_events: ["…"],
  duplicates: ["…"],
  shortened_events: [],
  app_receipt: ["receipt_…"],
  app_process: ["process_…"],
  app_delivery: ["delivery_…"],
  app_journal: ["journal"],
  app_spam: ["spam"],
  app_impersonation_protect: ["impersonation_protect_…"],
  app_attachment_protect: ["attachment_protect"],
  app_url_protect: ["url_protect_…"],
  app_internal_email_protect: ["internal_email_protect"],
  app_av: ["av"],
  app_audit: ["audit_…"],
  app_ttp_impersonation: ["ttp_impersonation_…"],
  app_ttp_url: ["ttp_url_…"],
  app_ttp_attachment: ["ttp_attachment_…"],
  app_dlp: ["dlp_…"],
};

const MAPPING = readMapping();
const LINES = goldenLines();
const SEARCHES = searches(MAPPING);
/** The queries of the Pulse dashboard, which count what searches list. */
const WIDGETS: { name: string; query: { queryVal: string } }[] = JSON.parse(pulseDashboard(MAPPING))
  .items.list;

/** The golden events of an EventID that a search finds, on a log source of one type. */
async function found(type: LogSourceType, where: AqlExpression) {
  const show = await shippedConsole([{ name: "Mimecast acme", identifier: "mimecast-acme", type }]);
  return LINES.flatMap(({ text, leef }) => {
    const shown = show({ payload: text, packetIp: "198.51.100.1", receivedMs: 0 });
    const event: SearchedEvent = { shown, payload: text };
    return selects(where, event) ? [{ ...event, id: leef.eventId }] : [];
  });
}

function idsOf(names: readonly string[]): string[] {
  return MAPPING.events
    .map(({ id }) => id)
    .filter((id) =>
      names.some((name) => id === name || (name.endsWith("…") && id.startsWith(name.slice(0, -1)))),
    )
    .sort();
}

describe.each<LogSourceType>(["Universal LEEF", "Mimecast Email Security"])(
  "on a log source of the type %s",
  (type) => {
    test.each(SEARCHES)(
      "$file finds what its title says, with either delimiter",
      async ({ file, aql }) => {
        const events = await found(type, parseAql(aql).where!);
        expect([...new Set(events.map(({ id }) => id))].sort()).toEqual(idsOf(FINDS[file]!));
      },
    );

    test.each(SEARCHES.filter(({ file }) => FINDS[file]!.length > 0))(
      "$file shows no column that is empty in all that it finds",
      async ({ aql }) => {
        const query = parseAql(aql);
        const events = await found(type, query.where!);
        for (const name of propertiesOf(query)) {
          expect(
            events.some(({ shown }) => shown.properties.has(name)),
            name,
          ).toBe(true);
        }
      },
    );
  },
);

test("every search is in the table", () => {
  expect(Object.keys(FINDS).sort()).toEqual(SEARCHES.map(({ file }) => file).sort());
});

/** What a sender could write to be found, or to flood what is found, by a search that reads the payload. */
const BAIT = [
  " sev=9 ",
  "x sev=10 y",
  "^sev=9^truncated=1^",
  "\tsev=9\ttruncated=1\t",
  "|av|cat=av",
  "|health_error|",
  "|audit_logon_failed|^|cat=audit^sev=9^",
  "truncated=1",
  "_sev=8_",
  "|cat=audit^cat=dlp|cat=journal",
].join(" ");

test.each<LogSourceType>(["Universal LEEF", "Mimecast Email Security"])(
  "no text of a mail makes a search find it, on a log source of the type %s",
  async (type) => {
    const show = await shippedConsole([
      { name: "Mimecast acme", identifier: "mimecast-acme", type },
    ]);
    const mail = (text: string, delimiter: "^" | "tab"): SearchedEvent => {
      const payload = lineOf(
        {
          type: "receipt",
          action: "Acc",
          timestamp: 1769860800000,
          senderEnvelope: `a${text}@example.net`,
          subject: text,
          messageId: `<${text}@example.net>`,
          url: `https://example.net/${text}`,
        },
        { delimiter, maxLineBytes: 8192 },
      );
      return { shown: show({ payload, packetIp: "198.51.100.1", receivedMs: 0 }), payload };
    };
    for (const delimiter of ["^", "tab"] as const) {
      const queries = [
        ...SEARCHES,
        ...WIDGETS.map(({ name, query }) => ({ file: name, aql: query.queryVal })),
      ];
      for (const { file, aql } of queries) {
        const where = parseAql(aql).where!;
        const honest = selects(where, mail("figures", delimiter));
        expect(selects(where, mail(BAIT, delimiter)), `${file}, ${delimiter}`).toBe(honest);
      }
    }
  },
);

test.each<LogSourceType>(["Universal LEEF", "Mimecast Email Security"])(
  "unknown_events finds what has no mapping and what can't be read, and no record that is unknown to us, on a log source of the type %s",
  async (type) => {
    const show = await shippedConsole([
      { name: "Mimecast acme", identifier: "mimecast-acme", type },
    ]);
    const where = parseAql(SEARCHES.find(({ file }) => file === "unknown_events")!.aql).where!;
    const finds = (payload: string): boolean =>
      selects(where, {
        shown: show({ payload, packetIp: "198.51.100.1", receivedMs: 0 }),
        payload,
      });
    const line = LINES.find(
      ({ leef }) => leef.eventId === "av" && leef.attributes.get("cat") === "av",
    )!.text;
    expect(finds(line)).toBe(false);
    expect(finds(line.replace("|av|", "|of_tomorrow|"))).toBe(true);
    expect(finds(line.replace("cat=av", "cat=other"))).toBe(true);
    expect(finds("<13>1 2026-03-06T12:00:00.000Z mimecast-acme not LEEF")).toBe(true);
    const strange = LINES.find(({ leef }) => leef.eventId === "unknown_other")!.text;
    expect(finds(strange)).toBe(false);
  },
);
