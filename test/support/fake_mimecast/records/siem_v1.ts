import { offsetTime } from "../api_time.ts";
import type { RecordType } from "../record_types.ts";
import type { Draw } from "./draw.ts";
import { ACCOUNT_CODE, file, insider, ip, link, outsider } from "./names.ts";
import { envelope, type Fields } from "./siem_v2_mail.ts";
import { domainOf, hashes } from "./siem_v2_threats.ts";
import { checks } from "./spam_detail.ts";

/** The records of the tenant's local office hours: API 1.0 writes local times (reference 1.6). */
const OFFSETS = [60, 60, 0, -240];

/**
 * A record of an API 1.0 SIEM file (reference 1.6). The id stands in `aCode`; the types without one carry
 * it in `fileName` (av, ttp ap) or `url` (ttp url).
 */
export function siemV1(type: RecordType, draw: Draw, id: string, atMs: number): Fields {
  const head = { acc: ACCOUNT_CODE, datetime: offsetTime(atMs, draw.pick(OFFSETS)) };
  const make = MAKERS[type];
  if (make === undefined) throw new RangeError(`API 1.0 has no SIEM record of type "${type}"`);
  return make(draw, head, id);
}

type Maker = (draw: Draw, head: Fields, id: string) => Fields;

const receipt: Maker = (draw, head, id) => {
  const mail = envelope(draw);
  const rejected = draw.chance(15);
  const tls = draw.chance(85);
  return {
    ...head,
    ...(rejected
      ? {
          RejType: "Manual Envelope Rejection",
          RejCode: "550",
          RejInfo: "Envelope blocked - User Entry",
          Virus: null,
        }
      : {}),
    SpamLimit: draw.int(29),
    IP: ip(draw),
    Dir: mail.way,
    Subject: rejected ? null : mail.subject,
    MsgId: rejected ? null : mail.messageId,
    headerFrom: rejected ? null : mail.from,
    Sender: mail.from,
    Rcpt: draw.chance(10) ? [mail.to, insider(draw)] : mail.to,
    SpamInfo: "[]",
    Act: rejected ? draw.pick(["Rej", "Rej", "Ign"]) : "Acc",
    ...(tls ? { TlsVer: "TLSv1.2", Cphr: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" } : {}),
    ...(draw.chance(60) ? { SpamProcessingDetail: checks(draw) } : {}),
    aCode: aCode(draw, id),
    SpamScore: draw.int(30),
  };
};

const processed: Maker = (draw, head, id) => {
  const mail = envelope(draw);
  const held = draw.chance(15);
  const count = draw.int(3);
  const names = Array.from({ length: count }, () => `"${file(draw).name}"`).join(", ");
  const flag = () => draw.pick(["true", "false", "false"]);
  return {
    ...head,
    Act: held ? "Hld" : draw.pick(["Acc", "Acc", "Acc", "Bnc", "Rty", "Sdbx"]),
    ...(held
      ? {
          Hld: "Spm",
          IPInternalName: flag(),
          IPNewDomain: flag(),
          IPReplyMismatch: flag(),
          IPSimilarDomain: flag(),
          IPThreadDict: flag(),
        }
      : {}),
    AttCnt: count,
    AttSize: count * draw.int(90_000),
    AttNames: count === 0 ? draw.pick([null, ""]) : names,
    MsgId: mail.messageId,
    MsgSize: 2_000 + draw.int(400_000),
    ...(draw.chance(90) ? { Sender: mail.from, Subject: mail.subject } : {}),
    aCode: aCode(draw, id),
  };
};

const delivery: Maker = (draw, head, id) => {
  const mail = envelope(draw);
  const failed = draw.chance(8);
  return {
    ...head,
    Delivered: !failed,
    IP: ip(draw),
    ...(failed
      ? {
          Err: "Connection refused (Connection refused)",
          RejType: "Recipient server unavailable or busy",
          RejCode: "451",
        }
      : {}),
    AttCnt: draw.int(3),
    Dir: mail.way,
    ReceiptAck: failed ? null : `250 2.6.0 ${mail.messageId} Received OK [${draw.word(22)}]`,
    MsgId: failed && draw.chance(20) ? null : mail.messageId,
    Subject: failed && draw.chance(20) ? null : mail.subject,
    Latency: failed ? draw.int(43_470_985) : 300 + draw.int(9_000),
    Sender: failed ? "<>" : mail.from,
    Rcpt: mail.to,
    AttSize: draw.int(90_000),
    Attempt: failed ? 1 + draw.int(17) : 1,
    Snt: failed ? 0 : 2_000 + draw.int(60_000),
    ...(draw.chance(80)
      ? { TlsVer: "TLSv1.2", Cphr: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" }
      : {}),
    aCode: aCode(draw, id),
    UseTls: draw.pick(["Yes", "No"]),
    ...(draw.chance(60) ? { Route: "Office365" } : {}),
  };
};

const journal: Maker = (draw, head, id) => ({
  ...head,
  Sender: insider(draw),
  Rcpt: insider(draw),
  RcptActType: "Jnl",
  aCode: aCode(draw, id),
  Dir: "Internal",
  RcptHdrType: "Unknown",
});

const av: Maker = (draw, head, id) => {
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

const spam: Maker = (draw, head, id) => {
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

const internalEmailProtect: Maker = (draw, head, id) => {
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

const impersonation: Maker = (draw, head, id) => {
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

const urlProtect: Maker = (draw, head, id) => {
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

const attachmentProtect: Maker = (draw, head, id) => {
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

const MAKERS: { readonly [type in RecordType]?: Maker } = {
  receipt,
  process: processed,
  delivery,
  journal,
  av,
  spam,
  internal_email_protect: internalEmailProtect,
  impersonation_protect: impersonation,
  url_protect: urlProtect,
  attachment_protect: attachmentProtect,
};

/** At least the usual 22 characters. */
function aCode(draw: Draw, id: string): string {
  return id.length >= 21 ? id : `${id}_${draw.word(21 - id.length)}`;
}
