import { cursorFields } from "../cursor_fields.ts";
import { NO_RESTARTS, type Restarts } from "../restarts.ts";
import type { Cursor } from "../source.ts";

/** Where the sequence of SIEM files has been read to. Times in ms since 1970, by Mimecast's clock. */
export interface SiemV1Position {
  /** `mc-siem-token` of the last answer; null: from the oldest file that Mimecast still has. */
  readonly token: string | null;
  /** Files already taken at this token, hashed: only where an answer came without a new token. */
  readonly taken: readonly string[];
  /** Files taken lately, as `SeenIds` writes them: they come again where the token is lost. */
  readonly files: readonly string[];
  /** The token was lost, and what was collected before comes again. */
  readonly isRedoing: boolean;
  /** When nothing was left last; null: not known. */
  readonly settledMs: number | null;
  readonly restarts: Restarts;
}

/** The position of a feed that was never asked. */
export const SIEM_V1_START: SiemV1Position = {
  token: null,
  taken: [],
  files: [],
  isRedoing: false,
  settledMs: null,
  restarts: NO_RESTARTS,
};

/** Reads what `siemV1Cursor` wrote, or an earlier version: that knew the token and `taken` only. */
export function readSiemV1Position(cursor: Cursor): SiemV1Position {
  const fields = cursorFields(cursor, "siem");
  const isOld = fields.numberOrNull("restarts") === null;
  return {
    token: fields.textOrNull("token"),
    taken: fields.texts("taken"),
    files: isOld ? [] : fields.texts("files"),
    isRedoing: fields.numberOrNull("redoing") === 1,
    settledMs: fields.numberOrNull("settled"),
    restarts: {
      count: fields.numberOrNull("restarts") ?? 0,
      lastMs: fields.numberOrNull("restartedMs") ?? 0,
    },
  };
}

/** The position as it is in the checkpoint. */
export function siemV1Cursor(position: SiemV1Position): Cursor {
  return {
    token: position.token,
    taken: [...position.taken],
    files: [...position.files],
    redoing: position.isRedoing ? 1 : 0,
    settled: position.settledMs,
    restarts: position.restarts.count,
    restartedMs: position.restarts.lastMs,
  };
}
