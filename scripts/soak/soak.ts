import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { configFor } from "../../test/support/fake_config.ts";
import { type Fake, startFake } from "../../test/support/fake_mimecast/fake.ts";
import { idOf } from "../../test/support/fake_mimecast/record_id.ts";
import { createWorkspace, startProgram } from "../../test/support/program.ts";
import type { Sample } from "./trend.ts";

/** How long, and how much. */
export interface SoakOptions {
  readonly minutes: number;
  /** New records a second, over all feeds. */
  readonly rate: number;
  /** `poll.interval_secs`. */
  readonly intervalSecs: number;
  readonly seed: number;
  /** Called once a minute. */
  sampled(sample: Sample): void;
}

/** What came of it. */
export interface SoakResult {
  readonly samples: readonly Sample[];
  readonly records: number;
  readonly lost: readonly string[];
  /** Records that came more than once. */
  readonly twice: number;
  readonly seconds: number;
  /** The end of what the program logged. */
  readonly said: string;
}

/** Shares of the records by feed; the rest are SIEM records. */
const SHARES = { audit: 0.05, ttp_url: 0.1, ttp_attachment: 0.05, ttp_impersonation: 0.05 };
/** How long the last records are waited for. */
const PATIENCE_SECS = 120;

/** Runs `poll --follow` against a fake that goes on producing, and looks at the process once a minute. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const startedMs = Date.now();
  const fake = await startFake({ seed: options.seed, switches: { recordsPerFile: 500 } });
  const workspace = createWorkspace();
  const poll = `poll: { start: 1h, interval_secs: ${options.intervalSecs} }\n`;
  workspace.config(configFor(workspace.stateDir, { acme: { fake, api: "2.0" } }, poll));
  const child = startProgram(["poll", "--follow"], workspace.env);
  const ended = new Promise((done) => child.once("close", done));
  const arrived = countIds(child);
  const said = lastWords(child);
  const samples: Sample[] = [];
  try {
    const produce = producer(fake, options.rate);
    let cpuBefore = 0;
    for (let second = 1; second <= options.minutes * 60 && child.exitCode === null; second++) {
      await sleep(1_000);
      produce();
      if (second % 60 !== 0) continue;
      const cpu = cpuSecs(child);
      samples.push({
        minute: second / 60,
        memoryMb: memoryMb(child),
        descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
        cpuSecs: cpu - cpuBefore,
        stateBytes: sizeOf(workspace.stateDir),
        records: arrived.size,
      });
      cpuBefore = cpu;
      options.sampled(samples.at(-1) as Sample);
    }
    for (let left = PATIENCE_SECS; left > 0 && arrived.size < fake.total(); left--) {
      await sleep(1_000);
    }
    return {
      samples,
      records: fake.total(),
      lost: [...fake.ids()].filter((id) => !arrived.has(id)),
      twice: [...arrived.values()].filter((count) => count > 1).length,
      seconds: (Date.now() - startedMs) / 1_000,
      said: said(),
    };
  } finally {
    child.kill("SIGTERM");
    await ended;
    await fake.close();
    workspace.remove();
  }
}

/** Adds the records of one second at each call; what is less than a record goes to the next one. */
function producer(fake: Fake, rate: number): () => void {
  const owed: Record<string, number> = {};
  return () => {
    const amounts: Record<string, number> = {};
    let rest = 1;
    for (const [feed, share] of [...Object.entries(SHARES), ["siem", Number.NaN] as const]) {
      const part = Number.isNaN(share) ? rest : share;
      rest -= part;
      const wanted = (owed[feed] ?? 0) + rate * part;
      amounts[feed] = Math.floor(wanted);
      owed[feed] = wanted - Math.floor(wanted);
    }
    fake.add(amounts);
  };
}

function countIds(child: ChildProcess): Map<string, number> {
  const arrived = new Map<string, number>();
  if (child.stdout === null) throw new Error("Cannot read the program's output");
  createInterface({ input: child.stdout }).on("line", (line) => {
    const id = idOf(line);
    if (id !== null) arrived.set(id, (arrived.get(id) ?? 0) + 1);
  });
  return arrived;
}

function lastWords(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (piece: Buffer) => {
    text = (text + piece.toString()).slice(-20_000);
  });
  return () => text;
}

/** User and system time of a process so far (proc(5): fields 14 and 15 of `stat`, in ticks of 10 ms). */
function cpuSecs({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryMb({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const each = statSync(join(folder, name), { throwIfNoEntry: false });
    if (each?.isFile() && !name.startsWith(".log/")) bytes += each.size;
  }
  return bytes;
}
