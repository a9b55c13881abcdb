import { createHash } from "node:crypto";
import { StateError } from "../errors.ts";
import type { Cursor } from "../sources/source.ts";
import { checkpointProblem } from "./checkpoint_schema.ts";
import type { Shipper } from "./shipper.ts";

/**
 * The checkpoint as a value. It has two positions for each stream: the committed one is safe; the staged one is written
 * and not yet proven (docs/delivery.md). This file does no I/O; ledger.ts moves the positions.
 */

/** Output that was accepted after the counted records: its bytes, and their SHA-256. */
export interface Ahead {
  readonly bytes: number;
  readonly digest: string;
}

/** How far one item has been accepted by the output: the first `records` records, whose digest is `digest`. */
export interface Taken {
  readonly key: string;
  readonly records: number;
  readonly digest: string;
  /** Absent if nothing was accepted after those records. */
  readonly ahead?: Ahead;
}

/** A position in a stream: the cursor of a page, its finished items, and the item in progress. */
export interface Position {
  readonly cursor: Cursor;
  readonly done: readonly string[];
  readonly taken: Taken | null;
}

/**
 * How a run ended. "open": it still runs, or was killed. "drained": it ended by itself after the output had accepted
 * everything. "stopped": it was asked to stop, so the shipper may have been ending. "broken": the shipper closed our
 * stdout.
 */
export type RunEnd = "open" | "drained" | "stopped" | "broken";

/**
 * When accepted output is safe.
 * "taken": after a flush (an acknowledged HTTP batch, a synced file, a terminal).
 * "next_start": when the same shipper starts us again (`poll --once` into a pipe).
 * "lag": when `lagBytes` more have been accepted, or the output was quiet for `settleMs` (`poll --follow`).
 */
export type Safety = "taken" | "next_start" | "lag";

/** One run of the program for this account, with the position of every stream that it moved. */
export interface Run {
  readonly id: string;
  readonly shipper: Shipper;
  readonly startedMs: number;
  readonly safety: Safety;
  readonly end: RunEnd;
  readonly staged: Readonly<Record<string, Position>>;
}

/** A name or word of Mimecast's that the mapping does not know (docs/decisions/0017-unknown-names.md). Times in ms since 1970. */
export interface UnknownSeen {
  /** "field" for a member's name, the field's name for a word in it, "more" for what there was no room for. */
  readonly kind: string;
  readonly name: string;
  /** Records that had it. */
  readonly count: number;
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** The state of a source apart from its positions; for scheduling, `status` and health events. Times in ms since 1970. */
export interface SourceState {
  readonly startedMs: number;
  /** The program does not ask again before this moment. */
  readonly dueMs: number;
  readonly failures: number;
  readonly error: string | null;
  readonly coveredUntilMs: number | null;
  readonly records: number;
  /** When Mimecast gave the last answer that moved the feed; 0 if it never did, absent if an older version wrote this. */
  readonly answeredMs?: number;
  /** When the program asked first; absent after an answer, and if an older version wrote this. */
  readonly askedSinceMs?: number;
  /** Why the last poll ended without an answer, with the remedy; absent if there was one, or the program was asked to stop. */
  readonly unanswered?: string;
  /** Records that the filter left out; absent if none. */
  readonly filtered?: number;
  /** Names that the mapping does not know, the most frequent first; absent if it knows all. */
  readonly unknown?: readonly UnknownSeen[];
  /** The stream with which the next turn begins, because the last turn ended before it. */
  readonly resumeAt?: string;
}

/** Data that the program gave up: what, when, why, and the name of its file in the quarantine folder. */
export interface Gap {
  readonly stream: string;
  readonly item: string;
  readonly atMs: number;
  readonly reason: string;
  readonly cursor: Cursor;
  readonly file: string | null;
  /** When `replay` re-did it, ms since 1970; absent until then. */
  readonly redoneMs?: number;
}

/** Everything that the program remembers of one account. */
export interface Checkpoint {
  readonly account: string;
  readonly api: "1.0" | "2.0";
  /** Grows by one at every save: the journal names the save that it follows. */
  readonly sequence: number;
  readonly committed: Readonly<Record<string, Position>>;
  /** Unconfirmed runs, oldest first, at most `MAX_RUNS`. */
  readonly runs: readonly Run[];
  readonly sources: Readonly<Record<string, SourceState>>;
  /** Failures in a row of one item: "stream item" -> count. */
  readonly itemFailures: Readonly<Record<string, number>>;
  readonly gaps: readonly Gap[];
  readonly healthMs: number;
  /** By how many ms this host's clock is ahead of Mimecast's (negative: behind); absent where it is right. */
  readonly clockAheadMs?: number;
  /** Why the running process can't take the newest configuration and goes on with the one before; absent where it is in use. */
  readonly configProblem?: string;
}

/** After so many runs in a row, each with a new shipper, the program drops the oldest. */
export const MAX_RUNS = 3;
/** The format that this program writes, and the newest that it reads. */
export const CHECKPOINT_VERSION = 1;

const MAGIC = "mimecast-input-checkpoint";

/** A checkpoint for an account that has none. */
export function emptyCheckpoint(account: string, api: "1.0" | "2.0"): Checkpoint {
  return {
    account,
    api,
    sequence: 0,
    committed: {},
    runs: [],
    sources: {},
    itemFailures: {},
    gaps: [],
    healthMs: 0,
  };
}

/** One line "mimecast-input-checkpoint VERSION SHA256", then the JSON that the checksum covers. */
export function serializeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const body = `${JSON.stringify(checkpoint, null, 1)}\n`;
  return Buffer.from(`${MAGIC} ${CHECKPOINT_VERSION} ${sha256(body)}\n${body}`);
}

/**
 * Reads what `serializeCheckpoint` wrote. Throws a `StateError`: `checkpoint_newer` for a later format,
 * `checkpoint_broken` for anything that is not whole.
 */
export function parseCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const text = Buffer.from(bytes).toString("utf8");
  const cut = text.indexOf("\n");
  const [magic, version, sum] = text.slice(0, cut).split(" ");
  if (magic !== MAGIC || !/^[1-9]\d{0,8}$/.test(version ?? "")) {
    throw broken(
      path,
      bytes.length === 0 ? "the file is empty" : "its first line is not a checkpoint header",
    );
  }
  if (Number(version) > CHECKPOINT_VERSION) {
    throw new StateError(
      `Cannot read checkpoint "${path}": its format is ${version}, this program reads up to ${CHECKPOINT_VERSION}`,
      {
        code: "checkpoint_newer",
        hint: "Run the newer program that wrote it, or restore the file of the older one",
      },
    );
  }
  const body = text.slice(cut + 1);
  if (sha256(body) !== sum)
    throw broken(path, "its checksum does not match, it is damaged or half written");
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch (cause) {
    throw broken(path, "its content is not JSON", cause);
  }
  const problem = checkpointProblem(content);
  if (problem !== null) throw broken(path, `its content is not that of a checkpoint, ${problem}`);
  return content as Checkpoint;
}

function broken(path: string, why: string, cause?: unknown): StateError {
  return new StateError(`Cannot read checkpoint "${path}": ${why}`, {
    code: "checkpoint_broken",
    cause,
    hint: "Restore checkpoint.previous or a backup (events since then come twice), or remove both files to collect again from poll.start",
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
