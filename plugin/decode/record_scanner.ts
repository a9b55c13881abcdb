import { DecodeError } from "../errors.ts";
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from "../text/char_code.ts";
import { RecordBlock } from "./record_block.ts";

/** Steps from a JSON value to one inside it: a key of an object, or "*" for every element of a list. */
export type JsonPath = readonly string[];

/** The scanner's position: between tokens or in a word, in a string outside of the records, in a record. */
type State = "outside" | "string" | "record" | "record_string" | "record_word";

/** What a byte means inside a record. */
const NOTHING = 0;
const QUOTES = 1;
const OPENS = 2;
const CLOSES = 3;
const MEANING = new Uint8Array(256);
MEANING[QUOTE] = QUOTES;
MEANING[OPEN_OBJECT] = OPENS;
MEANING[OPEN_LIST] = OPENS;
MEANING[CLOSE_OBJECT] = CLOSES;
MEANING[CLOSE_LIST] = CLOSES;

/** A longer key is on no path. */
const MAX_KEY_BYTES = 256;
/** Containers around the records. */
const MAX_LEVELS = 64;

/** An open object or list around the records. */
interface Level {
  readonly isList: boolean;
  /** How many steps of the path lead here; -1: off the path. */
  readonly steps: number;
  /** The last string in an object: its current key, once a value starts. */
  key: string;
}

/** Finds records in JSON text byte by byte. The cuts between parts of the text do not change the result. */
export class RecordScanner {
  readonly block: RecordBlock;
  readonly #path: JsonPath;
  readonly #levels: Level[] = [];
  #state: State = "outside";
  /** The last part ended in a backslash inside a string. */
  #escaped = false;
  /** Open braces and brackets of the record. */
  #depth = 0;
  #key = "";
  #foundList = false;
  #sawValue = false;
  #defect = "";

  constructor(path: JsonPath, maxRecordBytes: number) {
    this.#path = path;
    this.block = new RecordBlock(maxRecordBytes);
  }

  /** False once the text is defective. */
  push(part: Uint8Array): boolean {
    let at = 0;
    while (at < part.length && this.#defect === "") {
      if (this.#state === "outside") at = this.#outside(part, at);
      else if (this.#state === "string") at = this.#string(part, at);
      else at = this.#record(part, at);
    }
    return this.#defect === "";
  }

  /** The defect of the text, or null. Call it after the last part. */
  problem(): DecodeError | null {
    if (this.#defect !== "") return malformed(this.#defect);
    if (this.#levels.length > 0 || !this.#sawValue) {
      return new DecodeError("Cannot read all records: the JSON text ends too early", {
        code: "truncated_json",
      });
    }
    return this.#foundList ? null : malformed(`there is no list at "${this.#path.join(".")}"`);
  }

  /** Between tokens. Returns the next position, like the methods below. */
  #outside(part: Uint8Array, at: number): number {
    const byte = part[at] as number;
    const level = this.#levels.at(-1);
    if (byte <= 0x20) return at + 1;
    if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) return this.#close(byte === CLOSE_LIST, at);
    if (level !== undefined && byte === COMMA) return at + 1;
    if (level?.isList && level.steps === this.#path.length) {
      const isWord = MEANING[byte] === NOTHING;
      this.#state = isWord ? "record_word" : "record";
      return at;
    }
    this.#sawValue = true;
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) return this.#open(byte === OPEN_LIST, at);
    if (level === undefined) return this.#fail("text outside of any object or list", at);
    if (byte !== QUOTE) return endOfWord(part, at);
    this.#state = "string";
    this.#key = "";
    return at + 1;
  }

  #open(isList: boolean, at: number): number {
    if (this.#levels.length >= MAX_LEVELS) return this.#fail("nested too deeply", at);
    const outer = this.#levels.at(-1);
    const steps = outer === undefined ? 0 : stepsInto(outer, this.#path);
    this.#levels.push({ isList, steps, key: "" });
    // A list whose elements should hold the records counts too: an empty one means no records.
    if (isList && (steps === this.#path.length || this.#path[steps] === "*")) {
      this.#foundList = true;
    }
    return at + 1;
  }

  #close(isList: boolean, at: number): number {
    const level = this.#levels.pop();
    return level?.isList === isList ? at + 1 : this.#fail("brackets do not match", at);
  }

  #string(part: Uint8Array, from: number): number {
    const end = this.#endOfString(part, from);
    const text = part.subarray(from, end < 0 ? part.length : end);
    if (this.#key.length <= MAX_KEY_BYTES) {
      this.#key += Buffer.from(text.subarray(0, MAX_KEY_BYTES + 1)).toString("latin1");
    }
    if (end < 0) return part.length;
    this.#state = "outside";
    (this.#levels.at(-1) as Level).key = this.#key;
    return end + 1;
  }

  /** Position of the closing quote, or -1 if the string goes on in the next part. */
  #endOfString(part: Uint8Array, from: number): number {
    const end = part.length;
    let at = this.#escaped ? from + 1 : from;
    this.#escaped = false;
    while (at < end) {
      const byte = part[at];
      if (byte === QUOTE) return at;
      at += byte === BACKSLASH ? 2 : 1;
    }
    this.#escaped = at > end;
    return -1;
  }

  #record(part: Uint8Array, from: number): number {
    const isWord = this.#state === "record_word";
    const end = isWord ? endOfWord(part, from) : this.#endOfRecord(part, from);
    this.block.append(part, from, end);
    if (isWord && end < part.length) this.#state = "outside";
    if (this.#state === "outside") this.block.endRecord();
    return end;
  }

  /** The hot loop: one look at each byte. Sets the state to "outside" where the record ends. */
  #endOfRecord(part: Uint8Array, from: number): number {
    const length = part.length;
    let at = from;
    let depth = this.#depth;
    let inString = this.#state === "record_string";
    while (at < length) {
      if (inString) {
        const quote = this.#endOfString(part, at);
        inString = quote < 0;
        at = inString ? length : quote + 1;
        if (inString || depth > 0) continue;
        this.#state = "outside"; // a record that is a string
        return at;
      }
      const meaning = MEANING[part[at++] as number];
      if (meaning === NOTHING) continue;
      if (meaning === QUOTES) inString = true;
      else if (meaning === OPENS) depth++;
      else if (--depth === 0) {
        this.#depth = 0;
        this.#state = "outside";
        return at;
      }
    }
    this.#depth = depth;
    this.#state = inString ? "record_string" : "record";
    return at;
  }

  #fail(defect: string, at: number): number {
    this.#defect = defect;
    return at;
  }
}

function stepsInto(outer: Level, path: JsonPath): number {
  const step = path[outer.steps];
  const isOnPath = outer.isList ? step === "*" : step !== "*" && step === outer.key;
  return isOnPath ? outer.steps + 1 : -1;
}

/** Position of the byte that ends a number or word. */
function endOfWord(part: Uint8Array, from: number): number {
  let at = from;
  while (at < part.length) {
    const byte = part[at] as number;
    if (byte <= 0x20 || byte === COMMA || MEANING[byte] !== NOTHING) break;
    at++;
  }
  return at;
}

function malformed(why: string): DecodeError {
  return new DecodeError(`Cannot read the JSON text: ${why}`, { code: "malformed_json" });
}
