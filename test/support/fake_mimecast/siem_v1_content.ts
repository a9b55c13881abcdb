import { fileNameTime } from "./api_time.ts";
import type { Call } from "./call.ts";
import { keyValueLine } from "./key_value.ts";
import { typeRow } from "./record_types.ts";
import { record, recordText } from "./records/record.ts";
import { type SiemFile, timelineOf, type World } from "./world.ts";

/** Records that are put together before they are handed on. */
const BLOCK = 200;

/** The exact content of a truncated file that Mimecast has served (reference 1.5). */
export const TRUNCATED_JSON = '{ "type" : "MTA", "data" : ';

/** `receipt_20211018093329655.json`; key_value files end in `.siem` (reference 1.5). */
export function fileName(file: SiemFile, format: "json" | "key_value"): string {
  const prefix = typeRow(file.type).v1 ?? file.type;
  return `${prefix}_${fileNameTime(file.atMs + file.number)}.${format === "json" ? "json" : "siem"}`;
}

/**
 * The bytes of one file, made while they are read. With `hand`, each record counts as handed out as it
 * goes by.
 */
export async function* fileContent(
  world: World,
  file: SiemFile,
  format: "json" | "key_value",
  hand = true,
): AsyncGenerator<Uint8Array> {
  const lineEnd = world.switches.keyValueLineEnd;
  const json = format === "json";
  if (json) yield Buffer.from(`${TRUNCATED_JSON}[ `);
  const timeline = timelineOf(world, file.type);
  const end = file.first + file.count;
  for (let start = file.first; start < end; start += BLOCK) {
    let text = "";
    const stop = Math.min(end, start + BLOCK);
    for (let index = start; index < stop; index += 1) {
      const key = { type: file.type, index, seed: world.seed, atMs: timeline.timeOf(index) };
      if (!json) text += keyValueLine(record(key, "v1")) + lineEnd;
      else text += (index === file.first ? "" : ", ") + recordText(key, "v1");
      if (hand) world.ledger.mark(file.type, index);
    }
    yield Buffer.from(text, "utf8");
  }
  if (json) yield Buffer.from(" ] }");
}

/** A file as the call's fault leaves it. Records that a damaged file does not hold are not handed out. */
export function damagedContent(
  world: World,
  call: Call,
  file: SiemFile,
  format: "json" | "key_value",
): AsyncIterable<Uint8Array> {
  const fault = call.fault?.fault;
  if (fault === "truncated_json") return once(TRUNCATED_JSON);
  const content = fileContent(world, file, format, fault !== "truncated_zip");
  return fault === "invalid_utf8" ? withInvalidUtf8(content) : content;
}

/** A text as a stream of one piece. */
export async function* once(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content, "utf8");
}

/** Puts a byte that is not UTF-8 into the first piece that has an "@" in it. */
export async function* withInvalidUtf8(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let done = false;
  for await (const piece of content) {
    const at = done ? -1 : piece.indexOf(0x40);
    if (at === -1) {
      yield piece;
      continue;
    }
    done = true;
    yield Buffer.concat([piece.subarray(0, at), Buffer.from([0xff]), piece.subarray(at)]);
  }
}
