import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { configFor } from "../../test/support/fake_config.ts";
import { type Fake, startFake } from "../../test/support/fake_mimecast/fake.ts";
import { idOf } from "../../test/support/fake_mimecast/record_id.ts";
import { createWorkspace, type Workspace } from "../../test/support/program.ts";
import { type Qradar, startQradar } from "../../test/support/qradar_receiver.ts";
import {
  freePort,
  keepRunning,
  outputFor,
  type Shipper,
  type ShipperName,
  type Way,
} from "../../test/support/shippers.ts";
import { type Blow, plan } from "./blows.ts";
import { paused, pluginProcesses, signal } from "./processes.ts";
import { reference, sumOf } from "./reference.ts";
import { startOne } from "./start_one.ts";
import { createTally, type Row, type Tally } from "./tally.ts";

/** How to strike. */
export interface CampaignOptions {
  readonly shipper: ShipperName | "model";
  /** How lines get into the shipper; default: it starts the program. */
  readonly way?: Way | undefined;
  readonly kills: number;
  readonly seed: number;
  /** Records in all; they keep coming while the blows fall. */
  readonly records: number;
  /** Mean pause between two blows. */
  readonly paceMs: number;
  /** Blows to choose from; empty for all. */
  readonly only: readonly string[];
  readonly lagBytes?: number | undefined;
  /** The receiver takes nothing, and every buffer on the way is full when a blow falls. */
  readonly stalled: boolean;
  /** Fluent Bit: SIGHUP loads the configuration again. */
  readonly hotReload: boolean;
  say(line: string): void;
}

/** What came of it. */
export interface CampaignResult {
  readonly records: number;
  /** Ids whose line never reached the receiver, or only in pieces. */
  readonly lost: readonly string[];
  readonly duplicates: number;
  readonly rows: readonly Row[];
  readonly seconds: number;
  /** Half lines that a killed plugin left in the pipe; each came again whole. */
  readonly pieces: number;
  /** What a QRadar administrator or Mimecast would have to explain. */
  readonly problems: readonly string[];
}

interface Stage {
  readonly options: CampaignOptions;
  readonly fake: Fake;
  readonly qradar: Qradar;
  readonly workspace: Workspace;
  readonly configPath: string;
  readonly tally: Tally;
  /** Where the shipper listens for the program. */
  readonly port: number;
  shipper: Shipper;
}

/** Waits this long for a record that has not been there before, at the end, before it calls the rest lost. */
const PATIENCE_MS = 300_000;
/** The receiver's and the sender's TCP buffers and the shipper's own are full by then. */
const STALL_MS = 3000;
/** A record that does not come by then is not waited for before a blow. */
const AIM_MS = 3000;
/** Records there are before the first blow. */
const HEAD_START = 0.2;

/** Real processes: the fake Mimecast, the built program, a shipper, a receiver; blows; and the count. */
export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const startedMs = Date.now();
  const tally = createTally();
  const head = Math.ceil(options.records * HEAD_START);
  const fake = await startFake({
    api: "2.0",
    seed: options.seed,
    records: { siem: head, audit: 50 },
    switches: { recordsPerFile: 500 },
  });
  const qradar = await startQradar({
    maxPayloadBytes: 4096,
    keep: false,
    onEvent(bytes, how) {
      const id = how === "line" ? idOf(bytes) : null;
      if (id !== null) tally.arrived(id, sumOf(bytes, options.shipper), Date.now());
    },
  });
  const workspace = createWorkspace();
  const { way = "exec" } = options;
  const lag = options.lagBytes === undefined ? "" : `, lag_bytes: ${options.lagBytes}`;
  // The stand-in is no shipper that the configuration knows.
  const isNamed = options.shipper !== "model" && way === "exec";
  const named = isNamed ? `shipper: ${options.shipper}\n` : "";
  const port = await freePort();
  const textFor = (stateDir: string, output = "") =>
    configFor(
      stateDir,
      { acme: { fake, api: "2.0" } },
      `poll: { start: 7d, interval_secs: 1, settle_secs: 5${lag} }\n${named}${output}`,
    );
  const output = outputFor(options.shipper, way, { folder: workspace.folder, port });
  const configPath = workspace.config(textFor(workspace.stateDir, output));
  const program = way === "exec" ? null : keepRunning(workspace);
  const shipper = await startOne(options, workspace, qradar, port);
  const stage: Stage = { options, fake, qradar, workspace, configPath, tally, shipper, port };
  try {
    await underFire(stage, options.records - head);
    await untilAllThere(stage);
    if (tally.count < fake.total()) {
      options.say(
        `${tally.count} of ${fake.total()} records arrived, Mimecast handed out ${fake.handedOutCount()}, plugin processes ${JSON.stringify(pluginProcesses(configPath))}; the shipper said last:\n${stage.shipper.said().slice(-3000)}`,
      );
    }
    await program?.stop();
    await stage.shipper.stop().catch(() => stage.shipper.kill());
    const text = textFor(join(workspace.folder, "reference"));
    const wanted = await reference(workspace, text, options.shipper);
    const lost = [...fake.ids()].filter((id) => !tally.has(id, wanted.get(id)));
    return {
      records: fake.total(),
      lost,
      duplicates: tally.duplicates,
      pieces: tally.pieces(wanted),
      rows: tally.rows(),
      seconds: (Date.now() - startedMs) / 1000,
      problems: [...qradar.problems, ...fake.violations.map((each) => JSON.stringify(each))],
    };
  } finally {
    await program?.stop();
    await stage.shipper.stop().catch(() => stage.shipper.kill());
    for (const pid of pluginProcesses(configPath)) signal(pid, "SIGKILL");
    await qradar.close();
    await fake.close();
    workspace.remove();
  }
}

/** Strikes blow after blow while records keep coming. */
async function underFire(stage: Stage, records: number): Promise<void> {
  const { options, fake, tally } = stage;
  const blows = plan(options.kills, options.seed, options.paceMs, options.only);
  let added = 0;
  for (const [index, { blow, afterMs, aimMs, forMs }] of blows.entries()) {
    const due = Math.floor((records * (index + 1)) / blows.length);
    // In two parts, so that a poll finds something also between two blows.
    const half = Math.floor((due - added) / 2);
    fake.add({ siem: half });
    await sleep(afterMs / 2);
    fake.add({ siem: due - added - half });
    added = due;
    await sleep(afterMs / 2);
    if (aimMs !== null) {
      await tally.next(AIM_MS);
      await sleep(aimMs);
    }
    if (options.stalled) {
      stage.qradar.pause();
      await sleep(STALL_MS);
    }
    tally.struck(blow, Date.now());
    await strike(stage, blow, forMs);
    stage.qradar.resume();
    if ((index + 1) % 50 === 0) {
      options.say(
        `${index + 1} blows: ${tally.count} records of ${fake.total()}, ${tally.duplicates} duplicates`,
      );
    }
  }
}

async function strike(stage: Stage, blow: Blow, forMs: number): Promise<void> {
  const { fake, qradar, shipper } = stage;
  const plugins = pluginProcesses(stage.configPath);
  switch (blow) {
    case "kill plugin":
      for (const pid of plugins) signal(pid, "SIGKILL");
      return;
    case "kill shipper":
      await shipper.kill();
      return restart(stage, forMs / 2);
    case "kill both":
      for (const pid of plugins) signal(pid, "SIGKILL");
      await shipper.kill();
      return restart(stage, forMs / 2);
    case "stop shipper":
      await shipper.stop();
      return restart(stage, forMs / 2);
    case "reload shipper":
      // The model has nothing to load again: it would end. So would Fluent Bit without hot reload.
      if (stage.options.shipper === "model") return;
      if (stage.options.shipper === "fluent-bit" && !stage.options.hotReload) return;
      signal(shipper.pid, "SIGHUP");
      return;
    case "term plugin":
      for (const pid of plugins) signal(pid, "SIGTERM");
      return;
    case "pause plugin":
      return paused(plugins, forMs);
    case "pause shipper":
      return paused([shipper.pid], forMs);
    case "pause receiver":
      qradar.pause();
      await sleep(forMs * 2);
      return qradar.resume();
    case "mimecast down": {
      const outage = { path: "*", fault: "reset", times: 0 } as const;
      fake.faults.push(outage);
      await sleep(forMs);
      fake.faults.splice(fake.faults.indexOf(outage), 1);
      return;
    }
    case "damaged download":
      for (const fault of ["crc_damaged", "reset_mid_body", "expired_link"] as const) {
        fake.faults.push({ path: "/siem-export/*", fault, times: 1 });
      }
      return;
  }
}

async function restart(stage: Stage, afterMs: number): Promise<void> {
  await sleep(afterMs);
  stage.shipper = await startOne(stage.options, stage.workspace, stage.qradar, stage.port);
}

async function untilAllThere({ fake, tally, options }: Stage): Promise<void> {
  let [seen, sinceMs] = [tally.count, Date.now()];
  while (tally.count < fake.total() && Date.now() - sinceMs < PATIENCE_MS) {
    await sleep(100);
    if (tally.count !== seen) [seen, sinceMs] = [tally.count, Date.now()];
  }
  // What is still on its way is a duplicate.
  await sleep(options.shipper === "model" ? 500 : 2000);
}
