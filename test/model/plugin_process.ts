import { run } from "../../plugin/collect/run.ts";
import type { Slot } from "../../plugin/collect/slots.ts";
import { stdoutDelivery } from "../../plugin/deliver/stdout.ts";
import type { Effects, Out } from "../../plugin/effects.ts";
import { createEnginePool } from "../../plugin/encode/engine.ts";
import { ShipperGoneError, StateError } from "../../plugin/errors.ts";
import type { Source } from "../../plugin/sources/source.ts";
import type { Ledger } from "../../plugin/state/ledger.ts";
import type { Shipper } from "../../plugin/state/shipper.ts";
import { scriptedEngine } from "../support/scripted.ts";
import { openScripted } from "../support/scripted_account.ts";
import type { ModelDisk } from "./disk.ts";
import type { Gate } from "./gate.ts";
import { createGate } from "./gate.ts";
import type { OutFile } from "./out_file.ts";
import type { ModelPipe } from "./pipe.ts";

/** What the processes of a model share. */
export interface Machine {
  readonly disk: ModelDisk;
  /** The process that holds the account's lock. */
  lock: PluginProcess | null;
  nowMs: number;
  uuids: number;
  /** Processes started so far. */
  starts: number;
  /** What `run` rejected with: never a part of the model. */
  defect: unknown;
}

/** How a process is started. */
export interface StartOptions {
  readonly mode: "once" | "follow";
  readonly shipper: Shipper;
  readonly out: ModelPipe | OutFile;
  readonly sources: () => readonly Source[];
  readonly chunkRecords: number;
  readonly lagBytes: number;
  readonly settleMs: number;
  readonly trustDrained: boolean;
  /** Mimecast lets every page and block be waited for, and the other streams go on meanwhile. */
  readonly slow: boolean;
  /** The lock keeps nobody away, as on some network file systems. */
  readonly lockless: boolean;
}

/** One run of the real program core under model effects. */
export interface PluginProcess {
  readonly gate: Gate;
  /** Null where stdout is a file. */
  readonly pipe: ModelPipe | null;
  readonly alive: boolean;
  /** One effect further. False where it cannot go on: ended, or blocked by a full pipe. */
  step(): Promise<boolean>;
  term(): void;
  kill(): void;
}

const PATIENCE = 40;
const BLOCKED = "write: blocked";

/** Starts the real `run` with one account. */
export function startPlugin(machine: Machine, options: StartOptions): PluginProcess {
  const pipe = "take" in options.out ? options.out : null;
  const gate = createGate();
  const stop = new AbortController();
  let alive = true;

  const effects: Effects = {
    now: () => machine.nowMs,
    async sleep(delayMs, signal) {
      signal?.throwIfAborted();
      await gate.pass("sleep", signal);
      signal?.throwIfAborted();
      machine.nowMs += delayMs;
    },
    random: () => 0.5,
    randomUUID: () => `run-${++machine.uuids}`,
    fetch: async () => {
      throw new Error("Scripted sources fetch nothing");
    },
    files: machine.disk.files(gate),
    stdout: "take" in options.out ? pipeOut(options.out, gate) : fileOut(options.out, gate),
    log: () => {},
  };

  const self: PluginProcess = {
    gate,
    pipe,
    get alive() {
      return alive;
    },
    async step() {
      if (!alive) return false;
      const blocked = pipe !== null && pipe.room === 0 && !pipe.readerClosed;
      if (blocked && gate.parked()[0] === BLOCKED) return false;
      return gate.grant();
    },
    term() {
      stop.abort(new Error("SIGTERM"));
    },
    kill() {
      alive = false;
      gate.kill();
      end();
    },
  };

  function end(): void {
    alive = false;
    pipe?.closeWriter();
    if (machine.lock === self) machine.lock = null;
  }

  const delivery = stdoutDelivery(effects, options.mode);
  const plan = {
    name: "acme",
    async open(_place: Slot, _signal: AbortSignal, kept?: Ledger) {
      await gate.pass("lock");
      if (options.lockless) machine.lock = null;
      const overlapped = machine.lock !== null;
      // As poll.ts: patient with a predecessor that is on its way out.
      for (let tries = 0; machine.lock !== null; tries++) {
        if (tries === PATIENCE) throw new StateError("held", { code: "lock_held" });
        await gate.pass("lock: wait");
      }
      machine.lock = self;
      const job = await openScripted(
        effects,
        {
          name: "acme",
          sources: options.slow
            ? options.sources().map((source) => slowly(source, gate))
            : options.sources(),
          options: {
            shipper: options.shipper,
            safety: delivery.safety,
            lagBytes: options.lagBytes,
            settleMs: options.settleMs,
            trustDrained: options.trustDrained,
            overlapped,
          },
          // Health lines would shield the records before them: they would be the ones left in the pipe.
          values: {
            engines: createEnginePool(() => scriptedEngine(options.chunkRecords)),
            healthIntervalMs: 1e15,
            quarantineAfter: 1,
          },
        },
        kept,
      );
      return {
        job,
        release: () => {
          if (machine.lock === self) machine.lock = null;
        },
      };
    },
  };
  run(effects, [plan], delivery, {
    mode: options.mode,
    maxRunMs: 840_000,
    maxConcurrency: 1,
    ...(options.slow ? { patience: (slot: Slot) => (wait) => slot.lend(() => wait) } : {}),
    signal: stop.signal,
    shipperAlive: async () => pipe?.readerClosed !== true,
  }).then(end, (error) => {
    machine.defect = error;
    end();
  });
  return self;
}

/** The same source behind a network that can stand still at each page and block. */
function slowly(source: Source, gate: Gate): Source {
  return {
    ...source,
    async page(...args) {
      await gate.pass("page");
      const page = await source.page(...args);
      return {
        ...page,
        items: page.items.map((item) => ({
          ...item,
          async *records() {
            for await (const block of item.records()) {
              await gate.pass("block");
              yield block;
            }
          },
        })),
      };
    },
  };
}

function pipeOut(pipe: ModelPipe, gate: Gate): Out {
  return {
    kind: "pipe",
    async write(bytes) {
      const copy = bytes.slice();
      await gate.pass("write");
      try {
        for (let from = pipe.put(copy); from < copy.length; ) {
          await gate.pass(BLOCKED);
          from += pipe.put(copy.subarray(from));
        }
      } catch (cause) {
        throw new ShipperGoneError("Cannot write to stdout", { code: "shipper_gone", cause });
      }
    },
    sync: async () => {},
  };
}

/** As node_stdout.ts does it: half a line that is there at the start is ended first. */
function fileOut(file: OutFile, gate: Gate): Out {
  let torn = !/(^|\n)$/.test(file.text());
  return {
    kind: "file",
    async write(bytes) {
      const all = Buffer.concat([Buffer.from(torn ? "\n" : ""), bytes]);
      const half = Math.floor(all.length / 2);
      await gate.pass("write");
      torn = true;
      file.append(all.subarray(0, half));
      await gate.pass("write: rest");
      file.append(all.subarray(half));
      torn = false;
    },
    async sync() {
      await gate.pass("sync");
      file.sync();
    },
  };
}
