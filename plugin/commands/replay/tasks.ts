import type { AccountConfig } from "../../config/config.ts";
import { parseStart, START_FORMS, startMs } from "../../config/start.ts";
import { ConfigError } from "../../errors.ts";
import { sourceNamed, sourcesOfAllModes } from "../../sources/registry.ts";
import type { Replay, Source } from "../../sources/source.ts";
import type { Gap } from "../../state/checkpoint.ts";
import { isRedoable, sourceOf } from "./gap_report.ts";
import type { ReplayWork, Wanted } from "./replay_stream.ts";

/** One stream that is to be re-done. */
export interface ReplayTask {
  readonly source: ReplayWork["source"];
  readonly stream: string;
  readonly wanted: Wanted;
  /** Mimecast has it until this moment at the latest; null where it does not say. */
  readonly keptUntilMs: number | null;
}

/** What a recorded gap lacks. Throws a `ConfigError` where it can't be asked for. */
export function gapTask(account: Pick<AccountConfig, "api">, gap: Gap): ReplayTask {
  const source = sourceOf(gap, sourcesOfAllModes(account.api));
  if (source === undefined || !isRedoable(gap)) {
    throw new ConfigError(`Cannot replay the gap in ${gap.stream}: ${gap.reason}`, {
      code: "gap_lost",
      hint: "The feed itself reported it: Mimecast had deleted the data before the program could ask for it",
    });
  }
  const { retentionMs } = source;
  return {
    source: replayable(source),
    stream: gap.stream,
    wanted: { kind: "gap", cursor: gap.cursor, item: gap.item },
    keptUntilMs: retentionMs === null ? null : gap.atMs + retentionMs,
  };
}

/** Every stream of a source, for a stretch of time. Throws a `ConfigError` where Mimecast can't be asked for it. */
export function rangeTasks(
  account: Pick<AccountConfig, "api">,
  asked: { readonly source?: string; readonly from?: string; readonly to?: string },
  nowMs: number,
): ReplayTask[] {
  const { source: name, from, to } = asked;
  if (name === undefined || from === undefined || to === undefined) {
    throw new ConfigError("Cannot replay: it needs --gap N, or --source S --from T --to T", {
      code: "replay_what",
      hint: "mimecast-input replay --list shows the gaps",
    });
  }
  const source = replayable(sourceNamed(account.api, name));
  if (source.replay.range === null) {
    throw new ConfigError(
      `Cannot replay "${name}" of API ${account.api} by time: Mimecast hands out its files one after the other`,
      {
        code: "replay_by_time",
        hint: "--gap N asks for a recorded gap by its token; API 2.0 can be asked by time; or collect all of the last 7 days again under another account name",
      },
    );
  }
  const begin = parseStart(from);
  if (begin?.kind === "at" && begin.atMs > nowMs) {
    throw new ConfigError(`Cannot replay from "${from}": it must not be later than now`, {
      code: "replay_range",
      hint: "Mimecast has records of the past only",
    });
  }
  const fromMs = timeOf("--from", from, nowMs);
  const toMs = timeOf("--to", to, nowMs);
  if (fromMs > toMs) {
    throw new ConfigError(`Cannot replay: --from "${from}" must not be later than --to "${to}"`, {
      code: "replay_range",
      hint: "Exchange the two",
    });
  }
  const { retentionMs } = source;
  if (retentionMs !== null && toMs < nowMs - retentionMs) {
    const days = Math.round(retentionMs / 86_400_000);
    throw new ConfigError(
      `Cannot replay up to "${to}": Mimecast keeps "${name}" for ${days} days`,
      {
        code: "replay_range",
        hint: "Ask for a later time; what is older is gone at Mimecast",
      },
    );
  }
  return source.streams.map((stream) => ({
    source,
    stream,
    wanted: { kind: "range", fromMs, toMs },
    keptUntilMs: retentionMs === null ? null : fromMs + retentionMs,
  }));
}

function timeOf(option: string, text: string, nowMs: number): number {
  const start = parseStart(text);
  if (start !== undefined) return startMs(start, nowMs);
  throw new ConfigError(`Cannot read ${option} "${text}": it ${START_FORMS}`, {
    code: "replay_range",
  });
}

/** The source, where it can serve earlier data again. Throws a `ConfigError` where it can not. */
export function replayable(source: Source): Source & { readonly replay: Replay } {
  const { replay: how } = source;
  if (how !== undefined) return { ...source, replay: how };
  throw new ConfigError(`Cannot replay "${source.name}": nothing of it can be asked for again`, {
    code: "replay_by_time",
  });
}
