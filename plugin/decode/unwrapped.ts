import { DecodeError } from "../errors.ts";
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  LF,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from "../text/char_code.ts";
import { MAX_LINE_BYTES } from "./lines.ts";
import { RecordBlock } from "./record_block.ts";

/** Members that hold the records of a SIEM file (data), an API page (data, value, …Logs) or a STIX bundle (objects). */
const WRAPPING = /^(?:data|value|objects|\w{0,40}Logs|logs)$/;

/**
 * Records out of JSON text that is not one record a line: wrapped in a file, page or bundle, in a list, or printed over
 * several lines, any number of such values one after the other. Each record becomes one line; where it was printed over
 * several, the white space between tokens is left out, so that it has the same eventUid. Memory is bounded by a record and
 * a block. Text that ends too early or is no JSON gives what came before it, then a `DecodeError`; so does, at the end, a list
 * of objects beside the records that nothing shows to hold records.
 */
export async function* unwrapped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const walk = new Walk();
  scan: for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PART_BYTES) {
      walk.push(chunk.subarray(from, from + PART_BYTES));
      const block = walk.block.takeIfLarge();
      if (block !== null) yield block;
      if (walk.defect !== "") break scan;
    }
  }
  const rest = walk.block.takeAll();
  if (rest !== null) yield rest;
  const defect = walk.defect || (walk.isOpen() ? "it ends too early" : "");
  if (defect !== "") {
    throw new DecodeError(`Cannot read all records: ${defect}`, { code: "malformed_json" });
  }
  if (walk.leftOut === null) return;
  const list = JSON.stringify(walk.leftOut);
  throw new DecodeError(
    `Cannot read all records: beside the list of records there is another list of objects, ${list}`,
    {
      code: "malformed_json",
      hint: "All lines but those of that list are written; if it holds records, give them by themselves",
    },
  );
}

/** The only list of objects beside the records: the errors of an API page. */
const ERRORS = "fail";

const PART_BYTES = 256 * 1024;

/** How many bytes of a file decide what it is. */
export const HEAD_BYTES = 64 * 1024;

/** True for a file that `unwrapped` has to read, false for lines. `head`: its first bytes. */
export function isWrapped(head: Uint8Array): boolean {
  let from = 0;
  while (isBlank(head[from] as number)) from++;
  const end = head.indexOf(LF, from);
  const walk = new Walk();
  walk.push(head.subarray(from, end < 0 ? head.length : end));
  if (walk.hasUnwrapped) return true;
  if (end < 0 || !walk.isOpen()) return false;
  // The first line does not end its object: printed over several lines, unless the next one begins a record.
  const last = Buffer.from(head.subarray(from, end)).toString("latin1").trimEnd().at(-1);
  const next = Buffer.from(head.subarray(end)).toString("latin1").trimStart();
  const goesOn = last === "[" || last === ":" ? /^[{["\]]/ : /^["}\]]/;
  return /^[{[,:}\]"\w]$/.test(last ?? "") && goesOn.test(next);
}

/** White space, or one of the three bytes of a byte order mark. */
function isBlank(byte: number): boolean {
  return byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf;
}

/** The open container around the position: a list of records, or the rest of the object that held one. */
type Around = "list" | "rest";
type State = "between" | "record" | "rest";

/** Follows JSON text byte by byte. */
class Walk {
  readonly block = new RecordBlock(MAX_LINE_BYTES);
  /** The defect of the text, or "". */
  defect = "";
  /** The name of a list of objects that was left out, or null. */
  leftOut: string | null = null;
  /** A list of records was found. */
  hasUnwrapped = false;
  readonly #around: Around[] = [];
  #state: State = "between";
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The beginning of the last string that is no value: it is a key once a colon follows. */
  #key = "";
  #isKey = false;
  #afterColon = false;
  /** A list has just begun as a member of the current object: its first byte tells its kind. */
  #listOpened = false;
  /** The name of a list of objects in the current object that holds no records. */
  #beside: string | null = null;

  isOpen(): boolean {
    return this.#state !== "between" || this.#around.length > 0;
  }

  push(part: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < part.length && this.defect === ""; at++) {
      const byte = part[at] as number;
      if (this.#state === "between" && !this.#inString) {
        this.#between(byte);
        from = at;
        continue;
      }
      if (this.#listOpened && byte > 0x20 && this.#isUnwrapped(byte)) {
        this.#between(byte);
        from = at;
        continue;
      }
      this.#step(byte);
      if (this.#depth > 0 || this.#state === "between") continue;
      if (this.#state === "rest") this.#around.pop();
      else {
        this.block.append(part, from, at + 1);
        this.block.compact();
        this.block.endRecord();
      }
      this.#state = "between";
    }
    if (this.#state === "record") this.block.append(part, from, part.length);
  }

  #between(byte: number): void {
    const around = this.#around.at(-1);
    if (isBlank(byte) || byte === COMMA) return;
    if (byte === OPEN_OBJECT) {
      this.#state = "record";
      this.#depth = 1;
      this.#beside = null;
    } else if (byte === OPEN_LIST) {
      this.#around.push("list");
      this.hasUnwrapped = true;
      if (this.#around.length > MAX_LEVELS) this.defect = "it is nested too deeply";
    } else if (byte === CLOSE_LIST && around === "list") {
      this.#around.pop();
      if (this.#around.at(-1) !== "rest") return;
      this.#state = "rest";
      this.#depth = 1;
    } else if (around === "list" && byte !== CLOSE_OBJECT) {
      // No record: leave it out.
      this.#inString = byte === QUOTE;
    } else this.defect = "there is text outside of any object or list";
  }

  /** One byte inside an object. */
  #step(byte: number): void {
    if (this.#inString) {
      if (byte === QUOTE && !this.#escaped) this.#inString = false;
      else if (this.#isKey && this.#key.length <= MAX_KEY) this.#key += String.fromCharCode(byte);
      this.#escaped = byte === BACKSLASH && !this.#escaped;
      return;
    }
    if (byte <= 0x20) return;
    if (byte === QUOTE) {
      this.#inString = true;
      this.#isKey = !this.#afterColon;
      if (this.#isKey) this.#key = "";
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      this.#listOpened = byte === OPEN_LIST && this.#depth === 1 && this.#afterColon;
      this.#depth++;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth--;
    this.#afterColon = byte === COLON;
  }

  /**
   * Reads the first byte of a list in the current object: true if it is a list of records, and the object itself is no
   * record.
   */
  #isUnwrapped(byte: number): boolean {
    this.#listOpened = false;
    if (!WRAPPING.test(this.#key) || (byte !== OPEN_OBJECT && byte !== CLOSE_LIST)) {
      if (byte !== OPEN_OBJECT || this.#key === ERRORS) return false;
      if (this.#state === "rest") this.leftOut ??= this.#key;
      else this.#beside ??= this.#key;
      return false;
    }
    if (this.#state === "record") {
      this.block.dropOpen();
      this.leftOut ??= this.#beside;
      this.#around.push("rest");
    }
    this.#around.push("list");
    this.hasUnwrapped = true;
    this.#state = "between";
    if (this.#around.length > MAX_LEVELS) this.defect = "it is nested too deeply";
    return true;
  }
}

const MAX_KEY = 64;
const MAX_LEVELS = 64;
