import type { z } from "zod";
import { type Answer, apiFailure, type Call, violate } from "./call.ts";
import type { World } from "./world.ts";

/** Reads a JSON body by a strict schema; a breach is a violation and a 400 in the envelope (reference 1.3). */
export function readBody<T>(
  world: World,
  call: Call,
  schema: z.ZodType<T>,
): { readonly value: T } | { readonly refused: Answer } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(call.body));
  } catch {
    violate(world, call.path, "body", "must be JSON in UTF-8");
    return { refused: apiFailure(400, "err_validation_json", "0002 Invalid request body") };
  }
  const result = schema.safeParse(parsed);
  if (result.success) return { value: result.data };
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  violate(world, call.path, "body", `${field}: ${issue?.message}`);
  return { refused: apiFailure(400, "err_validation_null", `${issue?.message}`, field) };
}
