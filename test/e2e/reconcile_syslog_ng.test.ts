import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closersOfEach } from "../support/closers.ts";
import { type Fate, startLossyProxy } from "../support/lossy_proxy.ts";
import { linesOf, runProgram, until } from "../support/program.ts";
import { startQradar } from "../support/qradar_receiver.ts";
import {
  factsOf,
  pollOnce,
  reconcile,
  type Scene,
  scene,
  uidOf,
} from "../support/reconcile_scene.ts";
import { hasShipper, mustHave, startShipper } from "../support/shippers.ts";

/**
 * The built program under syslog-ng, and a receiver that lacks what was lost on the way: `reconcile` names exactly that, and heals it.
 * `npm run chaos:reconcile` does it with 200,000 records.
 */

const RECORDS = Number(process.env.MIMECAST_INPUT_RECONCILE_RECORDS ?? 1_500);
const closers = closersOfEach();
const isSkipped = !hasShipper("syslog-ng") && !mustHave("syslog-ng");
if (isSkipped) process.stderr.write("skipped: syslog-ng is not on PATH\n");

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const amounts = (records: number) => ({
  siem: Math.floor(records * 0.7),
  audit: Math.floor(records * 0.05),
  ttp_url: Math.floor(records * 0.1),
  ttp_attachment: Math.floor(records * 0.05),
  ttp_impersonation: Math.floor(records * 0.05),
  dlp: Math.floor(records * 0.02),
  rejections: Math.floor(records * 0.02),
  held_release: Math.floor(records * 0.01),
});
const isOurs = (line: string) => line.includes("|health_");

/** Every record has left the program, and nothing is unconfirmed. */
async function allCollected({ config, workspace, fake }: Scene): Promise<void> {
  await until(() => fake.handedOutCount() === fake.total(), 600_000, "every record");
  for (;;) {
    const run = await runProgram(["status", "--json", "--config", config], workspace.env);
    const { accounts } = JSON.parse(run.stdout) as {
      accounts: readonly { unconfirmed_run: unknown; feeds: readonly { next_due: unknown }[] }[];
    };
    const [account] = accounts;
    const isIdle = account?.feeds.every(({ next_due }) => next_due !== null);
    if (isIdle && account?.unconfirmed_run === null) return;
  }
}

/** What a collector delivers that loses nothing: the same configuration with a state of its own. */
async function everyLine({ config, workspace }: Scene): Promise<string[]> {
  const other = join(workspace.folder, "other.yaml");
  const text = readFileSync(config, "utf8").replace(/^state_dir: .*/, `state_dir: ${other}.state`);
  writeFileSync(other, text, { mode: 0o600 });
  return pollOnce(other);
}

/** Lines to the receiver, as `nc -N` does. */
function send(port: number, lines: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", fail);
    socket.on("close", () => done());
    socket.end(lines.map((line) => `${line}\n`).join(""));
    socket.resume();
  });
}

async function sceneWith(api: "1.0" | "2.0", seed: number) {
  const at = await scene(closers, api, amounts(RECORDS), { polls: 0, seed });
  const qradar = await startQradar({
    keep: false,
    onEvent: (bytes, how) => {
      if (how === "line") at.arrived.push(bytes.toString("utf8"));
    },
  });
  closers.push(() => qradar.close());
  return { at, qradar };
}

async function provesAndHeals(at: Scene, qradarPort: number, lost: readonly string[]) {
  const before = at.arrived.length;
  const first = await reconcile(at, "--json");
  expect(first.code, first.stderr).toBe(1);
  const report = first.report();
  const missing = report.missing_records.map(({ uid }) => uid);
  expect(report).toMatchObject({ missing: lost.length, not_yet_collected: 0, not_listed: [] });
  const wanted = new Set(lost);
  expect(missing.every((uid) => wanted.has(uid))).toBe(true);
  // As many as are told one by one.
  expect(new Set(missing).size).toBe(Math.min(10_000, lost.length));

  const healing = await reconcile(at, "--heal");
  expect(healing.code, healing.stderr).toBe(75);
  const healed = linesOf(healing.stdout);
  expect(healed.map(uidOf).sort()).toEqual([...lost].sort());
  await send(qradarPort, healed);
  await until(() => at.arrived.length === before + lost.length, 60_000, "what was sent again");
  const second = await reconcile(at, "--json");
  expect(second.code, second.stderr).toBe(0);
  expect(second.report()).toMatchObject({
    verdict: "complete",
    missing: 0,
    twice: report.twice,
    unknown_to_mimecast: 0,
  });
}

/** Of the records that are compared: those that the receiver lacks. */
async function lackingAt(at: Scene): Promise<string[]> {
  const here = new Set(at.arrived.map(uidOf));
  const isCompared = (line: string) => {
    const { timeMs = 0 } = factsOf(line) ?? {};
    return timeMs >= Date.parse(at.since) && timeMs < Date.parse(at.until);
  };
  const uids = new Set((await everyLine(at)).filter(isCompared).map(uidOf));
  return [...uids].filter((uid) => !here.has(uid));
}

describe.skipIf(isSkipped)("reconcile behind syslog-ng", () => {
  it.each([
    ["2.0", 1],
    ["1.0", 2],
  ] as const)("of API %s names and heals what a proxy lost (seed %i)", async (api, seed) => {
    const { at, qradar } = await sceneWith(api, seed);
    const random = drawn(seed);
    let swallowed = 0;
    const fateOf = (line: string): Fate => {
      if (isOurs(line)) return "pass";
      const minute = Math.floor((factsOf(line)?.timeMs ?? 0) / 60_000) % 1_440;
      // One minute of the day, as if the receiver was away.
      if (minute === 700 + seed) return "drop";
      if (swallowed > 0) return swallowed-- > 0 ? "drop" : "pass";
      if (random() < 0.002) swallowed = Math.floor(random() * 30);
      if (random() < 0.0005) return "cut";
      return random() < 0.02 ? "drop" : "pass";
    };
    const proxy = await startLossyProxy(qradar.port, fateOf);
    closers.push(() => proxy.close());
    const shipper = await startShipper("syslog-ng", at.workspace, proxy.port);
    closers.push(() => shipper.kill());
    await allCollected(at);
    await shipper.stop();
    await proxy.close();
    await qradar.stop();
    const lost = await lackingAt(at);
    await qradar.start();
    expect(lost.length).toBeGreaterThan(RECORDS / 100);
    await provesAndHeals(at, qradar.port, lost);
  });

  it("finds and heals what was on the disk of a machine that was wiped", async () => {
    const { at, qradar } = await sceneWith("2.0", 3);
    // A third of it arrives, then nobody listens: all else is in syslog-ng's buffer.
    let away: Promise<void> | null = null;
    const proxy = await startLossyProxy(qradar.port, () => {
      if (at.arrived.length > RECORDS / 3)
        away ??= Promise.all([proxy.close(), qradar.stop()]).then(() => {});
      return "pass";
    });
    closers.push(() => proxy.close());
    const shipper = await startShipper("syslog-ng", at.workspace, proxy.port);
    closers.push(() => shipper.kill());
    await allCollected(at);
    await shipper.kill();
    await away;
    rmSync(join(at.workspace.folder, "shipper-buffer"), { recursive: true });
    const lost = await lackingAt(at);
    await qradar.start();
    expect(lost.length).toBeGreaterThan(RECORDS / 10);
    await provesAndHeals(at, qradar.port, lost);
  });
});
