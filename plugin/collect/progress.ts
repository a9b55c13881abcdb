import type { Effects } from "../effects.ts";
import { isoSecond } from "../text/iso_time.ts";

/** How far a feed has come since it last had nothing more to fetch. */
export interface FeedProgress {
  /** Records that the output has accepted, or the filter left out; `filtered` of them by the filter. */
  took(records: number, filtered: number): void;
  /** A page was taken; data up to `coveredUntilMs` (ms since 1970) is complete, null where that is not known. */
  page(coveredUntilMs: number | null): void;
}

/** Shows the progress of back-fills: on a status line, or in the log. */
export interface Progress {
  /**
   * Begins a turn of a feed; what earlier turns of the same back-fill brought is counted on. `callsLeft`: how many
   * calls the rate budget has for it now, null where that is not known.
   */
  turn(account: string, source: string, callsLeft?: () => number | null): FeedProgress;
  /** The feed is at its end. */
  end(account: string, source: string): void;
}

const LOG_EVERY_MS = 30_000;
const SHOW_EVERY_MS = 500;

interface Feed {
  readonly account: string;
  readonly source: string;
  readonly startedMs: number;
  toldMs: number;
  records: number;
  pages: number;
  coveredUntilMs: number | null;
  callsLeft: () => number | null;
}

/** Progress on `show`, a terminal's status line; without one as an info line of the log every 30 seconds. */
export function createProgress(
  effects: Pick<Effects, "now" | "log">,
  show: ((text: string) => void) | null,
): Progress {
  const feeds = new Map<string, Feed>();
  const everyMs = show === null ? LOG_EVERY_MS : SHOW_EVERY_MS;

  function tell(feed: Feed): void {
    const nowMs = effects.now();
    // Math.abs: a clock that was set back must not silence it.
    if (Math.abs(nowMs - feed.toldMs) < everyMs) return;
    feed.toldMs = nowMs;
    if (show !== null) {
      show(progressText(feed, nowMs));
      return;
    }
    const { account, source, records, pages, coveredUntilMs } = feed;
    const callsLeft = feed.callsLeft();
    effects.log("info", "Collecting", {
      account,
      source,
      records,
      recordsPerSecond: rate(feed, nowMs),
      pages,
      ...(coveredUntilMs === null ? {} : { collectedUntil: isoSecond(coveredUntilMs) }),
      ...(callsLeft === null ? {} : { callsLeft }),
    });
  }

  return {
    turn(account, source, callsLeft = () => null) {
      const key = JSON.stringify([account, source]);
      const nowMs = effects.now();
      const feed = feeds.get(key) ?? {
        account,
        source,
        startedMs: nowMs,
        toldMs: nowMs,
        records: 0,
        pages: 0,
        coveredUntilMs: null,
        callsLeft,
      };
      feeds.set(key, feed);
      return {
        took(records) {
          feed.records += records;
          tell(feed);
        },
        page(coveredUntilMs) {
          feed.pages++;
          feed.coveredUntilMs = coveredUntilMs ?? feed.coveredUntilMs;
          tell(feed);
        },
      };
    },
    end(account, source) {
      feeds.delete(JSON.stringify([account, source]));
      if (feeds.size === 0) show?.("");
    },
  };
}

/** What the status line shows: `acme siem: 12345 records, 410/s, 17 pages, up to 2026-03-01T12:00:00Z, 33 calls left`. */
export function progressText(feed: Omit<Feed, "toldMs">, nowMs: number): string {
  const { account, source, records, pages, coveredUntilMs } = feed;
  const until = coveredUntilMs === null ? "" : `, up to ${isoSecond(coveredUntilMs)}`;
  const callsLeft = feed.callsLeft();
  const left = callsLeft === null ? "" : `, ${callsLeft} calls left`;
  return `${account} ${source}: ${records} records, ${rate(feed, nowMs)}/s, ${pages} pages${until}${left}`;
}

function rate({ startedMs, records }: Pick<Feed, "startedMs" | "records">, nowMs: number): number {
  return Math.round((records * 1_000) / Math.max(1, nowMs - startedMs));
}
