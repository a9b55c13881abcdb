import { isObject } from "../client/failure.ts";
import { CLOSE_OBJECT, LF } from "../text/char_code.ts";

/** The fate of an object of a STIX bundle: the program leaves it out, or adds members of its own. */
export interface Join {
  /** True for a relationship that its two objects already tell, so the program leaves it out. */
  readonly isTold: boolean;
  /** `,"name":[…]` to add at the end of the object; "" for nothing. */
  readonly members: string;
}

const NOTHING: Join = { isTold: false, members: "" };
/** More names tell no more, and a line has a limit. */
const MAX_NAMES = 32;
const MALWARE = "x_mimecast_input_malware";
const INDICATORS = "x_mimecast_input_indicators";

/**
 * Adds to indicators the names of their malware, and to malware the hashes or ids of its indicators. Returns one result for
 * each object. `keep` tells which objects become records. A relationship stays a record if neither of its ends becomes a
 * record, or if one of them is not in this answer.
 */
export function joinsOf(objects: readonly unknown[], keep: readonly boolean[]): readonly Join[] {
  const byId = new Map<string, Readonly<Record<string, unknown>>>();
  const kept = new Set<unknown>();
  for (const [index, object] of objects.entries()) {
    if (!isObject(object) || typeof object.id !== "string") continue;
    byId.set(object.id, object);
    if (keep[index] !== false) kept.add(object.id);
  }
  const malware = new Map<string, Set<string>>();
  const indicators = new Map<string, Set<string>>();
  const told = new Set<unknown>();
  for (const object of objects) {
    if (!isObject(object) || object.type !== "relationship") continue;
    const from = byId.get(String(object.source_ref));
    const to = byId.get(String(object.target_ref));
    if (from?.type !== "indicator" || to?.type !== "malware") continue;
    note(malware, String(from.id), nameOf(to));
    note(indicators, String(to.id), hashOf(from));
    if (kept.has(from.id) || kept.has(to.id)) told.add(object);
  }
  return objects.map((object) => {
    if (told.has(object)) return { isTold: true, members: "" };
    const id = isObject(object) && typeof object.id === "string" ? object.id : "";
    const members = member(MALWARE, malware.get(id)) + member(INDICATORS, indicators.get(id));
    return members === "" ? NOTHING : { isTold: false, members };
  });
}

/** Blocks of records, one for each line, with their joined members; `joins` and `keep` have one entry for each record. */
export async function* joinedRecords(
  blocks: AsyncIterable<Uint8Array>,
  joins: readonly Join[],
  keep: readonly boolean[],
): AsyncGenerator<Uint8Array> {
  let index = 0;
  for await (const block of blocks) {
    const parts: Uint8Array[] = [];
    for (let from = 0; from < block.length; ) {
      const end = block.indexOf(LF, from) + 1;
      const { isTold, members } = joins[index] ?? NOTHING;
      // Keeps a record without an entry: better twice than never.
      if (keep[index++] !== false && !isTold)
        parts.push(...told(block.subarray(from, end), members));
      from = end;
    }
    if (parts.length > 0) yield Buffer.concat(parts);
  }
}

function told(line: Uint8Array, members: string): Uint8Array[] {
  const brace = line.lastIndexOf(CLOSE_OBJECT);
  if (members === "" || brace < 0) return [line];
  return [line.subarray(0, brace), Buffer.from(members), line.subarray(brace)];
}

function note(names: Map<string, Set<string>>, id: string, name: string): void {
  const own = names.get(id) ?? new Set();
  if (own.size < MAX_NAMES) own.add(name);
  names.set(id, own);
}

function member(name: string, values: ReadonlySet<string> | undefined): string {
  return values === undefined ? "" : `,"${name}":${JSON.stringify([...values].sort())}`;
}

function nameOf(malware: Readonly<Record<string, unknown>>): string {
  const { name, id } = malware;
  return typeof name === "string" && name !== "" ? name : String(id);
}

/** The hash in the pattern, or the id if there is none. */
function hashOf(indicator: Readonly<Record<string, unknown>>): string {
  const hash = /'([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})'/i.exec(String(indicator.pattern));
  return hash?.[1] ?? String(indicator.id);
}
