import { InvalidArgumentError, Option } from "commander";
import type { Effects } from "../effects.ts";
import type { Host } from "../host/host.ts";

const DEFAULT_WATCH_SECS = 10;

/** What a command needs that looks again and again. */
export interface WatchWorld extends Pick<Host, "screen" | "signal"> {
  readonly effects: Pick<Effects, "sleep">;
}

/** One look: what is shown, and the exit code that it gives. */
export interface Look {
  readonly text: string;
  readonly code: number;
}

/** `--watch [secs]`; read it with `watchSecsOf`. */
export function watchOption(): Option {
  return new Option(
    "--watch [secs]",
    `look again every so many seconds (${DEFAULT_WATCH_SECS} without a number)`,
  ).argParser(seconds);
}

/** Seconds between two looks; null: once. */
export function watchSecsOf(watch: true | number | undefined): number | null {
  return watch === undefined ? null : watch === true ? DEFAULT_WATCH_SECS : watch;
}

/** Shows a look once, or again and again until a signal; gives the exit code of the last one. */
export async function watched(
  look: () => Promise<Look>,
  { watchSecs, json }: { readonly watchSecs: number | null; readonly json: boolean },
  { screen, signal, effects }: WatchWorld,
): Promise<number> {
  for (let looks = 0; ; looks++) {
    const { text, code } = await look();
    const isRedrawn = watchSecs !== null && screen.cursor && !json;
    await screen.write(isRedrawn ? redrawn(text, screen.rows, looks === 0) : text);
    if (watchSecs === null || signal.aborted) return code;
    await effects.sleep(watchSecs * 1000, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return code;
  }
}

/**
 * The text over what the terminal shows (CUP, EL and ED of ECMA-48). What goes beyond the last row is left out, or the
 * terminal would move on and show every look below the one before.
 */
function redrawn(text: string, rows: number | null, first: boolean): string {
  const all = text.replace(/\n$/, "").split("\n");
  const shown =
    rows === null || all.length < rows ? all : [...all.slice(0, Math.max(rows - 2, 1)), "…"];
  const lines = shown.map((line) => `${line}\u001b[K\n`).join("");
  return `${first ? "\u001b[2J" : ""}\u001b[H${lines}\u001b[J`;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 86_400) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 86400.");
  }
  return value;
}
