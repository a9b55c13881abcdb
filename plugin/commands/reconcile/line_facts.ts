import type { EngineSettings } from "../../encode/engine.ts";

/** What tells a delivered line from all others, and says when and what it was. */
export interface LineFacts {
  /** 32 hex digits. */
  readonly uid: string;
  /** Of the record (`devTime`), ms since 1970. */
  readonly timeMs: number;
  /** EventID; in JSON lines the type. */
  readonly event: string;
}

type Form = Pick<EngineSettings, "format" | "delimiter">;

/** The facts of a line of this program; null where it has no `eventUid` or no time. */
export function lineFacts(line: string, { format, delimiter }: Form): LineFacts | null {
  return format === "leef" ? leefFacts(line, delimiter === "tab" ? "\t" : "^") : jsonFacts(line);
}

/** A value never holds the delimiter: the engine replaces it, whoever wrote the value. */
function leefFacts(line: string, delimiter: string): LineFacts | null {
  const value = (key: string): string | null => {
    const name = `${delimiter}${key}=`;
    const at = line.indexOf(name);
    if (at < 0) return null;
    const begin = at + name.length;
    const end = line.indexOf(delimiter, begin);
    return line.slice(begin, end < 0 ? undefined : end);
  };
  const header = line.slice(line.indexOf("LEEF:")).split("|", 5);
  return facts(value("eventUid"), Number(value("devTime") ?? Number.NaN), header[4] ?? "");
}

function jsonFacts(line: string): LineFacts | null {
  try {
    const { eventUid, time, type } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return facts(eventUid, Date.parse(String(time)), String(type));
  } catch {
    return null;
  }
}

function facts(uid: unknown, timeMs: number, event: string): LineFacts | null {
  return typeof uid === "string" && UID.test(uid) && Number.isFinite(timeMs)
    ? { uid, timeMs, event }
    : null;
}

/** An `eventUid`. */
export const UID = /^[0-9a-f]{32}$/;
