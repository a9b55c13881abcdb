import type { Effects, HttpRequest, HttpResponse } from "../../../plugin/effects.ts";
import { NetworkError } from "../../../plugin/errors.ts";
import type { Answer, Call } from "./call.ts";
import { nextFault } from "./faults.ts";
import { rateHeaders } from "./gate.ts";
import { route } from "./routes.ts";
import type { World } from "./world.ts";

/**
 * `Effects["fetch"]` that asks fakes without sockets: for tests in which time itself is simulated. `latencyMs` passes on
 * the clock before each answer. Of the faults of transport it plays `hang`: no answer before the request's timeout.
 */
export function inProcessFetch(
  worlds: ReadonlyMap<string, World>,
  clock: Pick<Effects, "now" | "sleep">,
  latencyMs: number,
): Effects["fetch"] {
  return async (request) => {
    const url = new URL(request.url);
    const world = worlds.get(url.host);
    if (world === undefined) {
      throw new NetworkError(`Cannot resolve "${url.host}"`, { code: "dns" });
    }
    const call = callOf(world, request, url);
    if (call.fault?.fault === "hang") {
      world.requestCounts.set(call.path, (world.requestCounts.get(call.path) ?? 0) + 1);
      await clock.sleep(request.timeoutMs, request.signal);
      throw new NetworkError(`Cannot reach "${url.host}": no answer in time`, { code: "timeout" });
    }
    await clock.sleep(latencyMs, request.signal);
    const answer = await route(world, call);
    const headers =
      world.api === "1.0" ? { ...rateHeaders(world), ...answer.headers } : answer.headers;
    return { status: answer.status, headers, body: bodyOf(world, answer) };
  };
}

function callOf(world: World, request: HttpRequest, url: URL): Call {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return {
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(headers),
    body: Buffer.from(request.body ?? ""),
    fault: nextFault(world.faults, world.faultCounts, url.pathname + url.search),
  };
}

async function* bodyOf(world: World, answer: Answer): HttpResponse["body"] {
  if (typeof answer.body === "string") yield Buffer.from(answer.body, "utf8");
  else if (answer.body instanceof Uint8Array) yield answer.body;
  else yield* answer.body;
  for (const { type, index } of answer.handed ?? []) world.ledger.mark(type, index);
}
