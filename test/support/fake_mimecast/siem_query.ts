import { type Answer, type Call, siemFailure, violate } from "./call.ts";
import { type RecordType, typeRow, typesOf } from "./record_types.ts";
import type { World } from "./world.ts";

/** Cloud Gateway or Cloud Integrated. */
export type Family = "cg" | "ci";

/** A broken rule of the query: a violation and a 400 (reference 2.8). */
export function refuseQuery(world: World, call: Call, name: string, detail: string): Answer {
  violate(world, call.path, "query", `"${name}" ${detail}`);
  return siemFailure("invalid_parameter", `"${name}" ${detail}`);
}

/** The answer to a query with a parameter that does not exist or stands there twice, or null. */
export function refuseParameters(
  world: World,
  call: Call,
  allowed: readonly string[],
): Answer | null {
  const seen = new Set<string>();
  for (const name of call.query.keys()) {
    if (!allowed.includes(name)) return refuseQuery(world, call, name, "is not a parameter");
    if (seen.has(name)) return refuseQuery(world, call, name, "must not stand there twice");
    seen.add(name);
  }
  const size = pageSizeOf(call);
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    return refuseQuery(world, call, "pageSize", `must be 1 to 100: current value is ${size}`);
  }
  return null;
}

/** `pageSize`, default 100 (reference 2.3, 2.4). */
export function pageSizeOf(call: Call): number {
  return Number(call.query.get("pageSize") ?? 100);
}

/** The family of a path. */
export function familyOf(path: string): Family {
  return path.endsWith("/ci") ? "ci" : "cg";
}

/** The type with an API 2.0 name, among those of a family; null where there is none. */
export function typeNamed(family: Family, name: string): RecordType | null {
  return typesIn(family).find((type) => typeRow(type).v2 === name) ?? null;
}

/** All types of a family. */
export function typesIn(family: Family): RecordType[] {
  return typesOf(family === "cg" ? "siem" : "cloud_integrated");
}
