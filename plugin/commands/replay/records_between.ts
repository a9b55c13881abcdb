import { LF } from "../../text/char_code.ts";
/** A stretch of time, both ends inclusive, in ms since 1970. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Those records of blocks of lines whose field `timeKey` (ms since 1970) lies in the stretch; `seen` is told every
 * time. A record without a time that can be read is kept: better twice than never.
 */
export async function* recordsBetween(
  blocks: AsyncIterable<Uint8Array>,
  timeKey: string,
  stretch: Stretch,
  seen: (timeMs: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) {
    const kept: Uint8Array[] = [];
    for (let from = 0; from < block.length; ) {
      const end = block.indexOf(LF, from) + 1 || block.length;
      const line = block.subarray(from, end);
      const timeMs = timeOf(line, timeKey);
      if (timeMs !== null) seen(timeMs);
      if (timeMs === null || (timeMs >= stretch.fromMs && timeMs <= stretch.toMs)) kept.push(line);
      from = end;
    }
    if (kept.length > 0) yield Buffer.concat(kept);
  }
}

/** Parsed, not searched for: a subject may hold any text. */
function timeOf(line: Uint8Array, timeKey: string): number | null {
  try {
    const record: unknown = JSON.parse(Buffer.from(line).toString("utf8"));
    const time = (record as Record<string, unknown> | null)?.[timeKey];
    return typeof time === "number" && Number.isFinite(time) ? time : null;
  } catch {
    return null;
  }
}
