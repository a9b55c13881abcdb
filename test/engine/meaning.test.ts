import { describe, expect, it } from "vitest";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

/** What an analyst has to read in the line of a record: EventID, and attributes; null: must not be there. */
type Expected = Readonly<Record<string, string | null>>;

const read = (record: object, settings = {}) => {
  const { eventId, version, hostname, attributes } = parseLeef(lineOf(record, settings));
  const entries = [["id", eventId], ["api", version], ["host", hostname], ...attributes];
  return new Map(entries as [string, string][]);
};

function check(record: object, expected: Expected) {
  const line = read(record);
  for (const [name, value] of Object.entries(expected)) {
    expect([name, line.get(name) ?? null]).toEqual([name, value]);
  }
}

const DLP = {
  senderAddress: "a@example.com",
  recipientAddress: "b@example.net",
  eventTime: "2026-01-01T21:56:24+0000",
  route: "outbound",
  policy: "Secure Message PII",
};
const LINK = {
  userEmailAddress: "jo@example.com",
  fromUserEmailAddress: "x@example.net",
  scanResult: "malicious",
  date: "2026-01-01T13:05:03+0000",
  route: "inbound",
};
const REJECTED = {
  type: "receipt",
  subtype: "Rej",
  action: "Rej",
  timestamp: 1767225600000,
  direction: "Inbound",
};

describe("DLP", () => {
  it.each([
    ["hold", "dlp_hold", "6"],
    ["Quarantine", "dlp_hold", "6"],
    ["block", "dlp_block", "6"],
    ["delete", "dlp_delete", "6"],
    ["bounce", "dlp_bounce", "6"],
    ["notification", "dlp_notification", "5"],
    ["none", "dlp_none", "5"],
    ["secure_messaging", "dlp_secure", "4"],
    ["Secure Delivery", "dlp_secure", "4"],
    ["smart_folder", "dlp_smart_folder", "4"],
    ["gcc", "dlp_copy", "4"],
    ["content_expire", "dlp_changed", "4"],
    ["not_invented_yet", "dlp_other", "6"],
  ])("action %s", (action, id, sev) =>
    check({ ...DLP, action }, { id, sev, action, usrName: "a@example.com" }),
  );

  it("of inbound mail is about its recipient, and no leak", () => {
    check(
      { ...DLP, action: "block", route: "inbound" },
      { id: "dlp_block", sev: "3", usrName: "b@example.net" },
    );
  });
});

describe("a link", () => {
  it.each<[string, object, Expected]>([
    [
      "scanned at delivery",
      { creationMethod: "Entry Scan", action: "warn", actions: "Block" },
      { id: "ttp_url_scan_malicious", sev: "5" },
    ],
    [
      "scanned in another way",
      { creationMethod: "Real-time Protection" },
      { id: "ttp_url_scan_malicious" },
    ],
    [
      "clicked",
      { creationMethod: "User Click", action: "allow", actions: "Allow" },
      { id: "ttp_url_malicious", sev: "8" },
    ],
    [
      "clicked, warned",
      { creationMethod: "User Click", actions: "Warn", userAwarenessAction: "N/A" },
      { id: "ttp_url_click_warned", sev: "6" },
    ],
    [
      "clicked, warned, gone on",
      { creationMethod: "User Click", actions: "Warn", userAwarenessAction: "Continue" },
      { id: "ttp_url_malicious" },
    ],
    [
      "clicked, blocked",
      { creationMethod: "User Click", action: "warn", actions: "Block" },
      { id: "ttp_url_click_blocked", sev: "5" },
    ],
    [
      "clicked, isolated",
      { creationMethod: "User Click", actions: "Browser Isolation" },
      { id: "ttp_url_click_isolated" },
    ],
    [
      "clicked, in a record that does not say how",
      { action: "block" },
      { id: "ttp_url_click_blocked" },
    ],
    [
      "in internal mail",
      { creationMethod: "Entry Scan", route: "internal" },
      { usrName: "x@example.net" },
    ],
    [
      "with tags",
      { tagMap: { A: { Status: ["VerdictBlock"] } } },
      { tagMap: '{"A":{"Status":["VerdictBlock"]}}' },
    ],
  ])("%s", (_, more, expected) => check({ ...LINK, ...more }, expected));
});

describe("a rejection", () => {
  it.each<[string, object, Expected]>([
    [
      "for a QR code tells what was found",
      {
        rejectionType: "Malicious QRCode Detection",
        rejectionInfo: "[Type: [Phishing & Fraud],Url: [https://x.example/]",
        receiptErrors: "Malicious QRCode detected in email: UrlReputationScan",
      },
      {
        id: "receipt_rejected_malicious",
        sev: "7",
        receiptErrors: "Malicious QRCode detected in email: UrlReputationScan",
      },
    ],
    [
      "for malware, by its error alone",
      { receiptErrors: "Virus Signature Detected" },
      { id: "receipt_rejected_malicious" },
    ],
    [
      "by a blocklist found no virus",
      {
        rejectionType: "IP Found in RBL",
        rejectionInfo: "sip.example Blocked",
        virusFound: "sip.example Blocked",
      },
      { id: "receipt_rejected", sev: "4", virusFound: null, reason: "sip.example Blocked" },
    ],
    ["with a virus names it", { virusFound: "Eicar", rejectionInfo: "x" }, { virusFound: "Eicar" }],
    [
      "is not malicious for what a sender's address says",
      {
        rejectionType: "Manual Envelope Rejection",
        rejectionInfo: "Blocked https://antivirus.example/phish",
      },
      { id: "receipt_rejected" },
    ],
  ])("%s", (_, more, expected) => check({ ...REJECTED, ...more }, expected));

  it("of the rejection log keeps the whole id, and the address before it was changed", () => {
    const id = "k".repeat(366);
    const record = {
      id,
      fromAddress: "a@b.c",
      toAddress: "d@e.f",
      toAddressPreCheck: "old@e.f",
      manageRecipient: "false",
    };
    check(
      { ...record, description: "Malware" },
      { id: "rejection_malicious", recordId: id, toAddressPreCheck: "old@e.f", truncated: null },
    );
  });
});

describe("Cloud Integrated", () => {
  const entity = (action: string | null, threatState: string) => ({
    type: "entities",
    subtype: "PHISHING",
    threatType: "PHISHING",
    threatState,
    policiesApplied: [{ action, mode: "ACTIVE", name: "p" }],
    recipients: ["a@b.c"],
    senderEnvelope: "x@y.z",
    direction: "INBOUND",
    timestamp: 1767225600000,
  });

  it("carries the action, and tells stopped from delivered", () => {
    check(entity("QUARANTINE", "QUARANTINED"), {
      id: "ci_entities_phishing_stopped",
      sev: "5",
      action: "QUARANTINE",
    });
    check(entity("DO_NOTHING", "DELIVERED"), {
      id: "ci_entities_phishing",
      sev: "7",
      action: "DO_NOTHING",
    });
  });

  it.each([
    ["REMEDIATED", "ci_entities_phishing_stopped"],
    ["NOT_BLOCKED", "ci_entities_phishing"],
    ["Quarantine failed", "ci_entities_phishing"],
    ["RELEASED_FROM_QUARANTINE", "ci_entities_phishing"],
  ])("%s is what became of the threat, not a word in it", (threatState, id) =>
    check(entity(null, threatState), { id, threatState }),
  );

  it.each<[string, object, string]>([
    ["that got through", { action: "ALLOW", scanResult: "MALICIOUS" }, "ci_urlclick_malicious"],
    ["that only its type tells of", { subtype: "Malicious" }, "ci_urlclick_malicious"],
    ["stopped", { subtype: "MALICIOUS", threatState: "BLOCKED" }, "ci_urlclick_blocked"],
    ["not stopped", { subtype: "MALICIOUS", threatState: "NOT_BLOCKED" }, "ci_urlclick_malicious"],
    ["on what is harmless", { action: "ALLOW", scanResult: "CLEAN" }, "ci_urlclick_allowed"],
    ["blocked", { action: "BLOCK", scanResult: "MALICIOUS" }, "ci_urlclick_blocked"],
  ])("a click %s", (_, more, id) =>
    check({ type: "urlclick", recipients: ["a@b.c"], ...more }, { id, usrName: "a@b.c" }),
  );

  it("names the checks that passed for another domain", () => {
    const authResults = [
      { type: "SPF", result: "pass", aligned: false },
      { type: "DKIM", result: "pass", aligned: true },
      { type: "DMARC", aligned: false },
    ];
    check({ type: "mailflow", authResults }, { spf: "pass", notAligned: "SPF,DMARC" });
  });
});

describe("an audit event", () => {
  it.each([
    ["Login Failed", "authentication_logs", "audit_logon_failed", "6"],
    ["Failed Authentication", "authentication", "audit_logon_failed", "6"],
    ["User Logged In", "authentication_logs", "audit_logon_success", "2"],
    ["Device Enrollment Failed", "authentication_logs", "audit_authentication", "2"],
    ["Logon Requires Challenge", "authentication_logs", "audit_authentication", "2"],
    ["eDiscovery Search Export", "case_review_logs", "audit_archive_export", "6"],
    ["Archive Message Restored", "archive_service_logs", "audit_archive_export", "6"],
    ["Report Export", "reporting_logs", "audit_reporting", "2"],
    ["Completed Directory Sync", "account_logs", "audit_directory_sync", "1"],
    ["Directory Sync Failed", "account_logs", "audit_account", "4"],
    ["Mimecast Support Access Granted", "mimecast_access_logs", "audit_support_login", "5"],
  ])("%s of %s", (auditType, category, id, sev) => check({ auditType, category }, { id, sev }));
});

describe("other records", () => {
  it.each([
    ["RECEIPT", "receipt_accepted"],
    ["Impersonation Protect", "impersonation_protect_other"],
    ["attachment-protect", "attachment_protect"],
    ["Internal_Email_Protect", "internal_email_protect"],
    ["receipts", "unknown_other"],
  ])("the type %s is known in any case, and with any sign for a blank", (type, id) =>
    check({ type, action: "Acc" }, { id }),
  );

  it("a processed mail has no user: its sender may be anyone", () => {
    check(
      { type: "process", action: "Hld", holdReason: "Spm", senderEnvelope: "x@example.net" },
      { id: "process_held", usrName: null },
    );
  });

  it("a malicious attachment of internal mail is its sender's", () => {
    const record = {
      senderAddress: "a@b.c",
      recipientAddress: "d@b.c",
      actionTriggered: "none",
      result: "malicious",
    };
    check({ ...record, route: "internal" }, { id: "ttp_attachment_malicious", usrName: "a@b.c" });
  });

  it("a held mail tells whether it has attachments, in either log", () => {
    const held = { heldReason: "x", status: "released" };
    check({ ...held, attachments: false }, { hasAttachments: "false", attNames: null });
    check({ reasonCode: "x", hasAttachments: true }, { hasAttachments: "true" });
  });

  it("an unsafe attachment is malicious", () => {
    const record = { senderAddress: "a@b.c", actionTriggered: "none", result: "unsafe" };
    check(record, { id: "ttp_attachment_malicious", sev: "8" });
  });

  it.each([
    ["email_receipt", "receipt_accepted"],
    ["email_ttp_ap", "attachment_protect"],
    ["email_antivirus", "av"],
    ["email_ttp_impersonation", "impersonation_protect_other"],
  ])("a pushed record is of the type that its label %s says", (Logtype, id) => {
    const record = {
      Logtype,
      action: "Acc",
      fileName: "invoice.exe",
      emailSize: "1",
      delivered: null,
    };
    check(record, { id });
  });

  it("a receipt that is allowed is accepted", () => {
    check(
      { eventType: "receipt", subType: "Allow", action: "Allow" },
      { id: "receipt_accepted", api: "2.0" },
    );
  });

  it("impersonation that is not tagged is told apart", () => {
    const held = { eventType: "impersonation protect", subType: "Hold", action: "Hold" };
    check(
      { ...held, taggedMalicious: "false" },
      { id: "impersonation_protect_untagged", sev: "4" },
    );
    check({ ...held, taggedMalicious: "true" }, { id: "impersonation_protect_held", sev: "8" });
  });

  it("an impersonation tells which words matched", () => {
    const impersonationResults = [
      {
        impersonationDomainSource: "targeted_threat_dictionary",
        stringSimilarToDomain: "process,please",
      },
      {
        impersonationDomainSource: "internal_user_name",
        stringSimilarToDomain: "Jo Lind",
        checkerResult: "hit",
      },
    ];
    check(
      { identifiers: ["x"], action: "hold", taggedMalicious: true, impersonationResults },
      { id: "ttp_impersonation_hold", matched: "process,please,Jo Lind", checkerResult: "hit" },
    );
  });

  it("one recipient is one, however it is written", () => {
    const to = { emailAddress: "a@b.c", displayableName: "A" };
    const released = { heldReason: "x", status: "released" };
    check({ ...released, to }, { rcptCount: null, recipients: "a@b.c", recipientNames: "A" });
    check({ ...released, to: [to, to] }, { rcptCount: "2" });
    check(
      { ...released, fromHdr: { emailAddress: "x@y.z", displayableName: "Boss" } },
      { senderName: "Boss" },
    );
  });

  it("a message on hold has a time and an event", () => {
    const record = {
      reason: "Spam",
      reasonCode: "spam",
      policyInfo: "p",
      dateReceived: "2026-01-01T00:00:00+0000",
    };
    check(record, {
      id: "held_message",
      devTime: "1767225600000",
      timeMissing: null,
      holdReason: "spam",
      policy: "p",
    });
  });

  it("names of attachments come without Mimecast's quotes", () => {
    const names = (attachments: unknown) => read({ type: "process", attachments }).get("attNames");
    expect(names('"a.pdf", "b, c.png"')).toBe("a.pdf,b, c.png");
    expect(names('" a.pdf", "b.png "')).toBe("a.pdf,b.png");
    expect(names('"  "')).toBe(undefined);
    expect(names('""')).toBe(undefined);
    expect(names('"')).toBe('"');
    expect(names('"one.pdf"')).toBe("one.pdf");
    expect(names('a "b".pdf')).toBe('a "b".pdf');
    expect(names(["a.pdf", "b.pdf"])).toBe("a.pdf,b.pdf");
  });

  it("a hash of another length is kept", () => {
    const record = { fileHash: "d".repeat(32), actionTriggered: "none" };
    check(record, { fileHash: "d".repeat(32), sha256: null });
    check({ ...record, fileHash: "d".repeat(64) }, { fileHash: null, sha256: "d".repeat(64) });
  });
});

describe("why spam came through", () => {
  const detail = (more: object) => ({
    type: "receipt",
    spamProcessingDetail: { spf: { info: "FAIL", allow: true }, ...more },
  });

  it("is told where there is a reason, and only then", () => {
    const none = {
      greyEmail: false,
      permittedSender: { info: "NONE", allow: true },
      managedSender: { info: "UNKNOWN" },
    };
    check(detail(none), {
      spf: "FAIL",
      greyEmail: null,
      permittedSender: null,
      managedSender: null,
    });
    const some = {
      greyEmail: true,
      permittedSender: { info: "PERMITTED", allow: true },
      managedSender: { info: "TRUSTED" },
    };
    const expected = { greyEmail: "1", permittedSender: "PERMITTED", managedSender: "TRUSTED" };
    check(detail(some), expected);
    const text = JSON.stringify(detail(some).spamProcessingDetail);
    check({ type: "receipt", spamProcessingDetail: text }, expected);
  });
});

describe("the API generation", () => {
  it.each([
    [
      {
        datetime: "2021-12-26T23:54:50+0000",
        aCode: "a",
        acc: "C46A75",
        Dir: "Outbound",
        Act: "Acc",
      },
      "1.0",
    ],
    [{ acc: "C1", Sender: "a@b.c", Rcpt: "d@e.f" }, "1.0"],
    [{ type: "receipt", processingId: "p", aggregateId: "a" }, "2.0"],
  ])("is read from %j", (record, api) => {
    for (const told of ["1.0", "2.0"] as const)
      expect(read(record, { api: told }).get("api")).toBe(api);
  });

  it("is that of the settings where the record does not show it", () => {
    const audit = { auditType: "x", eventInfo: "y" };
    expect(read(audit, { api: "1.0" }).get("api")).toBe("1.0");
    expect(read(audit, { api: "2.0" }).get("api")).toBe("2.0");
  });
});

describe("without an account", () => {
  it("a record has the same host directly and through json", () => {
    const record = {
      type: "receipt",
      accountId: "C46A75",
      action: "Acc",
      timestamp: 1767225600000,
    };
    const plain = { account: "", hostname: "" };
    const direct = lineOf(record, plain);
    expect(lineOf(lineOf(record, { ...plain, format: "json" }), plain)).toBe(direct);
    expect(parseLeef(direct).hostname).toBe("mimecast-C46A75");
  });
});
