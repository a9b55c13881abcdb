import { isIP } from "node:net";

/**
 * A LEEF reader that shares nothing with the engine: it splits at the first "LEEF:", the header by "|", the
 * attributes by the delimiter and a pair at its first "=" (LEEF guide; qradar-leef reference §1 and §5.8), and
 * throws on everything that a line of ours must not hold.
 */
export interface LeefLine {
  readonly pri: number;
  /** Time of the syslog header, in ms since 1970. */
  readonly timeMs: number;
  readonly hostname: string;
  readonly leefVersion: "1.0" | "2.0";
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly eventId: string;
  readonly delimiter: "^" | "\t";
  /** In the order of the line. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** What a caller knows of the line. */
export interface LeefLimits {
  /** Upper bound of the whole line in bytes, line feed not counted. */
  readonly maxLineBytes?: number;
}

/** Thrown by `parseLeef`: the sentence names the rule, `line` is the offending text. */
export class LeefViolation extends Error {
  readonly line: string;
  constructor(rule: string, line: string) {
    super(`Cannot read LEEF line: ${rule}: ${JSON.stringify(line.slice(0, 400))}`);
    this.name = "LeefViolation";
    this.line = line;
  }
}

const SYSLOG_HEADER =
  /^<(0|[1-9]\d{0,2})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z0-9._-]{1,255}) $/;
/** C0, DEL, C1, line and paragraph separator, byte order mark: TAB is looked at apart (§1.3). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\ufeff\p{Cs}]/u;
/** What turns the reading direction, hides a word or carries a text that nobody sees. */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;
const FORBIDDEN = new RegExp(`${CONTROLS.source}|${INVISIBLE.source}`, "u");

/** Reads one line without its line feed. Throws `LeefViolation`. */
export function parseLeef(bytes: Uint8Array | string, limits: LeefLimits = {}): LeefLine {
  const line = typeof bytes === "string" ? bytes : decodeStrictly(bytes);
  const size = Buffer.byteLength(line);
  const fail = (rule: string): never => {
    throw new LeefViolation(rule, line);
  };
  if (limits.maxLineBytes !== undefined && size > limits.maxLineBytes) {
    fail(`must be at most ${limits.maxLineBytes} bytes: current size is ${size}`);
  }
  if (FORBIDDEN.test(line)) {
    fail("must not hold control characters, separators or lone surrogates");
  }
  const start = line.indexOf("LEEF:");
  const syslog = SYSLOG_HEADER.exec(line.slice(0, Math.max(start, 0)));
  if (syslog === null) {
    return fail("syslog header must be <PRI>1 TIME HOST and one space before LEEF:");
  }
  const pri = Number(syslog[1]);
  if (pri > 191) {
    fail("PRI must be at most 191");
  }
  return { pri, timeMs: Date.parse(syslog[2]!), hostname: syslog[3]!, ...body(line, start, fail) };
}

function decodeStrictly(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LeefViolation("must be UTF-8", Buffer.from(bytes).toString("latin1"));
  }
}

function body(line: string, start: number, fail: (rule: string) => never) {
  const fields = line.slice(start).split("|");
  const leefVersion = fields[0] === "LEEF:1.0" ? "1.0" : "2.0";
  if (fields[0] !== `LEEF:${leefVersion}`) {
    fail("version tag must be LEEF:1.0 or LEEF:2.0");
  }
  const wanted = leefVersion === "1.0" ? 6 : 7;
  if (fields.length !== wanted) {
    fail(`must hold ${wanted - 1} pipes: current number is ${fields.length - 1}`);
  }
  const [, vendor, product, version, eventId] = fields as [string, string, string, string, string];
  for (const field of [vendor, product, version]) {
    if (field === "" || /[\t^]/.test(field)) {
      fail("header fields must not be empty and must not hold TAB or ^");
    }
  }
  if (!/^[a-z0-9_]{1,255}$/.test(eventId)) {
    fail("EventID must be lower-case ASCII, at most 255 characters");
  }
  const delimiter = leefVersion === "1.0" ? "\t" : delimiterOf(fields[5]!, fail);
  const attributes = attributesOf(fields.at(-1)!, delimiter, fail);
  check(attributes, line, fail);
  return { leefVersion, vendor, product, version, eventId, delimiter, attributes } as const;
}

function delimiterOf(field: string, fail: (rule: string) => never): "^" | "\t" {
  const hex = /^(?:0x|x)([0-9A-Fa-f]{1,4})$/.exec(field);
  const character = hex === null ? field : String.fromCharCode(Number.parseInt(hex[1]!, 16));
  return character === "^" || character === "\t" ? character : fail("delimiter must be ^ or x09");
}

function attributesOf(text: string, delimiter: string, fail: (rule: string) => never) {
  const attributes = new Map<string, string>();
  for (const pair of text.split(delimiter)) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, Math.max(at, 0));
    const value = pair.slice(at + 1);
    if (!/^[A-Za-z0-9]+$/.test(key)) {
      fail(`key must be letters and digits: current pair is ${JSON.stringify(pair)}`);
    }
    if (attributes.has(key)) {
      fail(`key must be used once: ${JSON.stringify(key)}`);
    }
    if (value === "" || /^ | $/.test(value) || /[\t^]/.test(value)) {
      fail(
        `value must not be empty, have spaces at its ends or hold TAB or ^: ${JSON.stringify(pair)}`,
      );
    }
    attributes.set(key, value);
  }
  return attributes;
}

/** The predefined keys that have a type of their own (IBM table, qradar-leef reference §1.4). */
function check(
  attributes: ReadonlyMap<string, string>,
  line: string,
  fail: (rule: string) => never,
) {
  if (attributes.keys().next().value !== "cat") {
    fail("cat must be the first attribute");
  }
  const devTime = attributes.get("devTime");
  if (devTime !== undefined) {
    if (!/^\d{13}$/.test(devTime)) {
      fail("devTime must have 13 digits");
    }
    if (!line.includes(`>1 ${new Date(Number(devTime)).toISOString()} `)) {
      fail("the header's time must be devTime");
    }
  }
  const sev = attributes.get("sev");
  if (sev !== undefined && !/^([1-9]|10)$/.test(sev)) {
    fail("sev must be 1 to 10");
  }
  for (const key of ["src", "dst"]) {
    const address = attributes.get(key);
    if (address !== undefined && isIP(address) === 0) {
      fail(`${key} must be an IP address`);
    }
  }
  if (Buffer.byteLength(attributes.get("usrName") ?? "") > 255) {
    fail("usrName must be at most 255 bytes");
  }
  const uid = attributes.get("eventUid");
  if (uid !== undefined && !/^[0-9a-f]{32}$/.test(uid)) {
    fail("eventUid must be 32 hex digits");
  }
}
