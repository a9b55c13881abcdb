import { z } from "zod";
import { type Answer, type Call, json } from "./call.ts";
import type { Fault } from "./faults.ts";
import type { Amounts, RecordType, SourceName } from "./record_types.ts";
import type { Switches } from "./switches.ts";
import { addRecords, type World } from "./world.ts";

/** Amounts as JSON: any names here, checked where they are used. */
const AMOUNTS = z.record(z.string(), z.number().int().min(0));
const FAULT = z.looseObject({ path: z.string(), fault: z.string() });
const FAULTS = z.union([z.array(FAULT), FAULT.transform((fault) => [fault])]);

/**
 * What another process may ask of a running fake: `GET /__fake/log`, `POST /__fake/add` (`?ago_ms=…`: records that come
 * late), `POST /__fake/faults`, `POST /__fake/set`.
 */
export function control(world: World, call: Call): Answer {
  const command = `${call.method} ${call.path}`;
  if (command === "GET /__fake/log") return log(world, call);
  try {
    const body: unknown = JSON.parse(call.body.toString("utf8"));
    switch (command) {
      case "POST /__fake/add":
        addLate(world, AMOUNTS.parse(body) as Amounts, Number(call.query.get("ago_ms") ?? 0));
        break;
      case "POST /__fake/faults":
        world.faults.push(...(FAULTS.parse(body) as unknown as Fault[]));
        break;
      case "POST /__fake/set":
        world.switches = { ...world.switches, ...(body as Partial<Switches>) };
        break;
      default:
        return json(404, { error: `Cannot do "${command}"` });
    }
  } catch (error) {
    return json(400, { error: error instanceof Error ? error.message : String(error) });
  }
  return json(200, { totals: totals(world) });
}

/** Ids, counts and violations; `?ids=0` leaves the ids out, `?source=…` keeps those of one source. */
function log(world: World, call: Call): Answer {
  const source = (call.query.get("source") ?? undefined) as SourceName | RecordType | undefined;
  const ids = call.query.get("ids") === "0" ? {} : { ids: [...world.ledger.ids(source)] };
  return json(200, {
    handedOut: world.ledger.count(source),
    totals: totals(world),
    requests: Object.fromEntries(world.requestCounts),
    violations: world.violations,
    ...ids,
  });
}

function addLate(world: World, amounts: Amounts, agoMs: number): void {
  const atMs = world.now() - agoMs;
  addRecords(world, amounts, atMs, atMs);
}

/** Records of each type so far. */
export function totals(world: World): Record<string, number> {
  return Object.fromEntries([...world.timelines].map(([type, { count }]) => [type, count]));
}
