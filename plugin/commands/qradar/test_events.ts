import type { AccountConfig, Config } from "../../config/config.ts";
import { engineSettings } from "../../config/engine_settings.ts";
import { createEngine, type EngineModule, type EngineSettings } from "../../encode/engine.ts";
import { TEST_UID } from "../test_uid.ts";
import {
  type ContentEvent,
  type ContentTexts,
  contentEvents,
  contentProperties,
} from "./content_tables.ts";
import { type TestRecord, testRecords } from "./test_records.ts";

/** What QRadar has to show of one test event. */
export interface ExpectedEvent {
  readonly uid: string;
  readonly event: ContentEvent;
  /** `sev` of the line: what IBM's own LEEF type shows. */
  readonly sev: number;
  /** Device time, ms since 1970. */
  readonly timeMs: number;
  /** Null: Mimecast names none. */
  readonly user: string | null;
  readonly source: string | null;
  readonly destination: string | null;
  /** Name of the property -> value. */
  readonly properties: ReadonlyMap<string, string>;
}

/** The test events of one run. */
export interface TestEvents {
  /** How the eventUid of each of them begins, and of no other event. */
  readonly prefix: string;
  /** In the format of `output.format`. */
  readonly lines: Uint8Array;
  readonly expected: readonly ExpectedEvent[];
}

/**
 * One line of each record family, made by the engine as a poll makes it, but for the `eventUid`, which is of this run. Events
 * that `filter` drops are among them.
 */
export function testEvents(
  config: Config,
  account: AccountConfig,
  { engine, tables, nowMs, run }: TestEventsWorld,
): TestEvents {
  const prefix = `${TEST_UID}${run}`;
  const unfiltered = { ...account, dropped: [] };
  const encoder = (format: EngineSettings["format"]) => {
    const encoding = createEngine(engine, engineSettings(config, unfiltered, format));
    return ({ kind, record }: TestRecord, uid: string): string => {
      encoding.begin(kind);
      let line = "";
      const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
      for (const chunk of encoding.encode(bytes)) line += Buffer.from(chunk.bytes).toString();
      encoding.end();
      return line.replaceAll(/(eventUid"?[=:]"?)[0-9a-f]{32}/g, `$1${uid}`);
    };
  };
  const sent = encoder(config.output.format);
  const leef = encoder("leef");
  const delimiter =
    config.output.delimiter === "tab" || config.output.leefVersion === "1.0" ? "\t" : "^";
  const events = new Map(contentEvents(tables).map((each) => [`${each.id} ${each.cat}`, each]));
  const properties = contentProperties(tables);
  const lines: string[] = [];
  const expected = testRecords(nowMs).map((record, index): ExpectedEvent => {
    const uid = `${prefix}${index.toString(16).padStart(32 - prefix.length, "0")}`;
    lines.push(sent(record, uid));
    const { eventId, values } = leefValues(leef(record, uid), delimiter);
    const event = events.get(`${eventId} ${values.get("cat")}`);
    if (event === undefined) throw new Error(`Cannot find the event ${eventId} in the content`);
    return {
      uid,
      event,
      sev: Number(values.get("sev")),
      timeMs: Number(values.get("devTime")),
      user: values.get("usrName") ?? null,
      source: values.get("src") ?? null,
      destination: values.get("dst") ?? null,
      properties: new Map(
        properties.flatMap(({ name, key }) => {
          const value = values.get(key);
          return value === undefined ? [] : [[name, value] as const];
        }),
      ),
    };
  });
  return { prefix, lines: Buffer.from(lines.join("")), expected };
}

interface TestEventsWorld {
  readonly engine: EngineModule;
  readonly tables: ContentTexts;
  readonly nowMs: number;
  /** 8 hex digits of this run. */
  readonly run: string;
}

/** EventID and attributes of a line. A value never holds the delimiter: the engine replaces it. */
function leefValues(
  line: string,
  delimiter: string,
): { readonly eventId: string; readonly values: ReadonlyMap<string, string> } {
  const header = line.slice(line.indexOf("LEEF:"));
  const [, , , , eventId = "", ...rest] = header.trimEnd().split("|");
  const pairs = rest.join("|").split(delimiter);
  const values = pairs.map((pair) => {
    const at = pair.indexOf("=");
    // In front of the first one is the delimiter's own name of LEEF 2.0.
    return [pair.slice(0, at).replace(/^.*\|/, ""), pair.slice(at + 1)] as const;
  });
  return { eventId, values: new Map(values) };
}
