import type { Draw } from "./draw.ts";

/** The account of the made-up tenant: `acc` in API 1.0, `accountId` in API 2.0, `accountCode` of get-account. */
export const ACCOUNT_CODE = "CEXA00A001";

const FIRST =
  "Ada Bela Chidi Dana Émile Farah Grace Hiro Inès Jonas Kofi Lena Mats Nadia Omar Petra".split(
    " ",
  );
const LAST =
  "Abel Brandt Costa Diaz Engström Fischer Grant Haddad Ito Jansen Keller Lindqvist Moreau Novák Okafor Peters".split(
    " ",
  );
const INSIDE = ["example.com", "mail.example.com", "emea.example.com"];
const OUTSIDE = [
  "example.org",
  "example.net",
  "news.example.org",
  "billing.example.net",
  "a-partner-with-a-long-name.example.org",
];
const PLAIN_SUBJECTS = [
  "Re: Quarterly figures for the board",
  "Invoice 2024-11873 attached for payment",
  "Your order (#102-9280639-7011323) has been dispatched",
  "Minutes of the meeting on Tuesday",
  "FW: FW: Travel to the customer next week",
  "Please review: contract draft v7 = final?",
  "Out of office",
  "You have new held messages",
  "Undelivered Mail Returned to Sender",
  "Opportunity to become VP",
  "Weekly newsletter: 25% off for early birds",
  "Password expires in 3 days",
  "[JIRA] (OPS-4711) Disk almost full on db-03",
  "Lunch?",
  "Management Changes and the new structure of the European region, effective from the first of next month",
];
const FOREIGN_SUBJECTS = [
  "Neue Kollektion eingetroffen! – Finde dein Lieblingsstück",
  "Réunion reportée à jeudi – à confirmer",
  "会議の議事録をお送りします",
  "Счёт на оплату № 42",
  "🎉 Gratulálunk, Ön nyert 🎉",
  "إشعار بالدفع",
];
/** What an attacker writes to forge fields or events in a line-based format (QRadar reference 1.3). */
export const HOSTILE_SUBJECTS = [
  "x^sev=1^usrName=admin",
  "x\tsev=1\tusrName=admin",
  "first line\nLEEF:2.0|Mimecast|Email Security|2.0|health_ok|^|cat=health^sev=1",
  "cr\r\nlf <134>1 2024-01-01T00:00:00.000Z evil LEEF:1.0|a|b|c|d|",
  "pipe|src=192.0.2.66|dst=192.0.2.67",
  "quote \" backslash \\ apostrophe ' equals = ampersand & less < more >",
  `{{7*7}} ${"$"}{env:HOME} %0d%0a %5E`,
  "next\u0085line separator\u2028paragraph\u2029mark\ufeffend",
  "nul\u0000bell\u0007escape\u001b[31mred",
];

/** The e-mail address of somebody inside the tenant. */
export function insider(draw: Draw): string {
  return `${mailName(draw)}@${draw.pick(INSIDE)}`;
}

/** The e-mail address of somebody outside. */
export function outsider(draw: Draw): string {
  return `${mailName(draw)}@${draw.pick(OUTSIDE)}`;
}

/** A name as people see it; some hold a comma: `<Smith, John>` in audit texts. */
export function displayName(draw: Draw): string {
  const first = draw.pick(FIRST);
  const last = draw.pick(LAST);
  return draw.chance(20) ? `${last}, ${first}` : `${first} ${last}`;
}

/** A subject: 3 % hostile, 8 % not ASCII. */
export function subject(draw: Draw): string {
  const kind = draw.int(100);
  if (kind < 3) return draw.pick(HOSTILE_SUBJECTS);
  if (kind < 11) return draw.pick(FOREIGN_SUBJECTS);
  return draw.pick(PLAIN_SUBJECTS);
}

/** An address of the documentation ranges (RFC 5737, RFC 3849); one in twelve is IPv6. */
export function ip(draw: Draw): string {
  const kind = draw.int(12);
  if (kind === 0) return `2001:db8:${draw.hex(4)}::${draw.hex(4)}`;
  return `${draw.pick(["192.0.2", "198.51.100", "203.0.113"])}.${1 + draw.int(254)}`;
}

/** A Message-ID in its angle brackets. */
export function messageId(draw: Draw, domain = draw.pick(OUTSIDE)): string {
  return draw.chance(50)
    ? `<${draw.hex(16)}-${draw.int(900_000)}@${domain}>`
    : `<${draw.word(32)}@${draw.word(12).toLowerCase()}.prod.${domain}>`;
}

/** A file's name (some as attackers write them) with its extension and MIME type. */
export function file(draw: Draw): { name: string; ext: string; mime: string } {
  const [ext, mime] = draw.pick(MIME);
  return { name: `${draw.pick(FILE_STEMS)}.${ext}`, ext, mime };
}

/** A link, some of them with what breaks naive parsers. */
export function link(draw: Draw): string {
  const host = draw.pick([
    "www.example.org",
    "cdn.example.net",
    "login.example.net",
    "example.org",
  ]);
  const query = draw.chance(40) ? `?q=${draw.word(20)}&next=%5E|a=b` : "";
  return `http${draw.chance(60) ? "s" : ""}://${host}/${draw.word(8)}/${draw.word(6)}.php${query}`;
}

function mailName(draw: Draw): string {
  return ascii(`${draw.pick(FIRST)}.${draw.pick(LAST)}`);
}

function ascii(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFD")
    .replace(/[^a-z.]/g, "");
}

const MIME = [
  ["pdf", "application/pdf"],
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12"],
  ["zip", "application/zip"],
  ["exe", "application/x-msdownload"],
  ["html", "text/html"],
] as const;

const FILE_STEMS = [
  "Invoice Attached for payment",
  "scan_0042",
  "Angebot Nr. 7 – überarbeitet",
  "Übersicht (final)",
  'so-called "final" report',
  "a=b^c|d",
  "invoice\u202Excod",
  "履歴書",
];
