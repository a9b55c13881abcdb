import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type EtcdCluster, startEtcdCluster } from "../../test/support/etcd_cluster.ts";
import { type Fake, startFake } from "../../test/support/fake_mimecast/fake.ts";
import { idOf } from "../../test/support/fake_mimecast/record_id.ts";
import { createWorkspace } from "../../test/support/program.ts";
import { type Qradar, startQradar } from "../../test/support/qradar_receiver.ts";
import { type FleetBlow, fleetPlan } from "./fleet_blows.ts";
import { createMachine, type FleetSetting, type Machine, plainConfig } from "./fleet_machine.ts";
import { strike } from "./fleet_strike.ts";
import { type Witness, watchFleet } from "./fleet_witness.ts";
import { reference, sumOf } from "./reference.ts";
import { createTally, type Tally } from "./tally.ts";

/** How to strike a fleet. */
export interface FleetOptions {
  readonly blows: number;
  readonly accounts: number;
  readonly seed: number;
  readonly only: readonly string[];
  say(line: string): void;
}

/** What one blow came to. */
export interface FleetEntry {
  readonly blow: FleetBlow;
  readonly duplicates: number;
  /** Until other workers had the accounts that moved, ms; null where none moved. */
  readonly takeoverMs: number | null;
  /** From the blow until every record of every account that was there had arrived, ms; null where the next blow came first. */
  readonly recoveredMs: number | null;
}

/** What came of it. */
export interface FleetResult {
  readonly records: number;
  readonly lost: readonly string[];
  readonly duplicates: number;
  readonly entries: readonly FleetEntry[];
  readonly seconds: number;
  /** Writes of checkpoints that etcd's own history showed, and what was wrong with them. */
  readonly writes: number;
  readonly wrong: readonly string[];
  readonly ownerChanges: number;
  readonly problems: readonly string[];
}

const MACHINES = ["one", "two", "three"] as const;
const RECORDS_EACH = 20;
/** Waits this long for everything to arrive before it calls the rest lost. */
const PATIENCE_MS = 240_000;
/** So that it can be filled in seconds. */
const QUOTA_BYTES = 128 * 1024 * 1024;
const COMPACT_EVERY_MS = 5_000;
const SEEN_MS = 60_000;
/** More than the witness can be behind. */
const KEPT_REVISIONS = 5_000;

/** What runs during a campaign. */
interface Stage {
  readonly etcd: EtcdCluster;
  readonly fakes: readonly Fake[];
  readonly accounts: FleetSetting["accounts"];
  readonly qradar: Qradar;
  readonly machines: readonly Machine[];
  readonly tally: Tally;
  readonly witness: Witness;
  /** How many records there are. */
  total(): number;
  /** Waits until all of them have arrived; false where that took too long. */
  settle(): Promise<boolean>;
}

/** Three machines with syslog-ng, a three-node etcd, accounts; blows; and the count. */
export async function fleetCampaign(options: FleetOptions): Promise<FleetResult> {
  const startedMs = Date.now();
  const closers: (() => unknown)[] = [];
  try {
    const stage = await openStage(options, closers);
    const entries = await underFire(options, stage);
    await stage.settle();
    for (const machine of stage.machines) await machine.stop();
    const isSeen = await seenToTheEnd(stage);
    const scratch = createWorkspace();
    closers.push(() => scratch.remove());
    const text = plainConfig(join(scratch.folder, "reference"), stage.accounts);
    const wanted = await reference(scratch, text, "syslog-ng");
    const { fakes, tally, witness, qradar } = stage;
    const ids = fakes.flatMap((fake) => [...fake.ids()]);
    return {
      records: stage.total(),
      lost: ids.filter((id) => !tally.has(id, wanted.get(id))),
      duplicates: tally.duplicates,
      entries,
      seconds: (Date.now() - startedMs) / 1000,
      writes: witness.writes,
      wrong: witness.wrong,
      ownerChanges: witness.changes.length,
      problems: [
        ...(isSeen ? [] : ["the history of etcd was not seen to its end"]),
        ...qradar.problems,
        ...fakes.flatMap((fake) => fake.violations.map((each) => JSON.stringify(each))),
      ],
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function openStage(options: FleetOptions, closers: (() => unknown)[]): Promise<Stage> {
  const tally = createTally();
  const prefix = "/chaos";
  const etcd = await startEtcdCluster(3, ["--quota-backend-bytes", String(QUOTA_BYTES)]);
  closers.push(() => etcd.stop());
  // Fails where etcd was struck; the next one goes through.
  const compacting = setInterval(() => {
    void etcd.compact(KEPT_REVISIONS).catch(() => {});
  }, COMPACT_EVERY_MS);
  closers.push(() => clearInterval(compacting));
  const qradar = await startQradar({
    keep: false,
    onEvent(bytes, how) {
      const id = how === "line" ? idOf(bytes) : null;
      if (id !== null) tally.arrived(id, sumOf(bytes, "syslog-ng"), Date.now());
    },
  });
  closers.push(() => qradar.close());
  const fakes: Fake[] = [];
  for (let index = 0; index < options.accounts; index++) {
    const seed = options.seed * 1000 + index;
    const fake = await startFake({ api: "2.0", seed, records: { audit: RECORDS_EACH } });
    closers.push(() => fake.close());
    fakes.push(fake);
  }
  const accounts = Object.fromEntries(
    fakes.map((fake, index) => [`account-${index}`, { fake, api: "2.0" as const }]),
  );
  const shippers = new Map<number, string>();
  const started = (name: string, pid: number) => void shippers.set(pid, name);
  const witness = watchFleet(etcd.endpoints, prefix, (pid) => shippers.get(pid));
  closers.push(() => witness.stop());
  const machines: Machine[] = [];
  for (const name of MACHINES) {
    const setting = { prefix, accounts, etcdPorts: etcd.ports, qradar, started };
    const machine = await createMachine(name, setting);
    closers.push(() => machine.remove());
    machines.push(machine);
    await machine.start();
  }
  const total = () => fakes.reduce((sum, fake) => sum + fake.total(), 0);
  async function settle(): Promise<boolean> {
    const endMs = Date.now() + PATIENCE_MS;
    while (tally.count < total() && Date.now() < endMs) await sleep(50);
    return tally.count >= total();
  }
  await settle();
  options.say(`ready: ${tally.count} of ${total()} records`);
  return { etcd, fakes, accounts, qradar, machines, tally, witness, total, settle };
}

/** Strikes blow after blow while records keep coming. */
async function underFire(options: FleetOptions, stage: Stage): Promise<FleetEntry[]> {
  const { fakes, tally, witness, machines, etcd } = stage;
  const entries: FleetEntry[] = [];
  for (const each of fleetPlan(options.blows, options.seed, machines.length, options.only)) {
    await sleep(each.afterMs);
    const [atMs, before, changed] = [Date.now(), tally.duplicates, witness.changes.length];
    const more = setInterval(() => {
      for (const fake of fakes) fake.add({ audit: 2 });
    }, 1_000);
    for (const fake of fakes) fake.add({ audit: RECORDS_EACH });
    await strike(each, machines, etcd).finally(() => clearInterval(more));
    const isRecovered = !each.isHasty && (await stage.settle());
    const entry = {
      blow: each.blow,
      duplicates: tally.duplicates - before,
      takeoverMs: takeover(witness, changed, atMs),
      recoveredMs: isRecovered ? Date.now() - atMs : null,
    };
    entries.push(entry);
    const counts = `${tally.count}/${stage.total()}, wrong ${witness.wrong.length}`;
    options.say(`${entries.length}. ${JSON.stringify(entry)} ${counts}`);
  }
  return entries;
}

/** Whether the witness has seen all that etcd has done. */
async function seenToTheEnd({ etcd, witness }: Stage): Promise<boolean> {
  const said = await etcd.ctl("put", "/chaos/end", "1", "-w", "json");
  const { revision } = (JSON.parse(said) as { header: { revision: number } }).header;
  const endMs = Date.now() + SEEN_MS;
  while (witness.seen < revision && Date.now() < endMs) await sleep(100);
  return witness.seen >= revision;
}

/** Until the last of the accounts that changed hands in one go had a new worker: changes within five seconds of the first. */
function takeover({ changes }: Witness, from: number, atMs: number): number | null {
  const after = changes.slice(from);
  const first = after[0];
  if (first === undefined) return null;
  const together = after.filter((each) => each.atMs - first.atMs < 5_000);
  return Math.max(...together.map((each) => each.atMs)) - atMs;
}
