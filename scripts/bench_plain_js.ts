// The work of `encode` in straight JavaScript, as a line of comparison: JSON.parse, and a line by string building. It has
// neither the whole mapping nor the replacement rules nor the byte limit, so the real thing would be slower.
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

const KEYS: Readonly<Record<string, string>> = {
  accountId: "accountName",
  direction: "direction",
  action: "action",
  senderEnvelope: "sender",
  senderHeader: "senderHeader",
  messageId: "messageId",
  subject: "subject",
  recipients: "recipients",
  processingId: "processingId",
  aggregateId: "aggregateId",
  rejectionType: "rejectionType",
  rejectionCode: "rejectionCode",
  rejectionInfo: "rejectionInfo",
  tlsVersion: "tlsVersion",
  tlsCipher: "tlsCipher",
  senderIp: "src",
  destinationIp: "dst",
  emailSize: "emailSize",
};

const input = createReadStream(process.argv[2] as string).pipe(createGunzip());
let lines = "";
let rest = "";
input.setEncoding("utf8");
for await (const piece of input) {
  const texts = (rest + piece).split("\n");
  rest = texts.pop() as string;
  for (const text of texts) lines += lineOf(text);
  if (lines.length < 65_536) continue;
  await new Promise((done) => process.stdout.write(lines, done));
  lines = "";
}
process.stdout.write(lines);

function lineOf(text: string): string {
  const record = JSON.parse(text) as Record<string, unknown>;
  const time = new Date(Number(record.timestamp)).toISOString();
  let line = `<134>1 ${time} mimecast LEEF:2.0|Mimecast|Email Security|2.0|${record.type}|^|cat=${record.type}^devTime=${record.timestamp}`;
  for (const [key, name] of Object.entries(KEYS)) {
    const value = record[key];
    if (value === null || value === undefined || value === "") continue;
    line += `^${name}=${String(value).replaceAll(/[\p{Cc}^|]+/gu, " ")}`;
  }
  return `${line}\n`;
}
