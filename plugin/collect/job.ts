import type { MimecastClient } from "../client/client.ts";
import type { MimecastClock } from "../client/mimecast_clock.ts";
import type { EnginePool } from "../encode/engine.ts";
import type { Source } from "../sources/source.ts";
import type { Ledger } from "../state/ledger.ts";
import type { Progress } from "./progress.ts";

/** A source as this account wants it. Times in ms. */
export interface SourceJob {
  readonly source: Source;
  readonly intervalMs: number;
  readonly overlapMs: number;
  /** Where to begin without a checkpoint, ms since 1970. */
  readonly startMs: number;
}

/** One account with everything that its collection needs. */
export interface AccountJob {
  readonly name: string;
  /** Its folder below state_dir. */
  readonly folder: string;
  readonly sources: readonly SourceJob[];
  readonly client: MimecastClient;
  /** Asks once: for a source that failed the last time, so that a run does not last for its retries. */
  readonly probe?: MimecastClient;
  /** Mimecast's time, as the answers to `client` tell it. This host's where absent. */
  readonly clock?: MimecastClock;
  readonly engines: EnginePool;
  readonly ledger: Ledger;
  /** Says how long back-fills get on. */
  readonly progress?: Progress | undefined;
  /** How many calls the rate budget has for this feed now; null where that is not known. */
  callsLeft?(source: Source): number | null;
  readonly quarantineAfter: number;
  readonly healthIntervalMs: number;
}

/** The result of a round: one entry for each source that was polled. */
export interface SourceResult {
  readonly source: string;
  readonly records: number;
  readonly error: Error | null;
}

/** What a turn brought. `finished` is false where the feed has more to fetch right now, `answered` where Mimecast gave no answer that brought it on. */
export interface TurnResult extends SourceResult {
  readonly finished: boolean;
  readonly answered: boolean;
}
