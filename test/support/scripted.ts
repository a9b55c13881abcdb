import { createHash } from "node:crypto";
import type { Chunk, Engine, RecordKind, UnknownName } from "../../plugin/encode/engine.ts";
import { ResumeMismatchError } from "../../plugin/encode/engine.ts";
import type { Cursor, Item, Page, Source } from "../../plugin/sources/source.ts";

/** One item of a scripted page: its records, and what goes wrong with it. */
export interface ScriptedItem {
  readonly key: string;
  readonly records: readonly string[];
  /** Records in one block. Default: all of them. */
  readonly blockRecords?: number;
  /** Thrown once `after` records have been given out; asked at every reading. */
  readonly fail?: () => { readonly after: number; readonly error: Error } | null;
  readonly raw?: () => AsyncIterable<Uint8Array>;
}

/** Page after page; the cursor is the page's number. */
export interface ScriptedPage {
  readonly items: readonly ScriptedItem[];
  readonly coveredUntilMs?: number;
  readonly gap?: string;
}

/** A source whose pages are given by a function of the cursor; there is more while it gives a page. */
export function scriptedSource(
  pageAt: (cursor: number, stream: string) => ScriptedPage | undefined,
  values: Partial<Source> = {},
): Source & { readonly asked: Cursor[] } {
  const asked: Cursor[] = [];
  return {
    asked,
    name: "audit",
    api: "2.0",
    endpoint: "POST /api/audit/get-audit-events",
    callKind: "other",
    permission: "Account | Logs | Read",
    retentionMs: null,
    streams: ["audit"],
    start: () => 0,
    async page(stream, cursor): Promise<Page> {
      asked.push(cursor);
      const at = Number(cursor);
      const page = pageAt(at, stream);
      const base = { coveredUntilMs: page?.coveredUntilMs ?? null };
      if (page === undefined) return { ...base, items: [], next: cursor, more: false };
      const next = at + 1;
      const items = page.items.map(itemOf);
      const more = pageAt(next, stream) !== undefined;
      return {
        ...base,
        items,
        next,
        more,
        ...(page.gap === undefined ? {} : { gap: { reason: page.gap } }),
      };
    },
    ...values,
  };
}

function itemOf(script: ScriptedItem): Item {
  return {
    key: script.key,
    kind: "auto",
    async *records() {
      const failure = script.fail?.() ?? null;
      const end = failure?.after ?? script.records.length;
      const step = script.blockRecords ?? Math.max(1, script.records.length);
      for (let from = 0; from < end; from += step) {
        const block = script.records.slice(from, Math.min(from + step, end));
        yield Buffer.from(block.map((record) => `${record}\n`).join(""));
      }
      if (failure !== null) throw failure.error;
    },
    raw:
      script.raw ??
      async function* () {
        yield Buffer.from(`raw bytes of ${script.key}`);
      },
  };
}

/**
 * An engine whose line is the record itself; one that begins with "!" is of an unknown type, one with "-" is filtered. Its chunk is a view into memory that the next step overwrites, as the
 * real one's is.
 */
export function scriptedEngine(chunkRecords = 2): Engine & { readonly begun: RecordKind[] } {
  const memory = new Uint8Array(1 << 16);
  const begun: RecordKind[] = [];
  let taken: { readonly records: number; readonly digest: string } | undefined;
  const unknown: UnknownName[] = [];
  let records = 0;
  let digest = "";

  function chunkOf(lines: readonly string[]): Chunk {
    const kept = lines.filter((line) => !line.startsWith("-"));
    const bytes = Buffer.from(kept.map((line) => `${line}\n`).join(""));
    memory.fill(0x3f);
    memory.set(bytes);
    return {
      bytes: memory.subarray(0, bytes.length),
      records,
      digest,
      malformed: lines.filter((line) => line.startsWith("?")).length,
      filtered: lines.length - kept.length,
    };
  }

  return {
    begun,
    begin(kind, start) {
      begun.push(kind);
      taken = start;
      records = 0;
      digest = "0".repeat(32);
    },
    *encode(block) {
      const lines: string[] = [];
      for (const line of Buffer.from(block).toString("utf8").split("\n")) {
        if (line === "") continue;
        records++;
        digest = createHash("sha256").update(`${digest}${line}`).digest("hex").slice(0, 32);
        if (taken !== undefined && records <= taken.records) {
          if (records === taken.records && digest !== taken.digest) {
            throw new ResumeMismatchError(taken, records);
          }
          continue;
        }
        lines.push(line);
        if (line.startsWith("!")) unknown.push({ kind: "type", name: line.slice(1), count: 1 });
        if (lines.length === chunkRecords) yield chunkOf(lines.splice(0));
      }
      if (lines.length > 0) yield chunkOf(lines);
      memory.fill(0x3f);
    },
    end() {
      if (taken !== undefined && records < taken.records) {
        throw new ResumeMismatchError(taken, records);
      }
      taken = undefined;
    },
    takeUnknown: () => unknown.splice(0),
    lastFields: () => new Map(),
  };
}
