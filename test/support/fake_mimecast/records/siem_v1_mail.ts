import type { Draw } from "./draw.ts";
import type { Fields } from "./fields.ts";
import { file, insider, ip } from "./names.ts";
import { envelope } from "./siem_v2_mail.ts";
import { checks } from "./spam_detail.ts";

/** Makes a record of API 1.0 round its account and local time. */
export type MakerV1 = (draw: Draw, head: Fields, id: string) => Fields;

/** Deferred: `Err`. Rejected: a code and a text of the other side. */
const FAILURES = [
  {
    Err: "Connection refused (Connection refused)",
    RejType: "Recipient server unavailable or busy",
  },
  {
    RejType: "Recipient email address is possibly incorrect",
    RejCode: "550",
    RejInfo: "5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx1.example.org]",
  },
];

/** Message accepted, rejected or ignored at the gateway (reference 1.6, receipt). */
export const receiptV1: MakerV1 = (draw, head, id) => {
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

/** What the policies did with a message (reference 1.6, process). */
export const processV1: MakerV1 = (draw, head, id) => {
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

/** One attempt to deliver: some are rejected, some deferred (reference 1.6, delivery). */
export const deliveryV1: MakerV1 = (draw, head, id) => {
  const mail = envelope(draw);
  const failed = draw.chance(8);
  return {
    ...head,
    Delivered: !failed,
    IP: ip(draw),
    ...(failed ? draw.pick(FAILURES) : {}),
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

/** A journalled message (reference 1.6, jrnl). */
export const journalV1: MakerV1 = (draw, head, id) => ({
  ...head,
  Sender: insider(draw),
  Rcpt: insider(draw),
  RcptActType: "Jnl",
  aCode: aCode(draw, id),
  Dir: "Internal",
  RcptHdrType: "Unknown",
});

/** `aCode` of at least the usual 22 characters. */
export function aCode(draw: Draw, id: string): string {
  return id.length >= 21 ? id : `${id}_${draw.word(21 - id.length)}`;
}
