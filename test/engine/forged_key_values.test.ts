import fc from "fast-check";
import { describe, expect, test } from "vitest";
import MAPPING from "../../plugin/engine/mapping.json" with { type: "json" };
import { runs } from "../support/amount.ts";
import { lineOf } from "../support/engine_lines.ts";
import { parseLeef } from "../support/leef_reference.ts";

/**
 * Lines of API 1.0 in which whoever sends a mail writes pipes and names of fields. The pairs are in the order of
 * docs/decisions/0016-key-value-order.md; `{field}` is where his text goes.
 */
const HEAD = "datetime=2026-01-01T16:47:41+0100|aCode=7O7I7MvGP1mj8plHRDuHEA|acc=CEXA01A100";
const RECORDS: Readonly<Record<string, string>> = {
  "a rejected receipt":
    "SpamLimit=28|IP=192.0.2.17|RejType=\\Virus Signature Detection\\|RejCode=554|Dir=Inbound|MsgId={MsgId}|Subject=\\{Subject}\\|headerFrom={headerFrom}|Sender={Sender}|Rcpt={Rcpt}|SpamInfo=[]|Act=Rej|RejInfo=\\5.7.1 no\\|TlsVer=TLSv1.2|Cphr=AES|SpamScore=3",
  "a rejected receipt without what is optional":
    "IP=192.0.2.17|Dir=Inbound|MsgId={MsgId}|Sender={Sender}|Rcpt={Rcpt}|Act=Rej",
  "a receipt of a small table":
    "Sender={Sender}|Rcpt={Rcpt}|Act=Rej|IP=192.0.2.17|Dir=Inbound|Subject=\\{Subject}\\|MsgId={MsgId}|headerFrom={headerFrom}",
  "a receipt with a virus":
    "IP=192.0.2.17|Dir=Inbound|MsgId={MsgId}|Subject=\\{Subject}\\|headerFrom={headerFrom}|Sender={Sender}|Virus=Eicar|Rcpt={Rcpt}|Act=Rej",
  "a processed mail":
    "AttSize=1267|Act=Bnc|AttCnt=2|AttNames={AttNames}|MsgSize=2116|MsgId={MsgId}|Subject=\\{Subject}\\",
  "a held mail":
    "Hld=Spm|IPNewDomain=false|AttCnt=1|AttNames={AttNames}|MsgSize=56442|MsgId={MsgId}|Subject=\\{Subject}\\|IPThreadDict=false|IPSimilarDomain=false|Sender={Sender}|Act=Hld|AttSize=7|IPReplyMismatch=true|IPInternalName=false",
  "a failed delivery":
    "Delivered=false|IP=198.51.100.24|RejType=\\Server busy\\|RejCode=451|AttCnt=0|Dir=Inbound|MsgId={MsgId}|Subject=\\{Subject}\\|Latency=120|Sender={Sender}|Rcpt={Rcpt}|AttSize=0|Attempt=3|RejInfo=\\4.7.500 busy\\|TlsVer=TLSv1.2|Cphr=AES|Snt=125|UseTls=Yes|Route=Office365",
  "a virus":
    "MimecastIP=false|fileName={fileName}|sha256=efe51c2453821310c7a34dca3054021d0f6d453b7133c381d75e3140901efd12|Size=1648832|IP=192.0.2.17|Recipient={Rcpt}|SenderDomain=example.net|fileExt={fileExt}|Subject={Subject}|MsgId={MsgId}|Sender={Sender}|Virus=Eicar|sha1=816b013c8be6e5708690645964b5d442c085041e|SenderDomainInternal=false|fileMime=text/plain|CustomerIP=true|Route=Inbound|md5=4dbe9dbfb53438d9ce410535355cd973",
  spam: "Recipient={Rcpt}|SenderDomain=example.net|MsgId={MsgId}|Subject={Subject}|headerFrom={headerFrom}|Sender={Sender}|SourceIP=192.0.2.17|Route=Inbound",
  "a link in internal mail":
    "Recipient={Rcpt}|MsgId={MsgId}|Subject={Subject}|URL={URL}|Sender={Sender}|UrlCategory=Phishing|ScanResultInfo=Blocked URL Category|Route=Internal",
  "an impersonation":
    "CustomThreatDictionary=false|Action=Hold|Hits=1|SimilarCustomExternalDomain=false|SimilarInternalDomain=false|TaggedExternal=false|IP=192.0.2.17|Definition=Default|Recipient={Rcpt}|NewDomain=false|InternalName=true|ThreatDictionary=false|MsgId={MsgId}|Subject={Subject}|Sender={Sender}|SimilarMimecastExternalDomain=false|CustomName=false|TaggedMalicious=true|ReplyMismatch=false|Route=Inbound",
  "a clicked link":
    "reason=malicious|subject={Subject}|msgid={MsgId}|url={URL}|route=inbound|sourceIp=203.0.113.9|sender={Sender}|recipient={Rcpt}|action=Block|urlCategory=Phishing|senderDomain=example.net",
  "a dangerous file":
    "fileName={fileName}|sha256=efe51c2453821310c7a34dca3054021d0f6d453b7133c381d75e3140901efd12|Size=378368|IP=192.0.2.17|Recipient={Rcpt}|SenderDomain=example.net|fileExt={fileExt}|Sender={Sender}|sha1=816b013c8be6e5708690645964b5d442c085041e|fileMime=text/plain|Route=Inbound|md5=4dbe9dbfb53438d9ce410535355cd973",
};

/** What stands there in an honest mail. */
const HONEST: Readonly<Record<string, string>> = {
  MsgId: "<m1@example.net>",
  Subject: "figures",
  headerFrom: "sender@example.net",
  Sender: "sender@example.net",
  Rcpt: "jo.lind@example.com",
  AttNames: '"a.pdf", "b.pdf"',
  fileName: "a.pdf",
  fileExt: "pdf",
  URL: "https://example.net/a",
};

/** The attributes that are the writer's own. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  MsgId: ["messageId"],
  Subject: ["subject"],
  headerFrom: ["senderHeader"],
  Sender: ["sender", "usrName"],
  Rcpt: ["recipients", "rcptCount", "usrName"],
  AttNames: ["attNames"],
  fileName: ["fileName"],
  fileExt: ["fileExt"],
  URL: ["url"],
};

function read(record: string, texts: Readonly<Record<string, string>>) {
  const values = { ...HONEST, ...texts };
  const pairs = record.replaceAll(/\{(\w+)\}/g, (_, field: string) => values[field] as string);
  const line = parseLeef(
    lineOf(`${HEAD}|${pairs}\n`, { api: "1.0", maxLineBytes: 32_000 }, "siem"),
    {
      maxLineBytes: 32_000,
    },
  );
  return { eventId: line.eventId, attributes: new Map(line.attributes) };
}

const FREE = Object.keys(OWN).filter((field) => field !== "Sender" && field !== "Rcpt");

/** What must be the same, whatever stands in these fields: all but the texts of the mail, which have one writer. */
function facts({ eventId, attributes }: ReturnType<typeof read>, fields: readonly string[]) {
  const texts = [...FREE, ...fields].flatMap((field) => OWN[field] as readonly string[]);
  const own = ["eventUid", "ambiguous", "truncated", ...texts];
  return [eventId, ...[...attributes].filter(([key]) => !own.includes(key))];
}

const fieldsOf = (record: string) =>
  [...record.matchAll(/\{(\w+)\}/g)].map(([, field]) => field as string);
const NAMES = [...new Set(Object.values(MAPPING.fields).flat())];
const VALUES = [
  "Acc",
  "true",
  "false",
  "1",
  "ceo@corp.example",
  "nobody@corp.example",
  "Eicar",
  "\\x\\",
  "{",
  "",
];

/** Names whose values come from outside: inside a local part they leave it open where the address ends. */
const OUTSIDE = [...MAPPING.keyValue.addresses, ...MAPPING.keyValue.open];

/** Names of fields with values, and whole ends of the record, as an attacker may know it. */
function hostile(record: string, copies: boolean): fc.Arbitrary<string> {
  const pairs = record.replaceAll(/\{\w+\}/g, "ceo@corp.example").split("|");
  const own = pairs.map((pair) => pair.slice(0, pair.indexOf("=")));
  const mayBe = (name: string) => copies || !own.includes(name) || !OUTSIDE.includes(name);
  const pair = fc
    .tuple(fc.constantFrom(...[...own, ...NAMES].filter(mayBe)), fc.constantFrom(...VALUES))
    .map(([name, value]) => `|${name}=${value}`);
  const tail = fc.nat(pairs.length).map((from) => `|${pairs.slice(from).join("|")}`);
  const text = fc.constantFrom("x", "\\", "\\|", "|", "=", "[", '"', "<", ">", " ", "x=1", "|x=1");
  return fc
    .array(
      fc.oneof({ weight: 4, arbitrary: pair }, { weight: copies ? 1 : 0, arbitrary: tail }, text),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(""));
}

/** Records in which Mimecast's own fields come between two texts of the mail: a copy of all of them has two readings. */
const BETWEEN = [
  "a processed mail",
  "a held mail",
  "a virus",
  "a dangerous file",
  "a failed delivery",
];

describe.each(Object.entries(RECORDS))("%s", (name, record) => {
  const free = fieldsOf(record).filter((field) => field !== "Sender" && field !== "Rcpt");
  const addresses = fieldsOf(record).filter((field) => !free.includes(field));
  const honest = read(record, {});
  const hasBetween = BETWEEN.includes(name);

  test("is read as it is, and nothing is marked", () => {
    expect(honest.eventId).not.toMatch(/malformed|unknown|_other$/);
    expect(honest.attributes.get("ambiguous")).toBeUndefined();
  });

  test("no free text forges what is not its own", () => {
    fc.assert(
      fc.property(fc.constantFrom(...free), hostile(record, !hasBetween), (field, text) => {
        const forged = read(record, { [field]: text });
        expect(facts(forged, [field])).toEqual(facts(honest, [field]));
      }),
      { numRuns: runs(3000) },
    );
  });

  test("nor do several together, or the line is marked", () => {
    const texts = fc.tuple(...free.map(() => hostile(record, true)));
    fc.assert(
      fc.property(texts, (values) => {
        const forged = read(
          record,
          Object.fromEntries(free.map((field, at) => [field, values[at] as string])),
        );
        if (hasBetween && forged.attributes.get("ambiguous") === "1") return;
        expect(facts(forged, free)).toEqual(facts(honest, free));
      }),
      { numRuns: runs(1000) },
    );
  });

  test.skipIf(!addresses.includes("Rcpt"))("nor does a recipient forge the sender", () => {
    const forged = read(record, { Rcpt: "a|Sender=ceo|Act=Acc|y=@evil.example" });
    expect(facts(forged, ["Rcpt"])).toEqual(facts(honest, ["Rcpt"]));
    expect(forged.attributes.get("ambiguous")).toBe("1");
  });

  test.skipIf(addresses.length === 0)("nor does the local part of an address", () => {
    const others = NAMES.filter((key) => !OUTSIDE.includes(key));
    const pair = fc.tuple(fc.constantFrom(...others), fc.constantFrom("Acc", "true", "x"));
    fc.assert(
      fc.property(
        fc.constantFrom(...addresses),
        fc.array(pair, { minLength: 1, maxLength: 4 }),
        (field, pairs) => {
          const local = pairs.map(([key, value]) => `|${key}=${value}`).join("");
          const forged = read(record, { [field]: `a${local}|y=@evil.example` });
          expect(facts(forged, [field])).toEqual(facts(honest, [field]));
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  test.skipIf(addresses.length === 0)(
    "what a local part with the name of a text in it changes is marked",
    () => {
      const texts = MAPPING.keyValue.open.filter((key) => NAMES.includes(key));
      const pairs = fc.array(
        fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom("Acc", "true", "x@y", "")),
        { minLength: 1, maxLength: 3 },
      );
      fc.assert(
        fc.property(
          fc.constantFrom(...addresses),
          fc.constantFrom(...texts),
          pairs,
          (field, text, more) => {
            const local = [[text, "x"], ...more].map(([key, value]) => `|${key}=${value}`).join("");
            const forged = read(record, { [field]: `a${local}|y=@evil.example` });
            if (forged.attributes.get("ambiguous") !== "1") {
              expect(facts(forged, [field])).toEqual(facts(honest, [field]));
            }
          },
        ),
        { numRuns: runs(1000) },
      );
    },
  );
});
