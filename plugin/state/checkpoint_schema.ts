import * as z from "zod";

// A process reads it once: compiling a schema costs more than walking it.
z.config({ jitless: true });

/**
 * The shapes of checkpoint and journal, format version 1: what a version adds must be optional, and keys that are not
 * known here are let through, so that an older program reads what a newer one wrote. The types are in checkpoint.ts.
 */

const TIME = z.number();
const COUNT = z.int().nonnegative();
const CURSOR = z.nonoptional(z.unknown(), "it is missing");

const POSITION = z.looseObject({
  cursor: CURSOR,
  done: z.array(z.string()),
  taken: z
    .looseObject({
      key: z.string(),
      records: COUNT,
      digest: z.string(),
      ahead: z.looseObject({ bytes: COUNT, digest: z.string() }).optional(),
    })
    .nullable(),
});
const POSITIONS = z.record(z.string(), POSITION);
const RUN_END = z.enum(["open", "drained", "stopped", "broken"]);

const RUN = z.looseObject({
  id: z.string(),
  shipper: z.looseObject({
    pid: z.int(),
    start: z.string(),
    boot: z.string(),
    name: z.string(),
    madeForRun: z.boolean(),
    ourStart: z.string(),
  }),
  startedMs: TIME,
  safety: z.enum(["taken", "next_start", "lag"]),
  end: RUN_END,
  staged: POSITIONS,
});

const UNKNOWN_SEEN = z.looseObject({
  kind: z.string(),
  name: z.string(),
  count: COUNT,
  sinceMs: TIME,
  lastMs: TIME,
});

const SOURCE_STATE = z.looseObject({
  startedMs: TIME,
  dueMs: TIME,
  failures: COUNT,
  error: z.string().nullable(),
  coveredUntilMs: TIME.nullable(),
  records: COUNT,
  filtered: COUNT.optional(),
  unknown: z.array(UNKNOWN_SEEN).optional(),
  resumeAt: z.string().optional(),
  askedSinceMs: TIME.optional(),
  unanswered: z.string().optional(),
});

const GAP = z.looseObject({
  stream: z.string(),
  item: z.string(),
  atMs: TIME,
  reason: z.string(),
  cursor: CURSOR,
  file: z.string().nullable(),
  redoneMs: TIME.optional(),
});

const CHECKPOINT = z.looseObject({
  account: z.string(),
  api: z.enum(["1.0", "2.0"]),
  sequence: COUNT,
  committed: POSITIONS,
  runs: z.array(RUN),
  sources: z.record(z.string(), SOURCE_STATE),
  itemFailures: z.record(z.string(), COUNT),
  gaps: z.array(GAP),
  healthMs: TIME,
  clockAheadMs: z.number().optional(),
  configProblem: z.string().optional(),
});

const JOURNAL_ENTRY = z.looseObject({
  run: z.string(),
  sequence: COUNT,
  stream: z.string(),
  position: POSITION,
  committed: POSITIONS.optional(),
  end: RUN_END.optional(),
});

/** What is wrong with a checkpoint's content, with the path of the key; null where nothing is. */
export function checkpointProblem(value: unknown): string | null {
  const [issue] = CHECKPOINT.safeParse(value).error?.issues ?? [];
  if (issue === undefined) return null;
  return `${JSON.stringify(issue.path.join("."))}: ${issue.message}`;
}

/** True where the value is an entry of the journal. */
export function isJournalEntry(value: unknown): boolean {
  return JOURNAL_ENTRY.safeParse(value).success;
}
