import { cursorFields } from "../cursor_fields.ts";
import { NO_RESTARTS, type Restarts, readRestarts, restartsCursor } from "../restarts.ts";
import type { Cursor } from "../source.ts";

/** How far the program has read the sequence of SIEM files. Times in ms since 1970, by Mimecast's clock. */
export interface SiemV1Position {
  /** `mc-siem-token` of the last answer; null: from the oldest file that Mimecast still has. */
  readonly token: string | null;
  /** Hashes of the files already taken at this token, if its answer had no new token. */
  readonly taken: readonly string[];
  /** Files taken lately, as `SeenIds` writes them: they come again if the token is lost. */
  readonly files: readonly string[];
  /** The token was lost, and collected files come again. */
  readonly isRedoing: boolean;
  /** The last moment at which nothing was left; null: not known. */
  readonly settledMs: number | null;
  readonly restarts: Restarts;
}

/** The position of a feed before its first request. */
export const SIEM_V1_START: SiemV1Position = {
  token: null,
  taken: [],
  files: [],
  isRedoing: false,
  settledMs: null,
  restarts: NO_RESTARTS,
};

/** Reads a cursor of `siemV1Cursor`, or of an earlier version, which kept the token and `taken` only. */
export function readSiemV1Position(cursor: Cursor): SiemV1Position {
  const fields = cursorFields(cursor, "siem");
  const isOld = fields.numberOrNull("restarts") === null;
  return {
    token: fields.textOrNull("token"),
    taken: fields.texts("taken"),
    files: isOld ? [] : fields.texts("files"),
    isRedoing: fields.numberOrNull("redoing") === 1,
    settledMs: fields.numberOrNull("settled"),
    restarts: readRestarts(fields),
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
    ...restartsCursor(position.restarts),
  };
}
