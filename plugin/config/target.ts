import { type FileOutput, fileOutput } from "./file_output.ts";
import { type HttpOutput, httpOutput } from "./http_output.ts";
import { type Problem, valueAt } from "./problem.ts";
import type { ConfigFile } from "./schema.ts";

/** Where lines go instead of stdout. */
export type Target = FileOutput | HttpOutput;

/** The keys of `output` that name a target; one of them at most. */
export const TARGET_KEYS = ["file", "http", "otlp"] as const satisfies Target["kind"][];

/** The target of the checked file; null: stdout. */
export function targetOf({ file, http, otlp }: ConfigFile["output"]): Target | null {
  if (file !== undefined) return fileOutput(file);
  if (otlp !== undefined) return httpOutput("otlp", otlp);
  return http === undefined ? null : httpOutput("http", http);
}

/** The problem of more than one target. Takes any value: the file may be wrong elsewhere. */
export function targetProblems(root: unknown): Problem[] {
  const named = TARGET_KEYS.filter((key) => valueAt(root, ["output", key]) !== undefined);
  const [, second] = named;
  if (second === undefined) return [];
  const sentence = `"output" must have at most one of ${TARGET_KEYS.map((key) => `"${key}"`).join(", ")}: it has ${named.map((key) => `"${key}"`).join(" and ")}`;
  return [{ path: ["output", second], sentence }];
}
