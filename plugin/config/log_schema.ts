import * as z from "zod";
import { DEFAULTS } from "./defaults.ts";

const { log } = DEFAULTS;

/** `log` of the file. */
export const LOG_SCHEMA = z.strictObject({
  level: z
    .enum(["debug", "info", "warn", "error"])
    .default(log.level)
    .describe("Least severity of the log"),
  file: z
    .boolean()
    .default(log.file)
    .describe(
      "Keep the log of `poll` in `.log` below `state_dir` besides standard error; always, if standard error is /dev/null",
    ),
  max_file_bytes: z
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(log.max_file_bytes)
    .describe("The program rotates a log file that would grow beyond this"),
  max_files: z
    .int()
    .min(1)
    .max(100)
    .default(log.max_files)
    .describe("Log files to keep, including the current one"),
});
