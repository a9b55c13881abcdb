import { file, insider, ip, link, outsider } from "./names.ts";
import { aCode, type MakerV1 } from "./siem_v1_mail.ts";
import { envelope } from "./siem_v2_mail.ts";
import { domainOf, hashes } from "./siem_v2_threats.ts";

/** A virus; without aCode (reference 1.6, av). */
export const avV1: MakerV1 = (draw, head, id) => {
  const found = file(draw);
  const from = outsider(draw);
  return {
    CustomerIP: "true",
    IP: ip(draw),
    MimecastIP: "false",
    MsgId: envelope(draw).messageId,
    Recipient: insider(draw),
    Route: "Inbound",
    Sender: from,
    SenderDomain: domainOf(from),
    SenderDomainInternal: "false",
    Size: draw.int(2_000_000),
    Subject: envelope(draw).subject,
    Virus: "Eicar-Test-Signature",
    ...head,
    fileExt: found.ext,
    fileMime: found.mime,
    fileName: `${id} ${found.name}`,
    ...hashes(draw),
  };
};

/** A message in a spam event thread (reference 1.6, spam). */
export const spamV1: MakerV1 = (draw, head, id) => {
  const from = outsider(draw);
  const mail = envelope(draw);
  return {
    ...head,
    MsgId: mail.messageId,
    Recipient: insider(draw),
    Route: "Inbound",
    Sender: from,
    SenderDomain: domainOf(from),
    SourceIP: ip(draw),
    Subject: mail.subject,
    aCode: aCode(draw, id),
    headerFrom: from,
  };
};

/** A dangerous link inside the company (reference 1.6, iep). */
export const internalEmailProtectV1: MakerV1 = (draw, head, id) => {
  const mail = envelope(draw);
  return {
    ...head,
    MsgId: mail.messageId,
    Recipient: insider(draw),
    Route: "Internal",
    ScanResultInfo: "Blocked URL Category",
    Sender: insider(draw),
    Subject: mail.subject,
    URL: link(draw),
    UrlCategory: "Phishing & Fraud",
    aCode: aCode(draw, id),
  };
};

/** An attempt to pose as somebody else (reference 1.6, impersonation protect). */
export const impersonationProtectV1: MakerV1 = (draw, head, id) => {
  const flag = () => draw.pick(["true", "false", "false"]);
  const mail = envelope(draw);
  return {
    ...head,
    Action: draw.pick(["Hold", "Hold", "None"]),
    CustomName: flag(),
    CustomThreatDictionary: flag(),
    Definition: "Default Impersonation Definition",
    Hits: String(1 + draw.int(3)),
    IP: ip(draw),
    InternalName: flag(),
    MsgId: mail.messageId,
    NewDomain: flag(),
    Recipient: insider(draw),
    ReplyMismatch: flag(),
    Route: "Inbound",
    Sender: outsider(draw),
    SimilarCustomExternalDomain: flag(),
    SimilarInternalDomain: flag(),
    SimilarMimecastExternalDomain: flag(),
    Subject: mail.subject,
    TaggedExternal: flag(),
    TaggedMalicious: flag(),
    ThreatDictionary: flag(),
    aCode: aCode(draw, id),
  };
};

/** A clicked link, with keys in lower camel case and without aCode (reference 1.6, ttp url). */
export const urlProtectV1: MakerV1 = (draw, head, id) => {
  const from = outsider(draw);
  const mail = envelope(draw);
  const theft = {
    CredentialTheftEvidence: ["The website uses an unencrypted connection"],
    CredentialTheftTags: ["REDIRECTION"],
  };
  return {
    acc: head.acc,
    reason: "malicious",
    subject: draw.chance(10) ? null : mail.subject,
    msgid: draw.chance(50) ? null : mail.messageId,
    url: `https://www.example.org/${id}/${draw.word(10)}?a=b`,
    datetime: head.datetime,
    route: "inbound",
    sourceIp: ip(draw),
    sender: from,
    recipient: insider(draw),
    action: "Block",
    urlCategory: "Phishing & Fraud",
    credentialTheft: draw.chance(50) ? null : theft,
    senderDomain: domainOf(from),
  };
};

/** A dangerous attachment, without aCode (reference 1.6, ttp ap). */
export const attachmentProtectV1: MakerV1 = (draw, head, id) => {
  const found = file(draw);
  const from = outsider(draw);
  return {
    IP: ip(draw),
    Recipient: insider(draw),
    Route: "Inbound",
    Sender: from,
    SenderDomain: domainOf(from),
    Size: draw.int(900_000),
    ...head,
    fileExt: found.ext,
    fileMime: found.mime,
    fileName: `${id} ${found.name}`,
    ...hashes(draw),
  };
};
