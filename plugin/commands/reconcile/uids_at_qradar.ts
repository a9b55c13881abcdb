import type { Effects } from "../../effects.ts";
import { ApiError } from "../../errors.ts";
import { aqlText, search } from "../ariel.ts";
import { allItems, type Console } from "../qradar_console.ts";
import { hasIdentifier, LOG_SOURCES, type LogSourceFacts } from "../qradar_log_source.ts";
import { TEST_UID } from "../test_uid.ts";
import { HOUR_MS, type Stretch } from "./stretch.ts";

/** QRadar's clock and ours may differ, and so may the moment of parsing. */
const EARLIER_HOURS = 1;
const UID_PROPERTY = '"Mimecast Event UID"';

/** Events of one hour of device time whose ids begin with the same two digits. */
export interface HourCount {
  /** Hours since 1970. */
  readonly hour: number;
  /** What the ids begin with, 0 to 255. */
  readonly part: number;
  readonly events: number;
  /** Different ids. */
  readonly uids: number;
}

/** What QRadar has of one account, asked by device time. */
export interface QradarEvents {
  counts(stretch: Stretch): Promise<readonly HourCount[]>;
  /** Every event of a stretch: id and device time, ms since 1970. `arrivedMs`: it arrived after this moment; default: the stretch. */
  uids(
    stretch: Stretch,
    arrivedMs?: number,
  ): AsyncIterable<{ readonly uid: string; readonly timeMs: number }>;
}

/**
 * The events of the log sources with this identifier. Ariel's START and STOP are times of arrival, so a search reaches from an
 * hour before the device time up to now: whatever came late is in it.
 */
export async function eventsAtQradar(
  console: Console,
  identifier: string,
  effects: Pick<Effects, "now" | "sleep">,
  signal: AbortSignal,
  limitMs: number,
): Promise<QradarEvents> {
  const sources = await logSources(console, identifier);
  const where = ({ fromMs, toMs }: Stretch) =>
    `logsourceid IN (${sources.join(", ")}) AND ${UID_PROPERTY} IS NOT NULL` +
    ` AND NOT (${UID_PROPERTY} ILIKE ${aqlText(`${TEST_UID}%`)})` +
    ` AND devicetime >= ${fromMs} AND devicetime < ${toMs}` +
    ` AND NOT (QIDNAME(qid) ILIKE ${aqlText("Mimecast Collector Health%")})`;
  const last = (fromMs: number) =>
    `LAST ${Math.ceil((effects.now() - fromMs) / HOUR_MS) + EARLIER_HOURS} HOURS`;
  const ask = (aql: string) => search(console, aql, effects, signal, limitMs);
  return {
    async counts(stretch) {
      const hour = `LONG(devicetime / ${HOUR_MS})`;
      const part = `SUBSTRING(${UID_PROPERTY}, 0, 2)`;
      const aql =
        `SELECT ${hour} AS "hour", ${part} AS "part", SUM(eventcount) AS "events", UNIQUECOUNT(${UID_PROPERTY}) AS "uids"` +
        ` FROM events WHERE ${where(stretch)} GROUP BY ${hour}, ${part} ${last(stretch.fromMs)}`;
      const counts: HourCount[] = [];
      for await (const rows of ask(aql)) {
        for (const row of rows) {
          counts.push({
            hour: Math.floor(Number(row.hour)),
            part: Number.parseInt(String(row.part), 16),
            events: Number(row.events),
            uids: Number(row.uids),
          });
        }
      }
      return counts;
    },
    async *uids(stretch, arrivedMs = stretch.fromMs) {
      const aql = `SELECT ${UID_PROPERTY} AS "uid", devicetime AS "time" FROM events WHERE ${where(stretch)} ${last(arrivedMs)}`;
      for await (const rows of ask(aql)) {
        for (const { uid, time } of rows) yield { uid: String(uid), timeMs: Number(time) };
      }
    },
  };
}

/** The ids of the log sources whose identifier is the host of our syslog header. */
async function logSources(console: Console, identifier: string): Promise<readonly number[]> {
  const sources = await allItems<LogSourceFacts & { readonly id: number }>(console, LOG_SOURCES, {
    fields: "id,protocol_parameters",
  });
  const ids = sources.filter((each) => hasIdentifier(each, identifier)).map(({ id }) => id);
  if (ids.length > 0) return ids;
  throw new ApiError(
    `Cannot ask QRadar: no log source that the token may see has the identifier ${JSON.stringify(identifier)}`,
    {
      code: "qradar_log_source",
      status: 200,
      retryable: false,
      hint: "Make the log source (mimecast-input qradar install), or let the security profile of the authorized service see it: docs/reconcile.md",
    },
  );
}
