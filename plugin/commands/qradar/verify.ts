import type { Config } from "../../config/config.ts";
import type { DeliveryWorld } from "../../deliver/open_delivery.ts";
import { ConfigError, EXIT } from "../../errors.ts";
import { onlyAccount } from "../account_named.ts";
import type { ConfiguredWorld } from "../poll_world.ts";
import type { Console } from "../qradar_console.ts";
import { hasIdentifier } from "../qradar_log_source.ts";
import { eventFindings, type FoundEvent, type OwnLogSource } from "./event_findings.ts";
import { findEvents, propertiesThere } from "./find_events.ts";
import { contentIds, logSources } from "./log_sources.ts";
import { sendTestEvents } from "./send_test_events.ts";
import type { Patience } from "./task.ts";
import { type ExpectedEvent, type TestEvents, testEvents } from "./test_events.ts";
import { type VerifiedEvent, verdictOf, verifiedText } from "./verify_text.ts";
import { openConfigured, type QradarOptions, type QradarWorld } from "./world.ts";

/** What `qradar verify` needs of the process. */
export type VerifyWorld = QradarWorld & ConfiguredWorld & Pick<DeliveryWorld, "lock">;

/** Ariel takes some seconds to store what has arrived; each look is a search, so that looks get rarer. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
const EXITS = { right: EXIT.ok, wrong: EXIT.partial, undecided: EXIT.temporary } as const;

/**
 * Sends one event of each record family through the shipper, and asks the console what it shows of them. No position moves.
 * Returns the exit code.
 */
export async function verify(
  config: Config,
  options: QradarOptions,
  world: VerifyWorld,
): Promise<number> {
  const account = onlyAccount(config, options.account, "verify");
  if (config.output.format === "json") {
    throw new ConfigError('Cannot verify: "output.format" must be leef or json+leef', {
      code: "qradar_verify_way",
      hint: "QRadar reads LEEF; lines that another program makes of the JSON can't be told from here",
    });
  }
  const { console, patience } = await openConfigured(config, options, world);
  const own = await ownLogSources(console, account.hostname);
  const { effects, engine, qradarTables: tables } = world;
  const nowMs = effects.now();
  const run = effects.randomUUID().slice(0, 8);
  const events = testEvents(config, account, { engine, tables, nowMs, run });
  const properties = await propertiesThere(console, propertiesOf(events));
  const sent = await sendTestEvents(config, account.name, events.lines, patience, world);
  const { prefix } = events;
  const wanted = { prefix, properties, fromMs: nowMs };
  const endMs = nowMs + patience.limitMs;
  const limited = { ...patience, limitMs: Math.max(60_000, endMs - effects.now()) };
  const found =
    sent === "not_taken"
      ? []
      : await awaitEvents(console, events, { ...wanted, own, endMs }, limited);
  const result = {
    account: account.name,
    prefix,
    sent,
    waitSecs: options.waitSecs,
    events: events.expected.map((each) => verified(each, found, own)),
  };
  await world.screen.write(verifiedText(result, options.json));
  return EXITS[verdictOf(result)];
}

function propertiesOf({ expected }: TestEvents): Set<string> {
  return new Set(expected.flatMap(({ properties }) => [...properties.keys()]));
}

async function ownLogSources(
  console: Console,
  identifier: string,
): Promise<readonly OwnLogSource[]> {
  const ids = await contentIds(console);
  const alike = (await logSources(console)).filter((row) => hasIdentifier(row, identifier));
  return alike.map(({ id, type_id, requires_deploy }) => ({
    id,
    hasOurType: type_id === ids?.typeId,
    undeployed: requires_deploy === true,
  }));
}

interface Awaited extends Omit<Parameters<typeof findEvents>[1], "logSources"> {
  readonly own: readonly OwnLogSource[];
  readonly endMs: number;
}

/** Looks in the account's log sources until all are there; what is not there in time is looked for everywhere, once. */
async function awaitEvents(
  console: Console,
  { expected }: TestEvents,
  { own, endMs, ...wanted }: Awaited,
  patience: Patience,
): Promise<readonly FoundEvent[]> {
  const { effects, signal } = patience;
  const logSources = own.map(({ id }) => id);
  let pauseMs = FIRST_PAUSE_MS;
  while (logSources.length > 0) {
    const found = await findEvents(console, { ...wanted, logSources }, patience);
    if (expected.every(({ uid }) => found.some((each) => each.uid === uid))) return found;
    const leftMs = endMs - effects.now();
    if (leftMs <= 0) break;
    await effects.sleep(Math.min(pauseMs, leftMs), signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  return findEvents(console, { ...wanted, logSources: null }, patience);
}

/** Of an event that came more than once the one that has the least wrong. */
function verified(
  expected: ExpectedEvent,
  found: readonly FoundEvent[],
  own: readonly OwnLogSource[],
): VerifiedEvent {
  const { uid, event } = expected;
  const all = found
    .filter((each) => each.uid === uid)
    .map((each) => eventFindings(expected, each, own))
    .sort((a, b) => a.length - b.length);
  return { uid, family: event.cat, name: event.name, findings: all[0] ?? null };
}
