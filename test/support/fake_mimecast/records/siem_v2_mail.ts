import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { file, insider, ip, messageId, outsider, subject } from "./names.ts";
import { spamProcessingDetail } from "./spam_detail.ts";

const TLS = [
  ["TLSv1.3", "TLS_AES_256_GCM_SHA384"],
  ["TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
  ["TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
] as const;

const REJECTIONS = [
  ["Manual Envelope Rejection", "550", "Envelope blocked - User Entry", null],
  [
    "Header Rejected",
    "0",
    "Rejected by header based Blocked Senders",
    "Rejected by header based Blocked Senders",
  ],
  ["IP Found in RBL", "550", "198.51.100.9 Blocked by an RBL", "198.51.100.9 Blocked by an RBL"],
  [
    "Virus Signature Detection",
    "554",
    "Email rejected due to security policies",
    "Eicar-Test-Signature",
  ],
  ["Malicious/Phishing URL", "554", "Email rejected due to security policies", "Malicious link"],
  [
    "Recipient email address is possibly incorrect",
    "550",
    "5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx1.example.org]",
    null,
  ],
] as const;

/** Message accepted, rejected or ignored at the gateway (reference 2.9, receipt). */
export function receiptV2(draw: Draw): Fields {
  const mail = envelope(draw);
  const action = draw.chance(82) ? "Acc" : draw.chance(90) ? "Rej" : "Ign";
  const rejection = action === "Rej" ? draw.pick(REJECTIONS) : null;
  const early = rejection !== null && draw.chance(50);
  const [tlsVersion, tlsCipher] = tls(draw, 8);
  const late = draw.chance(50)
    ? {
        spamScore: draw.chance(60) ? String(draw.int(40)) : null,
        spamDetectionLevel: draw.pick([null, "relaxed", "moderate", "aggressive"]),
      }
    : {};
  return {
    action,
    senderEnvelope: mail.from,
    messageId: early ? null : mail.messageId,
    subject: early ? null : mail.subject,
    recipients: recipients(draw, mail.to),
    senderIp: ip(draw),
    rejectionType: rejection?.[0] ?? null,
    rejectionCode: rejection?.[1] ?? null,
    direction: mail.direction,
    numberAttachments: String(draw.int(4)),
    senderHeader: early ? null : mail.from,
    rejectionInfo: rejection?.[2] ?? null,
    tlsVersion,
    tlsCipher,
    spamInfo: draw.pick([null, "[]", '["SPF fail"]']),
    spamProcessingDetail: early ? null : spamProcessingDetail(draw),
    virusFound: rejection?.[3] ?? null,
    ...late,
    ...(draw.chance(70) ? { receiptErrors: draw.chance(5) ? "Read timed out" : null } : {}),
    subtype: action,
  };
}

/** What the policies did with a message (reference 2.9, process). */
export function processV2(draw: Draw): Fields {
  const mail = envelope(draw);
  const action = draw.pick([
    "Acc",
    "Acc",
    "Acc",
    "Acc",
    "Acc",
    "Acc",
    "Hld",
    "Hld",
    "Sdbx",
    "Allow",
  ]);
  const count = draw.chance(45) ? 1 + draw.int(3) : 0;
  const names = Array.from({ length: count }, () => `"${file(draw).name}"`).join(", ");
  return {
    action,
    senderEnvelope: mail.from,
    messageId: mail.messageId,
    subject: mail.subject,
    holdReason: action === "Hld" ? draw.pick(["Spm", "Oth", "Pol"]) : null,
    totalSizeAttachments: String(count * draw.int(300_000)),
    numberAttachments: String(count),
    attachments: count === 0 ? null : names,
    emailSize: String(2_000 + draw.int(400_000)),
    subtype: action,
  };
}

/** One attempt to deliver to the next hop (reference 2.9, delivery). */
export function deliveryV2(draw: Draw): Fields {
  const mail = envelope(draw);
  const failed = draw.chance(6);
  const [tlsVersion, tlsCipher] = tls(draw, 15);
  const delivered = failed ? "false" : "true";
  return {
    senderEnvelope: failed && draw.chance(30) ? "<>" : mail.from,
    messageId: mail.messageId,
    subject: mail.subject,
    recipients: mail.to,
    delivered,
    destinationIp: ip(draw),
    Hostname: draw.chance(15)
      ? null
      : `mail-${draw.word(9).toLowerCase().replaceAll("_", "0")}.inbound.example.net`,
    numberAttachments: "0",
    direction: draw.chance(10) ? null : mail.direction,
    totalSizeAttachments: draw.chance(20) ? null : "0",
    deliveryAttempts: String(failed ? 1 + draw.int(17) : 1),
    tlsVersion,
    tlsCipher,
    emailSize: String(3_000 + draw.int(900_000)),
    tlsUsed: tlsVersion === null ? "No" : draw.pick(["Yes", "true"]),
    route: draw.pick([
      null,
      "Office 365 Inbound Routing Policy Definition",
      "Accept and drop messages",
    ]),
    deliveryErrors: failed ? "Connection refused (Connection refused)" : null,
    rejectionType: failed ? "Recipient server unavailable or busy" : null,
    rejectionCode: failed ? "451" : null,
    rejectionInfo: failed
      ? "4.7.500 Server busy. Please try again later from [192.0.2.10]. (S77719) AS(2007)"
      : null,
    deliveryTime: String(failed ? draw.int(43_000_000) : 300 + draw.int(9_000)),
    subtype: delivered,
  };
}

/** A journalled message (reference 2.9, journal). */
export function journalV2(draw: Draw): Fields {
  const mail = envelope(draw);
  return {
    senderEnvelope: mail.from,
    recipients: insider(draw),
    direction: mail.direction,
    subtype: null,
  };
}

/** Who writes to whom, about what. The direction is in lower case since 2025 (reference 2.9). */
export function envelope(draw: Draw) {
  const way = draw.pick(["Inbound", "Inbound", "Inbound", "Outbound", "Outbound", "Internal"]);
  return {
    way,
    direction: draw.chance(50) ? way : way.toLowerCase(),
    from: way === "Inbound" ? outsider(draw) : insider(draw),
    to: way === "Outbound" ? outsider(draw) : insider(draw),
    messageId: messageId(draw),
    subject: subject(draw),
  };
}

function recipients(draw: Draw, first: string): string {
  const kind = draw.int(400);
  if (kind > 32) return first;
  const more = kind === 0 ? 150 : 1 + draw.int(9);
  return [first, ...Array.from({ length: more }, () => insider(draw))].join(",");
}

function tls(draw: Draw, plainPercent: number): readonly [string | null, string | null] {
  if (draw.chance(plainPercent)) return draw.chance(30) ? [null, ""] : [null, null];
  return draw.pick(TLS);
}
