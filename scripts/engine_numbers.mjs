/** What has a number in the engine: the order of these lists is that of the numbers. */

/** Record kinds in the order of their numbers. */
export { KINDS } from "../plugin/encode/engine_module.ts";

/** How an attribute's value is made, in the order of their numbers (`as` in mapping.json). */
export const OPERATIONS = [
  "text",
  "url",
  "address",
  "lower",
  "count",
  "ip",
  "sha256",
  "checks",
  "rcptCount",
  "usrName",
  "accountName",
  "accountId",
  "eventUid",
  "timeMissing",
  "ambiguous",
  "truncated",
  "spamDetail",
  "authResult",
  "auditIp",
  "auditApplication",
  "patternSha256",
  "virus",
  "otherHash",
  "notAligned",
  "member",
  "fileNames",
];

/** Whose name becomes usrName; anything else in `user` is a field. */
export const USERS = ["direction", "recipient", "sender", "click", "none"];

/** Words that the engine's code needs as bytes; they lie in TEXT with all other names. */
export const WORDS = {
  emailAddress: "emailAddress",
  decision: "decision",
  info: "info",
  allow: "allow",
  deny: "deny",
  type: "type",
  result: "result",
  aligned: "aligned",
  application: "application",
  host: "mimecast-",
  verdict: "verdict",
  spf: "spf",
  dkim: "dkim",
  dmarc: "dmarc",
  rbl: "rbl",
  permittedSender: "permittedSender",
  managedSender: "managedSender",
  noRoom: '{"message":""}\0',
};

/** Written by the line writer itself, always first. */
export const LEADING = ["cat", "devTime", "sev"];
