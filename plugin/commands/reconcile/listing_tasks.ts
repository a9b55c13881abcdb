import type { AccountConfig } from "../../config/config.ts";
import { filteredSource } from "../../config/filter.ts";
import { startMs } from "../../config/start.ts";
import { sourceNamed } from "../../sources/registry.ts";
import type { Checkpoint, Position } from "../../state/checkpoint.ts";
import { isoSecond } from "../../text/iso_time.ts";
import { type ReplayTask, rangeTasks, replayable } from "../replay/tasks.ts";
import type { Stretch } from "./stretch.ts";

/** What to ask Mimecast for, of one feed: one task a stream. */
export type TasksOf = (feed: string, nowMs: number) => readonly ReplayTask[];

/** A feed that could not be compared, or not in full, and why. */
export interface Unlisted {
  readonly feed: string;
  readonly reason: string;
}

/**
 * Every record of a stretch of time. A feed that Mimecast does not serve by time (API 1.0 SIEM) is asked for all that it
 * still has. `only`: these streams; default: all.
 */
export function stretchTasks(
  account: Pick<AccountConfig, "api">,
  { fromMs, toMs }: Stretch,
  only?: ReadonlySet<string>,
): TasksOf {
  const isWanted = ({ stream }: ReplayTask) => only === undefined || only.has(stream);
  return (feed, nowMs) => {
    const source = replayable(sourceNamed(account.api, feed));
    if (source.replay.range === null) {
      const tasks = source.streams.map((stream): ReplayTask => {
        const position = at(source.start(stream, fromMs, nowMs));
        return { source, stream, wanted: { kind: "ahead", position }, keptUntilMs: null };
      });
      return tasks.filter(isWanted);
    }
    const text = (ms: number) => new Date(ms).toISOString();
    const asked = { source: feed, from: text(fromMs), to: text(Math.min(toMs, nowMs)) };
    return rangeTasks(account, asked, nowMs).filter(isWanted);
  };
}

/**
 * Every record of these streams that the next polls will bring: all behind the positions that the checkpoint has as safe.
 * `mode: stream` has one stream for all.
 */
export function aheadTasks(
  account: AccountConfig,
  { committed }: Checkpoint,
  streams: ReadonlySet<string>,
): TasksOf {
  return (feed, nowMs) => {
    const asked = account.sources.find(({ name }) => name === feed);
    const whole = sourceNamed(account.api, feed, asked?.mode);
    const source = filteredSource(whole, account.dropped);
    if (asked === undefined || source === null) return [];
    const replayed = replayable(source);
    const isOne = asked.mode === "stream";
    return source.streams
      .filter((stream) => isOne || streams.has(stream))
      .map((stream) => {
        const begin = () => at(source.start(stream, startMs(asked.start, nowMs), nowMs));
        const position = committed[stream] ?? begin();
        return {
          source: replayed,
          stream,
          wanted: { kind: "ahead", position },
          keptUntilMs: null,
        };
      });
  };
}

function at(cursor: Position["cursor"]): Position {
  return { cursor, done: [], taken: null };
}

/** The feeds of which Mimecast has deleted a part of the stretch. */
export function expiredFeeds(
  account: Pick<AccountConfig, "api">,
  feeds: readonly string[],
  { fromMs, toMs }: Stretch,
  nowMs: number,
): Unlisted[] {
  return feeds.flatMap((feed) => {
    const { retentionMs } = sourceNamed(account.api, feed);
    if (retentionMs === null || fromMs >= nowMs - retentionMs || toMs < nowMs - retentionMs)
      return [];
    const days = Math.round(retentionMs / 86_400_000);
    const since = isoSecond(nowMs - retentionMs);
    return [{ feed, reason: `Mimecast keeps it for ${days} days: nothing before ${since}` }];
  });
}
