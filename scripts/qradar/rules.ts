import type { Mapping } from "./mapping.ts";

/** A rule to click together in the rule wizard. */
interface Rule {
  readonly name: string;
  readonly purpose: string;
  /** The tests of the wizard, in its words. */
  readonly tests: readonly string[];
  readonly response: string;
}

/**
 * Sample rules as text: a rule that is exported from a console names ids of that console, so it can't be written by hand.
 * Throws where an EventID is no longer in the mapping.
 */
export function rulesText(mapping: Mapping): string {
  const names = new Map(mapping.events.map(({ id, name }) => [id, name]));
  const named = (...ids: string[]): string =>
    ids
      .map((id) => {
        const name = names.get(id);
        if (name === undefined) {
          throw new Error(`Cannot write rules: "${id}" must be an event of the mapping`);
        }
        return `*${name}*`;
      })
      .join(", ");
  const LOG_SOURCE = "when the event(s) were detected by one or more of *the Mimecast log sources*";
  const rules: readonly Rule[] = [
    {
      name: "Mimecast: the feed is silent",
      purpose:
        "A collector in good health says so about once an hour (`poll.health_interval_secs`); two hours without any event mean that it, the shipper or the way to QRadar stands still. `mimecast-input check` warns where your intervals need a longer time.",
      tests: [
        // SILENCE_ALARM_SECS of plugin/collect/health.ts: test/collect/health_timing.test.ts compares.
        "when the event(s) have not been detected by one or more of *the Mimecast log sources* for *7200* seconds",
      ],
      response:
        "New event *Mimecast feed silent*, severity 7; offense indexed on log source; notify the team that runs the shipper",
    },
    {
      name: "Mimecast: the collector reports trouble",
      purpose: "A feed fails, or is about to lose data because Mimecast deletes it.",
      tests: [
        LOG_SOURCE,
        `when the event QID is one of ${named("health_error", "health_deadline")}`,
      ],
      response:
        "Offense indexed on log source; one a day is enough: respond no more than 1 time per 24 hours per log source",
    },
    {
      name: "Mimecast: many failed logons of one user",
      purpose: "Somebody tries passwords on the console or on an application.",
      tests: [
        LOG_SOURCE,
        `when the event QID is one of ${named("audit_logon_failed")}`,
        "when at least *10* events are seen with the same *Username* in *10* minutes",
      ],
      response: "Offense indexed on username",
    },
    {
      name: "Mimecast: failed logons of many users from one address",
      purpose: "One password is tried on many accounts.",
      tests: [
        LOG_SOURCE,
        `when the event QID is one of ${named("audit_logon_failed")}`,
        "when at least *10* events are seen with the same *Source IP* and different *Username* in *30* minutes",
      ],
      response: "Offense indexed on source IP",
    },
    {
      name: "Mimecast: logon after many failures",
      purpose: "The password was found.",
      tests: [
        `when *Mimecast: many failed logons of one user* is followed by ${named("audit_logon_success")} with the same *Username* within *30* minutes`,
      ],
      response: "Offense indexed on username, severity 8",
    },
    {
      name: "Mimecast: malware burst",
      purpose: "A campaign runs against the company.",
      tests: [
        LOG_SOURCE,
        `when the event QID is one of ${named("av", "attachment_protect", "ttp_attachment_malicious", "ci_entities_malware")}`,
        "when at least *20* events are seen with different *Username* in *15* minutes",
      ],
      response: "Offense indexed on *Mimecast Sender* (custom property, parsed in advance)",
    },
    {
      name: "Mimecast: one file, many recipients",
      purpose: "The same attachment reaches several users: look for its SHA256 on the hosts.",
      tests: [
        LOG_SOURCE,
        `when the event QID is one of ${named("attachment_protect", "ttp_attachment_malicious")}`,
        "when at least *3* events are seen with the same *Mimecast SHA256* and different *Username* in *60* minutes",
      ],
      response: "Offense indexed on *Mimecast SHA256*",
    },
    {
      name: "Mimecast: click on a malicious link",
      purpose:
        "The user followed a link that was blocked or warned of: the sender may have written to others too.",
      tests: [
        LOG_SOURCE,
        `when the event QID is one of ${named("url_protect_blocked", "url_protect_warned", "ttp_url_malicious", "ttp_url_click_blocked", "ttp_url_click_warned", "ci_urlclick_blocked")}`,
      ],
      response: "New event, severity 6; offense indexed on username, at most 1 per hour and user",
    },
  ];
  const head =
    "# Sample rules\n\nTo be made in *Offenses > Rules > Actions > New Event Rule*; what stands in italics is a value to choose. Numbers are starting points,\nnot measured on a real mail flow. Written by `npm run qradar`.\n";
  return [head, ...rules.map(ruleText)].join("\n");
}

function ruleText({ name, purpose, tests, response }: Rule): string {
  const list = tests
    .map((test, position) => `${position + 1}. ${position === 0 ? "" : "and "}${test}`)
    .join("\n");
  return `## ${name}\n\n${purpose}\n\n${list}\n\nResponse: ${response}.\n`;
}
