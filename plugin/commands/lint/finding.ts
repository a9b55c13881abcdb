/**
 * What a setting does to the data. "loses": records vanish. "damages": lines arrive cut or rewritten. "stalls":
 * collection stops or never begins. "insecure": others can read or forge the stream. "note": lint can't tell.
 */
export type Effect = "loses" | "damages" | "stalls" | "insecure" | "note";

/** One setting of a shipper's configuration that costs data. */
export interface Finding {
  /** Stable name of the rule, `storage.type`, for scripts. */
  readonly rule: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** The included file in which it is; absent: the file that was named. */
  readonly file?: string | undefined;
  /** True where the reason is that something was not found, which a file that was not read may have. */
  readonly missing?: true;
  readonly effect: Effect;
  /** What is there, and what it does. */
  readonly reason: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** A setting as it stands in the file. */
export interface Setting {
  readonly value: string;
  readonly line: number;
}

/** True for a command line that runs this program. */
export function runsProgram(command: string): boolean {
  return /(?:^|[\s/"'=])mimecast-input(?:\.cjs)?(?:$|[\s"';&|])/.test(command);
}

/** The findings about how the program is started: `--once` where the shipper waits for its end, else `--follow`. */
export function commandFindings(command: Setting, mode: "--once" | "--follow"): Finding[] {
  const other = mode === "--once" ? "--follow" : "--once";
  const words = command.value.split(/[\s"',]+/);
  const isOnce = !words.includes("--follow");
  if (!words.includes("poll") || isOnce === (mode === "--once")) return [];
  const reason =
    mode === "--once"
      ? `the command is "poll ${other}": exec reads until the program ends, which it then never does`
      : `the command is "poll ${other}": each end is a restart, and what it wrote last is never known to be kept`;
  return [
    {
      rule: "command",
      line: command.line,
      effect: mode === "--once" ? "stalls" : "loses",
      reason,
      remedy: `write: mimecast-input poll ${mode}`,
    },
  ];
}
