import { readdirSync, readFileSync } from "node:fs";
import type { Engine, EngineSettings, RecordKind } from "../../plugin/encode/engine.ts";
import { EVENT_IDS, encodeWith, engineWith, WASM_BYTES } from "./engine_lines.ts";
import { FilterHost } from "./filter_host.ts";
import { parseLeef } from "./leef_reference.ts";

/** What a fuzz run has seen. */
export interface FuzzReport {
  readonly runs: number;
  readonly records: number;
  readonly malformed: number;
  /** Records to which the filter has added a message. */
  readonly filtered: number;
}

/** Thrown for the first run that goes wrong: what has to be known to repeat it. */
export class FuzzFailure extends Error {
  readonly input: Buffer;
  constructor(run: number, seed: number, input: Buffer, cause: unknown) {
    super(`Fuzz run ${run} of seed ${seed} failed: ${(cause as Error).message}`, { cause });
    this.name = "FuzzFailure";
    this.input = input;
  }
}

/** Mutates known records `runs` times and checks that whatever comes out is valid. The same seed does the same. */
export function fuzz(runs: number, seed: number): FuzzReport {
  const chance = new Chance(seed);
  const engines = SETTINGS.map((settings) => ({ settings, engine: engineWith(settings) }));
  const filter = new FilterHost(WASM_BYTES);
  let [records, malformed, filtered] = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const block = chance.block();
    const { settings, engine } = chance.pick(engines);
    try {
      const counts = checkEngine(engine, settings, chance.pick(KINDS), block);
      records += counts.records;
      malformed += counts.malformed;
      for (const line of block.toString("latin1").split("\n")) {
        filtered += checkFilter(filter, Buffer.from(line, "latin1"));
      }
    } catch (cause) {
      throw new FuzzFailure(run, seed, block, cause);
    }
  }
  return { runs, records, malformed, filtered };
}

const FIXTURES = new URL("../fixtures/records/", import.meta.url);
const SEEDS: readonly Buffer[] = readdirSync(FIXTURES)
  .filter((name) => !name.endsWith(".md"))
  .flatMap((name) => readFileSync(new URL(name, FIXTURES), "latin1").split("\n"))
  .filter((line) => line !== "")
  .map((line) => Buffer.from(line, "latin1"));

const KINDS: readonly RecordKind[] = [
  "auto",
  "siem",
  "audit",
  "ttp_impersonation",
  "held_release",
  "threat_intel",
];

const SETTINGS: readonly Partial<EngineSettings>[] = [
  {},
  { delimiter: "tab" },
  { leefVersion: "1.0", delimiter: "tab", usrName: "sender" },
  { maxLineBytes: 1024, hostname: "h".repeat(255), usrName: "recipient" },
  { maxLineBytes: 32_000, account: "" },
  { format: "json" },
  { format: "json+leef", delimiter: "tab" },
  { format: "json+leef", maxLineBytes: 1024, account: 'a"\\^|' },
];

function checkEngine(
  engine: Engine,
  settings: Partial<EngineSettings>,
  kind: RecordKind,
  block: Buffer,
) {
  const result = encodeWith(engine, kind, [block]);
  const expected = block.toString("latin1").split("\n").filter(isRecord).length;
  assert(
    result.records === expected,
    `records must be ${expected}: current number is ${result.records}`,
  );
  assert(
    result.lines.length === expected,
    `lines must be ${expected}: current number is ${result.lines.length}`,
  );
  const limits = { maxLineBytes: settings.maxLineBytes ?? 4096 };
  for (const line of result.bytes.toString("latin1").split("\n").slice(0, -1)) {
    const bytes = Buffer.from(line, "latin1");
    if (settings.format === undefined) checkLeef(bytes, limits);
    else
      checkJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes), settings.format, limits);
  }
  assert(
    encodeWith(engine, kind, [block]).bytes.equals(result.bytes),
    "the same input must give the same bytes",
  );
  return result;
}

function checkLeef(line: Uint8Array | string, limits: { maxLineBytes: number }): void {
  const { eventId } = parseLeef(line, limits);
  assert(
    EVENT_IDS.has(eventId),
    `EventID must be of the closed list: current value is "${eventId}"`,
  );
}

function checkJson(line: string, format: string, limits: { maxLineBytes: number }): void {
  const value = JSON.parse(line);
  assert(line.isWellFormed(), "JSON must not hold lone surrogates");
  assert(typeof value.event === "string" || typeof value.event === "object", "event must be there");
  if (format === "json+leef") checkLeef(value.message, limits);
}

/** 1 where a message was added. */
function checkFilter(filter: FilterHost, line: Buffer): number {
  const text = new TextDecoder().decode(line).replaceAll("\0", "");
  const answer = filter.call(text);
  const only = filter.call(text, "mimecast_leef_only");
  if (answer === text) {
    assert(only === text, "what the filter does not know must come back as it was");
    return 0;
  }
  const { message } = JSON.parse(answer);
  checkLeef(message, { maxLineBytes: 4096 });
  assert(only === JSON.stringify({ message }), "both functions must make the same line");
  assert(
    answer.startsWith(text.slice(0, text.lastIndexOf("}"))),
    "the filter must keep what came in",
  );
  return 1;
}

function isRecord(line: string): boolean {
  return line.replaceAll("\u00ef\u00bb\u00bf", "").replaceAll(/[ \t\r]/g, "") !== "";
}

function assert(condition: boolean, rule: string): void {
  if (!condition) throw new Error(rule);
}

/** Chance from a seed (mulberry32), and what it does to records. */
class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** One to four lines, most of them mutated, the last one perhaps without its line feed. */
  block(): Buffer {
    const lines = Array.from({ length: 1 + this.below(4) }, () => {
      let line: Buffer = Buffer.from(this.pick(SEEDS));
      for (let times = this.below(4); times > 0; times--) line = this.#mutate(line);
      return line;
    });
    const joined = Buffer.from(lines.map((line) => line.toString("latin1")).join("\n"), "latin1");
    return this.below(2) === 0 ? joined : Buffer.concat([joined, Buffer.from("\n")]);
  }

  #mutate(line: Buffer): Buffer {
    const at = this.below(line.length + 1);
    const to = Math.min(line.length, at + this.below(40));
    switch (this.below(9)) {
      case 0: // a bit
        if (at < line.length) line.writeUInt8((line[at] as number) ^ (1 << this.below(8)), at);
        return line;
      case 1: // a byte
        if (at < line.length) line.writeUInt8(this.below(256), at);
        return line;
      case 2: // the end is cut off
        return line.subarray(0, at);
      case 3: // a piece is missing
        return Buffer.concat([line.subarray(0, at), line.subarray(to)]);
      case 4: // a piece stands twice
        return Buffer.concat([line.subarray(0, to), line.subarray(at)]);
      case 5: // two records in one
        return Buffer.concat([line.subarray(0, at), this.pick(SEEDS).subarray(at)]);
      case 6: // a huge value
        return this.#insert(
          line,
          at,
          this.pick(["x", "ü", "^", '\\"', "\\u0000", ","]).repeat(1 + this.below(60_000)),
        );
      case 7: // deep nesting
        return this.#insert(
          line,
          at,
          `${this.pick(["[", '{"a":', "[["])}`.repeat(1 + this.below(200)),
        );
      default:
        return this.#insert(line, at, this.pick(PIECES));
    }
  }

  #insert(line: Buffer, at: number, text: string): Buffer {
    return Buffer.concat([line.subarray(0, at), Buffer.from(text, "latin1"), line.subarray(at)]);
  }
}

/** Bytes (latin1) that mean something somewhere. */
const PIECES: readonly string[] = [
  "\0",
  "\n",
  "\r",
  "\t",
  "^sev=1",
  "|",
  "=",
  "\\",
  '"',
  "\\ud800",
  "\\udc00",
  "\\u005e",
  "\\u2028",
  "\u00c2\u0085",
  "\u00e2\u0080\u00a8",
  "\u00ef\u00bb\u00bf",
  "\u00ed\u00a0\u0080",
  "\u00ff",
  "\u00e2\u0082",
  "\u00f0\u009f\u0093\u008e",
  '"type":"receipt",',
  '"type":"audit","eventInfo":"IP: 192.0.2.1",',
  '"event":{"type":"av"},"eventUid":"0123456789abcdef0123456789abcdef",',
  '"eventUid":"0123456789abcdef0123456789abcdef","event":{"type":"av","x":',
  '"event":"datetime=x|Act=Acc","eventUid":"0123456789abcdef0123456789abcdef",',
  '"message":"x",',
  "\"spamProcessingDetail\":\"{'spf': {'info': 'x'\",",
  '"timestamp":99999999999999999999,',
  "1e400",
  "null",
];
