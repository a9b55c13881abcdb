import type { Config, HttpOutput } from "../config/config.ts";
import type { Effects } from "../effects.ts";
import type { EngineSettings } from "../encode/engine.ts";
import type { Release } from "../state/lock.ts";
import { patientLock } from "../state/patient_lock.ts";
import type { Delivery } from "./delivery.ts";
import { fileDelivery } from "./file.ts";
import { httpDelivery } from "./http.ts";
import { pacedDelivery } from "./paced.ts";
import { lockOf } from "./rotated_files.ts";
import type { ShipperHttp } from "./shipper_http.ts";
import { stdoutDelivery } from "./stdout.ts";

/** When the program is asked to stop, a batch in flight gets this long for its answer; without an answer it comes twice. */
const STOP_GRACE_MS = 5_000;

/** How a command delivers. */
export interface DeliveryWanted {
  readonly mode: "once" | "follow";
  /** Of the command line; default: of the configuration. */
  readonly format?: EngineSettings["format"] | undefined;
  /** The program waits for an HTTP input that says "wait" until this moment, ms since 1970. */
  readonly endMs: number;
}

/** What `openDelivery` needs. */
export interface DeliveryWorld {
  readonly effects: Effects;
  readonly signal: AbortSignal;
  shipperHttp(http: HttpOutput): Promise<ShipperHttp>;
  lock(path: string, what: string): Promise<Release>;
}

/** Opens the output of a command: stdout or the configuration's target, paced if the configuration says so. */
export async function openDelivery(
  config: Pick<Config, "target" | "output" | "maxEventsPerSecond">,
  options: DeliveryWanted,
  world: DeliveryWorld,
): Promise<Delivery> {
  const output = await openOutput(config, options, world);
  const { maxEventsPerSecond } = config;
  if (maxEventsPerSecond === null) return output;
  return pacedDelivery(output, world.effects, maxEventsPerSecond, world.signal);
}

async function openOutput(
  config: Pick<Config, "target" | "output">,
  options: DeliveryWanted,
  world: DeliveryWorld,
): Promise<Delivery> {
  const { effects, signal } = world;
  const { target } = config;
  if (target === null) return stdoutDelivery(effects, options.mode);
  if (target.kind === "file") {
    const lockPath = lockOf(target.path);
    const { release } = await patientLock(world, effects, lockPath, JSON.stringify(target.path));
    return fileDelivery(effects, target, release);
  }
  const way = await world.shipperHttp(target);
  const isJson = (options.format ?? config.output.format) !== "leef";
  const body = target.body ?? (isJson ? "json" : "lines");
  const { endMs } = options;
  const wanted = {
    ...target,
    body,
    endMs,
    // A new configuration may bring another one.
    get authorization() {
      return way.authorization;
    },
  };
  const hurry = abortedAfter(effects, signal, Math.min(target.timeoutMs, STOP_GRACE_MS));
  return httpDelivery(
    { ...effects, fetch: (request) => way.fetch(request) },
    wanted,
    signal,
    hurry,
  );
}

/** A signal that aborts so long after another one, which must not be aborted yet. */
function abortedAfter(
  effects: Pick<Effects, "sleep">,
  signal: AbortSignal,
  delayMs: number,
): AbortSignal {
  const later = new AbortController();
  signal.addEventListener("abort", () => {
    void effects.sleep(delayMs).then(() => later.abort(signal.reason));
  });
  return later.signal;
}
