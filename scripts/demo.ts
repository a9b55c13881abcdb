import { spawn } from "node:child_process";
import { connect } from "node:net";
import { configFor } from "../test/support/fake_config.ts";
import { type Fake, startFake } from "../test/support/fake_mimecast/fake.ts";
import { idOf } from "../test/support/fake_mimecast/record_id.ts";
import { parseLeef } from "../test/support/leef_reference.ts";
import { createWorkspace, runProgram, type Workspace } from "../test/support/program.ts";
import { analystDetails, analystTable } from "../test/support/qradar/analyst_table.ts";
import type { AnalystEvent } from "../test/support/qradar/console.ts";
import { DEFAULT_RULES } from "../test/support/qradar/default_rules.ts";
import { offensesOf } from "../test/support/qradar/rule_engine.ts";
import { type Qradar, startQradar } from "../test/support/qradar_receiver.ts";
import { hasShipper, type ShipperName, startShipper } from "../test/support/shippers.ts";
import { startDemoConsole } from "./demo_console.ts";
import { reconciled, say, step, WIDTH } from "./demo_steps.ts";
import { scriptCommand } from "./script_command.ts";

/**
 * `npm run demo`: the whole way without an account. A fake Mimecast of each API generation, the built program inside a
 * shipper (syslog-ng or Fluent Bit if one is on PATH, else a pipe to a TCP connection), and a receiver with an API that stands
 * for QRadar: content is installed, test events are verified, lines are dropped on purpose, found and sent again.
 */

const ACCOUNTS = { "acme-v2": "2.0", "acme-v1": "1.0" } as const;
const FIRST = { siem: 3_000, audit: 150, ttp_impersonation: 150 };
const THEN = { siem: 200, audit: 10, ttp_impersonation: 10 };

async function demo(): Promise<number> {
  const fakes = {
    "acme-v2": {
      fake: await startFake({ api: "2.0", seed: 1, records: FIRST }),
      api: ACCOUNTS["acme-v2"],
    },
    "acme-v1": {
      fake: await startFake({ api: "1.0", seed: 2, records: FIRST }),
      api: ACCOUNTS["acme-v1"],
    },
  };
  const everyFake = Object.values(fakes).map(({ fake }) => fake);
  const qradar = await startQradar();
  const workspace = createWorkspace();
  const console = await startDemoConsole(qradar, workspace);
  const settings = "poll: { interval_secs: 1, start: 7d, settle_secs: 1 }\nlog: { level: warn }\n";
  workspace.config(configFor(workspace.stateDir, fakes, settings + console.config));
  const until = new Date(Date.now() - 3_600_000).toISOString();

  const shipper = (["syslog-ng", "fluent-bit"] as const).find(hasShipper);
  say(
    `Mimecast (fake)  API 2.0 on ${fakes["acme-v2"].fake.url}, API 1.0 on ${fakes["acme-v1"].fake.url}`,
  );
  say(`Shipper          ${shipper ?? "none on PATH: a plain pipe to a TCP connection"}`);
  say(`QRadar (stand-in) 127.0.0.1:${qradar.port}\n`);

  const installed = await step(console, "qradar", "install");

  say("\nFirst run: one line of every kind of event, as it reaches QRadar\n");
  await collect(totalOf(everyFake), shipper, workspace, qradar);
  showKinds(qradar);

  say("\nNew records at Mimecast, the shipper is started again: only these come\n");
  const before = qradar.count;
  for (const fake of everyFake) fake.add(THEN);
  let verified = false;
  await collect(totalOf(everyFake), shipper, workspace, qradar, async () => {
    say(`${mailEvents(qradar) - mailEventsAt(qradar, before)} events came with the second run\n`);
    say("While it runs: test events through the shipper, and what QRadar shows of them");
    verified = await step(console, "qradar", "verify", "--account", "acme-v2");
  });
  say("");

  const lost = everyFake.flatMap((fake) => [...fake.ids()]).filter(missingFrom(qradar));
  showTable(fakes, qradar);
  const duplicates = qradar.duplicates().size;
  say(
    `\nlost ${lost.length}, duplicates ${duplicates}, lines QRadar could not read ${qradar.problems.length}`,
  );
  const named = showEvents(console.shown().map(({ shown }) => shown));
  const healed = await reconciled(console, until);
  say(NEXT);

  await console.close();
  await qradar.close();
  for (const fake of everyFake) await fake.close();
  workspace.remove();
  const good = lost.length === 0 && duplicates === 0 && qradar.problems.length === 0;
  return good && installed && verified && named && healed ? 0 : 1;
}

const NEXT = `
  Where to go next
    config-examples/   the files for Fluent Bit, syslog-ng, Vector and QRadar, and the configuration
    README.md          from here to the first event in your QRadar
    docs/qradar.md     how the content gets into your QRadar
    docs/delivery.md   what is promised, and what a kill of each part costs
    npm run fake       the fake Mimecast alone, to try your own shipper against`;

/** What an analyst sees; true where every event has a name, and none makes an offense. */
function showEvents(seen: readonly AnalystEvent[]): boolean {
  const unknown = seen.filter(({ known }) => !known).length;
  say(
    "\nWhat an analyst sees with config-examples/qradar installed: the newest event of each name\n",
  );
  for (const line of analystTable(seen)) say(line);
  const threat = seen.find(({ eventName }) => eventName === "Mimecast URL Protect Blocked");
  if (threat !== undefined) {
    say("\nOne of them in full\n");
    for (const line of analystDetails(threat)) say(`  ${line}`);
  }
  const offenses = offensesOf(DEFAULT_RULES, arrivedAtOnce(seen), 0);
  say(`\nevents without a name ${unknown}, offenses of QRadar's default rules ${offenses.length}`);
  return unknown === 0 && offenses.length === 0;
}

/** The worst that a poll can do to rules, which count in time of arrival. */
function arrivedAtOnce(events: readonly AnalystEvent[]) {
  return events.map((shown) => ({ shown, arrivalMs: 0 }));
}

/** Runs the program until QRadar has everything, then stops it. */
async function collect(
  events: number,
  name: ShipperName | undefined,
  workspace: Workspace,
  receiver: Qradar,
  meanwhile = async (): Promise<void> => {},
): Promise<void> {
  const running =
    name === undefined
      ? plainPipe(workspace, receiver.port)
      : await startShipper(name, workspace, receiver.port, SHORTEN[name] ?? {});
  const endMs = Date.now() + 120_000;
  while (mailEvents(receiver) < events && Date.now() < endMs)
    await new Promise((done) => setTimeout(done, 100));
  // Lines that are not committed yet would come again with the next shipper.
  while (!(await isCommitted(workspace)) && Date.now() < endMs)
    await new Promise((done) => setTimeout(done, 500));
  await meanwhile();
  await running.stop();
}

async function isCommitted({ env }: Workspace): Promise<boolean> {
  const { stdout } = await runProgram(["status", "--json"], env);
  const { accounts } = JSON.parse(stdout) as { accounts: { unconfirmed_run: unknown }[] };
  return accounts.every((account) => account.unconfirmed_run === null);
}

const SHORTEN: Partial<Record<ShipperName, Record<string, string>>> = {
  "fluent-bit": { "interval_sec: 60": "interval_sec: 1" },
};

function plainPipe(workspace: Workspace, port: number): { stop(): Promise<void> } {
  const socket = connect(port, "127.0.0.1");
  const child = spawn("mimecast-input", ["poll", "--follow"], {
    env: workspace.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.pipe(socket);
  return {
    stop: () =>
      new Promise((done) => {
        child.once("exit", () => done());
        child.kill("SIGTERM");
      }),
  };
}

/** One line of each EventID. */
function showKinds(receiver: Qradar): void {
  const first = new Map<string, string>();
  for (const { bytes } of receiver.events) {
    const text = bytes.toString("utf8");
    const { eventId } = parseLeef(text);
    if (!first.has(eventId)) first.set(eventId, text);
  }
  for (const text of [...first.entries()].sort().map(([, each]) => each)) {
    say(text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text);
  }
}

function showTable(
  named: Readonly<Record<string, { fake: Fake; api: string }>>,
  receiver: Qradar,
): void {
  const rows = new Map<string, { handed: number; got: number }>();
  const row = (name: string) => {
    const found = rows.get(name) ?? { handed: 0, got: 0 };
    rows.set(name, found);
    return found;
  };
  for (const { fake, api } of Object.values(named)) {
    for (const id of fake.handedOut()) row(`API ${api}  ${typeOf(id)}`).handed++;
  }
  for (const line of receiver.parsed()) {
    const id = idOf(line.attributes);
    if (id !== null) row(`API ${line.version}  ${typeOf(id)}`).got++;
  }
  say("feed and type              handed out   at QRadar");
  for (const [name, { handed, got }] of [...rows.entries()].sort()) {
    say(`${name.padEnd(26)} ${String(handed).padStart(10)}  ${String(got).padStart(10)}`);
  }
}

function typeOf(id: string): string {
  return id.split("-")[1] ?? id;
}

function totalOf(all: readonly Fake[]): number {
  return all.reduce((sum, fake) => sum + fake.total(), 0);
}

/** Events that carry a record of Mimecast; health lines do not. */
function mailEvents(receiver: Qradar): number {
  return mailEventsAt(receiver, receiver.events.length);
}

function mailEventsAt(receiver: Qradar, count: number): number {
  return receiver.events.slice(0, count).filter(({ bytes }) => idOf(bytes) !== null).length;
}

function missingFrom(receiver: Qradar): (id: string) => boolean {
  const there = new Set(receiver.ids());
  return (id) => !there.has(id);
}

scriptCommand(
  "demo",
  "The whole way without an account: a fake Mimecast, a shipper, a stand-in for QRadar.",
).parse();
process.exit(await demo());
