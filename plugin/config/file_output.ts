import * as z from "zod";
import { DEFAULTS } from "./defaults.ts";
import { type Problem, showPath, valueAt } from "./problem.ts";
import { absolutePath } from "./secret_schema.ts";
import type { Path } from "./yaml_text.ts";

const { file } = DEFAULTS.output;

/** `output.file` of the file. */
export const FILE_SCHEMA = z.strictObject({
  path: absolutePath.describe(
    "File that the shipper follows; a rotated one is called `path.TIME`, so follow `path*`",
  ),
  rotate_bytes: z
    .int()
    .min(1_048_576)
    .max(17_179_869_184)
    .default(file.rotate_bytes)
    .describe("The program renames a file that would grow beyond this, and begins a new one"),
  max_total_bytes: z
    .int()
    .min(4_194_304)
    .max(17_592_186_044_416)
    .default(file.max_total_bytes)
    .describe(
      "All of these files together; without room collection waits, and Mimecast keeps the records",
    ),
  keep_secs: z
    .int()
    .min(3600)
    .max(31_536_000)
    .optional()
    .describe(
      "The program removes rotated files so long after their last line: your word that every reader is through with them. Default: never",
    ),
  mode: z
    .literal(["0600", "0640", "0644", 600, 640, 644])
    .default(file.mode)
    .describe("Permissions of a new file"),
  group: z
    .union([z.string().regex(/^[A-Za-z_][\w.-]*\$?$/), z.int().min(0)])
    .optional()
    .describe("Group of a new file, by name or number; default: that of the user or folder"),
});

/** `output.file` of the configuration. */
export interface FileOutput {
  readonly kind: "file";
  readonly path: string;
  readonly rotateBytes: number;
  readonly maxTotalBytes: number;
  /** Null: rotated files are never removed. */
  readonly keepMs: number | null;
  /** Permission bits. */
  readonly mode: number;
  /** Name or number; null: as the system decides. */
  readonly group: string | number | null;
}

/** The checked value of the file, as the program uses it. */
export function fileOutput(checked: z.output<typeof FILE_SCHEMA>): FileOutput {
  return {
    kind: "file",
    path: checked.path,
    rotateBytes: checked.rotate_bytes,
    maxTotalBytes: checked.max_total_bytes,
    keepMs: checked.keep_secs === undefined ? null : checked.keep_secs * 1000,
    mode: Number.parseInt(String(checked.mode), 8),
    group: checked.group ?? null,
  };
}

/** The problems of `output.file` that the schema cannot find. Takes any value: the file may be wrong elsewhere. */
export function fileProblems(root: unknown): Problem[] {
  const path: Path = ["output", "file"];
  const rotate = valueAt(root, [...path, "rotate_bytes"]) ?? file.rotate_bytes;
  const total = valueAt(root, [...path, "max_total_bytes"]) ?? file.max_total_bytes;
  if (valueAt(root, path) === undefined) return [];
  if (typeof rotate !== "number" || typeof total !== "number" || total >= 2 * rotate) return [];
  const at: Path = [...path, "max_total_bytes"];
  const sentence = `"${showPath(at)}" must be at least twice "rotate_bytes", ${2 * rotate}: current value is ${total}`;
  return [{ path: at, sentence }];
}
