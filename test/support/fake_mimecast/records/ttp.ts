import { offsetTime } from "../api_time.ts";
import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { displayName, file, insider, ip, link, outsider, subject } from "./names.ts";

const CHECKS = [
  "internal_user_name",
  "targeted_threat_dictionary",
  "new_domain",
  "reply_address_mismatch",
];

/** An entry of impersonationLogs (reference 1.8). */
export function ttpImpersonation(draw: Draw, id: string, atMs: number): Fields {
  const name = displayName(draw);
  const hits = 1 + draw.int(2);
  const identifiers = CHECKS.slice(0, hits);
  return {
    id: `MTOKEN:eNqrVkou_${id}`,
    senderAddress: outsider(draw),
    recipientAddress: insider(draw),
    subject: subject(draw),
    definition: `IP - ${hits} hits (Hold for Review / User Hold)`,
    hits,
    identifiers,
    action: draw.pick(["hold", "hold", "none", "bounce"]),
    taggedExternal: draw.chance(20),
    taggedMalicious: draw.chance(70),
    senderIpAddress: ip(draw),
    eventTime: offsetTime(atMs),
    impersonationResults: identifiers.map((source) => ({
      impersonationDomainSource: source,
      ...(source === "internal_user_name" ? { similarDomain: `${name} <${insider(draw)}>` } : {}),
      stringSimilarToDomain: name,
      ...(draw.chance(80) ? { checkerResult: "hit" } : {}),
    })),
    messageId: `<${id}.${draw.word(12)}@mail.example.org>`,
  };
}

/** An entry of clickLogs; the optional tagMap has keys with a colon (reference 1.8). */
export function ttpUrl(draw: Draw, id: string, atMs: number): Fields {
  const bad = draw.chance(30);
  const tagMap = {
    DangerousFileExt: {
      Status: ["CustomerSpecific", "VerdictBlock"],
      "Inspect:FileExts": ["[exe]"],
    },
  };
  return {
    userEmailAddress: insider(draw),
    fromUserEmailAddress: outsider(draw),
    url: link(draw),
    ttpDefinition: "Default Inbound URL Protect Definition",
    subject: subject(draw),
    action: bad ? "warn" : "allow",
    adminOverride: "N/A",
    userOverride: "None",
    scanResult: bad ? "malicious" : "clean",
    category: bad ? "Dangerous file extension" : "Business",
    sendingIp: draw.chance(10) ? "Internal IP" : ip(draw),
    userAwarenessAction: draw.pick(["N/A", "NA", "Continue"]),
    date: offsetTime(atMs),
    actions: bad ? draw.pick(["Block", "Browser Isolation"]) : draw.pick(["Allow", "None"]),
    route: draw.pick(["inbound", "outbound", "internal"]),
    creationMethod: draw.pick(["User Click", "Entry Scan"]),
    emailPartsDescription: draw.chance(10) ? "Body" : [draw.pick(["Body", "Attachment"])],
    messageId: `<${id}.${draw.word(12)}@mail.example.org>`,
    ...(draw.chance(40) ? { tagMap: bad ? tagMap : {} } : {}),
  };
}

/** An entry of attachmentLogs; `details` has padding and a raw line break (reference 1.8). */
export function ttpAttachment(draw: Draw, id: string, atMs: number): Fields {
  const bad = draw.chance(20);
  const found = file(draw);
  const taken = `Time taken: 0 hrs, 0 min, ${draw.int(60)} sec`;
  return {
    senderAddress: draw.chance(5) ? "<>" : outsider(draw),
    recipientAddress: insider(draw),
    fileName: found.name,
    fileType: found.mime,
    result: bad ? "malicious" : draw.pick(["safe", "safe", "safe", "timeout"]),
    actionTriggered: bad ? "none, none" : "user release, none",
    date: offsetTime(atMs),
    details: bad
      ? `[MALICIOUS_ACTIVITY: Exploit: Attempting to exploit CVE-2010-1240\r\n${taken}]`
      : `${"Safe".padEnd(50)}\r\n${taken}`,
    route: "inbound",
    messageId: `<${id}.${draw.word(12)}@mail.example.org>`,
    subject: subject(draw),
    fileHash: draw.hex(64),
    definition: "Inbound - Safe file with On-Demand Sandbox",
  };
}
