import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { file, insider, ip, link, messageId, outsider, subject } from "./names.ts";

/** A message judged in the mailbox (reference 2.5, entities). */
export function entitiesV2(draw: Draw): Fields {
  const bad = draw.chance(25);
  const verdict = bad ? draw.pick(["MALWARE", "PHISHING", "SPAM"]) : "NO_DETECTIONS";
  const from = outsider(draw);
  return {
    attachments: draw.chance(30) ? [file(draw).name] : [],
    direction: draw.pick(["INBOUND", "OUTBOUND", "INTERNAL"]),
    historicalMail: false,
    messageId: messageId(draw),
    policiesApplied: [
      { action: bad ? "BLOCK" : "DO_NOTHING", mode: "ACTIVE", name: "Default O365 Mail policy" },
    ],
    recipients: Array.from({ length: 1 + draw.int(3) }, () => insider(draw)),
    senderEnvelope: draw.chance(20) ? "" : from,
    senderHeader: draw.chance(20) ? "" : from,
    senderIp: ip(draw),
    source: "OFFICE_365_MAIL",
    subject: subject(draw),
    subtype: verdict,
    tags: bad ? [verdict] : null,
    threatState: bad ? "BLOCKED" : "DELIVERY_IN_PROGRESS",
    threatType: verdict,
  };
}

/** The authentication results of a message (reference 2.5, mailflow). */
export function mailflowV2(draw: Draw): Fields {
  const result = () => draw.pick(["pass", "fail", "none"]);
  return {
    authResults: [
      { aligned: draw.chance(80), result: result(), type: "SPF" },
      { aligned: draw.chance(60), result: result(), type: "DKIM" },
      { aligned: null, result: result(), type: "DMARC" },
    ],
    messageId: messageId(draw),
    subtype: null,
  };
}

/** A clicked link. No real sample is known (reference 2.5): the fields follow the other two types. */
export function urlclickV2(draw: Draw): Fields {
  return {
    messageId: messageId(draw),
    recipients: [insider(draw)],
    senderEnvelope: outsider(draw),
    source: "OFFICE_365_MAIL",
    subject: subject(draw),
    url: link(draw),
    subtype: draw.pick(["BLOCKED", "ALLOWED"]),
  };
}
