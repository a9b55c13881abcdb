import type { RecordKind } from "../../encode/engine.ts";

/** A record of a family, as Mimecast would serve it. */
export interface TestRecord {
  readonly kind: RecordKind;
  readonly record: object;
}

const SUBJECT = "Test event of mimecast-input";
/** A domain that nobody can have (RFC 2606), and addresses that nobody has (RFC 5737). */
const SENDER = "test-sender@example.invalid";
const RECIPIENT = "test-recipient@example.invalid";
const SOURCE = "192.0.2.1";
const DESTINATION = "198.51.100.1";
const SHA256 = "7e57".repeat(16);

const MESSAGE_ID = "<test@example.invalid>";
const URL_TEXT = "https://www.example.invalid/test";

/**
 * One record of each family, of the harmless outcome where a family has one: a rule that takes a single event must not make an
 * offense of it. Every name and address belongs to nobody.
 */
export function testRecords(nowMs: number): readonly TestRecord[] {
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "+0000");
  return [
    ...siemRecords(nowMs),
    ...cloudRecords(nowMs),
    ...ttpRecords(time),
    ...otherRecords(time),
    {
      kind: "health",
      record: {
        timestamp: nowMs,
        status: "ok",
        endpoint: "verify",
        message: SUBJECT,
        lagSeconds: 0,
      },
    },
  ];
}

function siemRecords(nowMs: number): TestRecord[] {
  const siem = (type: string, record: object): TestRecord => ({
    kind: "siem",
    record: { ...mail(nowMs), ...record, type },
  });
  const file = { fileName: "test.txt", sha256: SHA256, route: "inbound" };
  return [
    siem("receipt", { action: "Acc", senderHeader: SENDER, direction: "inbound" }),
    siem("process", { action: "Acc", holdReason: "Test" }),
    siem("delivery", {
      delivered: "true",
      senderIp: undefined,
      destinationIp: DESTINATION,
      Hostname: "mx.example.invalid",
      direction: "Inbound",
    }),
    siem("journal", { direction: "Internal" }),
    siem("spam", { senderHeader: SENDER, route: "Inbound" }),
    siem("impersonation protect", {
      action: "none",
      route: "Inbound",
      policyDefinition: "Test",
      taggedMalicious: "false",
    }),
    siem("attachment protect", file),
    siem("url protect", {
      action: "Allow",
      url: URL_TEXT,
      urlCategory: "Test",
      sourceIp: SOURCE,
      route: "inbound",
    }),
    siem("internal email protect", { urlCategory: "Test", route: "Internal" }),
    siem("av", { ...file, virusFound: "Test" }),
  ];
}

function cloudRecords(nowMs: number): TestRecord[] {
  const cloud = (type: string, record: object): TestRecord => ({
    kind: "cloud_integrated",
    record: { ...mail(nowMs), recipients: [RECIPIENT], ...record, type },
  });
  return [
    cloud("entities", {
      threatType: "NO_DETECTIONS",
      subtype: "NO_DETECTIONS",
      policiesApplied: [{ action: "NONE", mode: "ACTIVE", name: "Test" }],
      direction: "INBOUND",
    }),
    cloud("mailflow", { authResults: [{ aligned: true, result: "pass", type: "SPF" }] }),
    cloud("urlclick", { subtype: "ALLOWED", url: URL_TEXT, sourceIp: SOURCE }),
  ];
}

function ttpRecords(time: string): TestRecord[] {
  const logged = {
    subject: SUBJECT,
    senderAddress: SENDER,
    recipientAddress: RECIPIENT,
    messageId: MESSAGE_ID,
    route: "inbound",
  };
  return [
    {
      kind: "ttp_url",
      record: {
        ...logged,
        userEmailAddress: RECIPIENT,
        fromUserEmailAddress: SENDER,
        url: URL_TEXT,
        action: "allow",
        scanResult: "clean",
        category: "Test",
        sendingIp: SOURCE,
        date: time,
        actions: "Allow",
        creationMethod: "User Click",
      },
    },
    {
      kind: "ttp_attachment",
      record: { ...logged, fileName: "test.txt", result: "safe", date: time, fileHash: SHA256 },
    },
    {
      kind: "ttp_impersonation",
      record: {
        ...logged,
        id: "test",
        definition: "Test",
        hits: 1,
        action: "none",
        taggedMalicious: false,
        senderIpAddress: SOURCE,
        eventTime: time,
      },
    },
    { kind: "dlp", record: { ...logged, policy: "Test", action: "none", eventTime: time } },
  ];
}

function otherRecords(time: string): TestRecord[] {
  return [
    {
      kind: "audit",
      record: {
        id: "test",
        auditType: "Case Action",
        user: SENDER,
        eventTime: time,
        eventInfo: `${SUBJECT}, IP: ${SOURCE}, Application: test`,
        category: "case_review_logs",
      },
    },
    {
      kind: "rejections",
      record: {
        id: "test",
        fromAddress: SENDER,
        toAddress: RECIPIENT,
        description: "Invalid Recipient Address",
        type: 14001,
        created: time,
        ipAddress: SOURCE,
      },
    },
    {
      kind: "held_release",
      record: {
        id: "test",
        status: "released",
        heldReason: "Test",
        released: time,
        operator: SENDER,
        fromEnv: { emailAddress: SENDER },
        to: [{ emailAddress: RECIPIENT }],
        subject: SUBJECT,
        route: "inbound",
        policy: "Test",
      },
    },
    {
      kind: "archive_search",
      record: { createTime: time, emailAddr: SENDER, source: "archive", searchReason: SUBJECT },
    },
    {
      kind: "archive_view",
      record: { viewer: SENDER, source: "Archive", viewed: time, to: RECIPIENT, subject: SUBJECT },
    },
    {
      kind: "threat_intel",
      record: { type: "relationship", id: "test", created: time, modified: time, name: SUBJECT },
    },
  ];
}

function mail(nowMs: number) {
  return {
    processingId: "test",
    aggregateId: "test",
    accountId: "TEST",
    timestamp: nowMs,
    messageId: MESSAGE_ID,
    senderEnvelope: SENDER,
    recipients: RECIPIENT,
    subject: SUBJECT,
    senderIp: SOURCE,
  };
}
