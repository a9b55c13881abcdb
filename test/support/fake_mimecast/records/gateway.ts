import { offsetTime } from "../api_time.ts";
import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { displayName, insider, ip, outsider, subject } from "./names.ts";
import { withVerdict } from "./spam_detail.ts";

/** An entry of dlpLogs (reference 1.9). */
export function dlpEntry(draw: Draw, id: string, atMs: number): Fields {
  return {
    senderAddress: draw.chance(10) ? "<>" : insider(draw),
    recipientAddress: outsider(draw),
    subject: subject(draw),
    eventTime: offsetTime(atMs),
    route: draw.pick(["outbound", "outbound", "inbound", "internal"]),
    policy: draw.pick(["Content Inspection - Watermark", "Credit card numbers"]),
    action: draw.pick(["hold", "notification", "block"]),
    messageId: `<${id}.${draw.word(12)}@mail.example.com>`,
  };
}

/** An entry of rejections (reference 1.9). Without a Message-ID: the sender carries the id too. */
export function rejection(draw: Draw, id: string, atMs: number): Fields {
  const to = insider(draw);
  return {
    fromAddress: `bounce+${id}@news.example.org`,
    toAddress: to,
    description: draw.pick([
      "Virus Signature Detection",
      "IP Found in RBL",
      "Malicious/Phishing URL",
    ]),
    type: 14_000 + draw.int(60),
    info: `[clam.Eicar-Test-Signature, ${draw.word(8)}]`,
    created: offsetTime(atMs),
    toAddressPreCheck: to,
    toAddressPostCheck: "",
    ipAddress: ip(draw),
    remoteName: "mx.news.example.org",
    remoteEhlo: "mx.news.example.org",
    manageRecipient: "false",
    id: `eNpVjtsKgjAA_${id}`,
    spamScore: draw.int(100),
    detectionLevel: draw.pick(["relaxed", "aggressive"]),
  };
}

/** An entry of heldReleaseLogs: all that were ever seen have `released` (reference 1.9). */
export function heldRelease(draw: Draw, id: string, atMs: number): Fields {
  const rejected = draw.chance(30);
  const from = `sender+${id}@example.org`;
  const operator = insider(draw);
  return {
    id: `eNoNzcEKgjAA_${id}`,
    status: rejected ? "rejected" : "released",
    ...(rejected ? { rejectReason: "MESSAGE CONTAINS UNDESIRABLE CONTENT" } : {}),
    heldReason: draw.pick(["Default Spam Scanning Definition", "Suspected Malware"]),
    messageInfo: "",
    released: offsetTime(atMs),
    operator: draw.chance(80) ? { emailAddress: operator } : operator,
    fromEnv: { emailAddress: from },
    fromHdr: { displayableName: displayName(draw), emailAddress: from },
    to: Array.from({ length: 1 + draw.int(2) }, () => ({ emailAddress: insider(draw) })),
    subject: subject(draw),
    attachments: draw.chance(30),
    route: "inbound",
    size: draw.int(90_000),
    policy: "Default Spam Scanning Definition",
    spamScore: draw.int(30),
    detectionLevel: "relaxed",
    ...(draw.chance(50) ? { spamProcessingDetail: withVerdict(draw) } : {}),
  };
}
