import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { file, insider, ip, link, messageId, outsider } from "./names.ts";
import { envelope } from "./siem_v2_mail.ts";

/** A message in a spam event thread (reference 2.9, spam). */
export function spamV2(draw: Draw): Fields {
  const mail = envelope(draw);
  const from = outsider(draw);
  return {
    messageId: mail.messageId,
    senderEnvelope: from,
    subject: draw.chance(5) ? null : mail.subject,
    recipients: insider(draw),
    senderIp: ip(draw),
    senderDomain: domainOf(from),
    route: "Inbound",
    senderHeader: from,
    ...(draw.chance(40)
      ? { taggedExternal: draw.pick(["true", null]), taggedMalicious: null }
      : {}),
    subtype: null,
  };
}

/** A link clicked or scanned (reference 2.9, url protect). */
export function urlProtectV2(draw: Draw): Fields {
  const mail = envelope(draw);
  const from = outsider(draw);
  const action = draw.pick(["Block", "Block", "Allow", "Warn"]);
  const evidence = {
    CredentialTheftEvidence: ["The website uses an unencrypted connection"],
    CredentialTheftTags: ["NO_CERTIFICATE", "REDIRECTION"],
  };
  return {
    urlCategory: draw.pick([
      "Phishing & Fraud",
      "Business",
      "Compromised",
      "Dangerous file extension",
    ]),
    action,
    url: link(draw),
    subject: mail.subject,
    sourceIp: ip(draw),
    senderDomain: domainOf(from),
    senderEnvelope: from,
    route: "inbound",
    recipients: insider(draw),
    blockReason: action === "Block" ? "malicious" : "",
    messageId: mail.messageId,
    analysis: draw.chance(50) ? "null" : JSON.stringify(evidence),
    subtype: action,
  };
}

/** An attempt to pose as somebody else (reference 2.9, impersonation protect). */
export function impersonationProtectV2(draw: Draw): Fields {
  const mail = envelope(draw);
  const action = draw.pick(["Hold", "Hold", "Bounce", "None"]);
  const flag = () => (draw.chance(20) ? "true" : "false");
  return {
    taggedMalicious: draw.chance(60) ? "true" : "false",
    subject: mail.subject,
    internalUserName: flag(),
    senderEnvelope: outsider(draw),
    policyDefinition: "Default Impersonation Definition",
    newDomain: flag(),
    customThreatDictionary: flag(),
    action,
    senderIp: ip(draw),
    similarInternalDomain: flag(),
    messageId: draw.chance(10) ? "" : mail.messageId,
    itemsDetected: String(1 + draw.int(3)),
    mimecastThreatDictionary: flag(),
    customNameMatch: flag(),
    route: "Inbound",
    similarMimecastExternalDomain: flag(),
    recipients: insider(draw),
    similarCustomExternalDomain: flag(),
    taggedExternal: flag(),
    replyMismatch: flag(),
    subtype: action,
  };
}

/** A dangerous attachment; older records have no addresses at all (reference 2.9, attachment protect). */
export function attachmentProtectV2(draw: Draw): Fields {
  const found = file(draw);
  const from = outsider(draw);
  const since2025 = draw.chance(60)
    ? {
        senderEnvelope: from,
        messageId: messageId(draw),
        subject: envelope(draw).subject,
        recipient: insider(draw),
        sizeAttachment: String(draw.int(4_000_000)),
        senderIp: ip(draw),
        senderDomain: domainOf(from),
        fileMime: found.mime,
        route: "Inbound",
      }
    : {};
  return {
    fileName: found.name,
    fileExtension: found.ext,
    ...hashes(draw),
    ...since2025,
    subtype: null,
  };
}

/** A dangerous link or file inside the company (reference 2.9, internal email protect). */
export function internalEmailProtectV2(draw: Draw): Fields {
  const mail = envelope(draw);
  return {
    messageId: mail.messageId,
    senderEnvelope: insider(draw),
    subject: mail.subject,
    recipients: insider(draw),
    urlCategory: draw.pick(["Compromised", "Dangerous file extension"]),
    scanResults: draw.pick([
      "Blocked URL Category",
      "Restricted File Type - Found executable extension: dll",
    ]),
    route: "Internal",
    monitoredDomainSource: draw.pick([null, "example.com"]),
    similarDomain: draw.pick([null, "examp1e.com"]),
    subtype: null,
  };
}

/** A virus found by signature (reference 2.9, av). */
export function avV2(draw: Draw): Fields {
  const found = file(draw);
  const from = outsider(draw);
  return {
    fileName: found.name,
    subject: envelope(draw).subject,
    senderEnvelope: from,
    messageId: messageId(draw).slice(1, -1),
    senderDomainInternal: "false",
    virusFound: draw.pick(["Eicar-Test-Signature", "Generic.Phishing"]),
    route: "Inbound",
    recipients: insider(draw),
    fileExtension: found.ext,
    senderIp: ip(draw),
    senderDomain: domainOf(from),
    emailSize: String(draw.int(2_000_000)),
    ...hashes(draw),
    subtype: null,
  };
}

/** The three digests of a file. */
export function hashes(draw: Draw): Fields {
  return { sha256: draw.hex(64), sha1: draw.hex(40), md5: draw.hex(32) };
}

/** What stands behind the "@". */
export function domainOf(address: string): string {
  return address.slice(address.indexOf("@") + 1);
}
