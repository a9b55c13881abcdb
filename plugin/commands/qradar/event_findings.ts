import type { ExpectedEvent } from "./test_events.ts";

/** An event as a search of the console gives it. */
export interface FoundEvent {
  readonly uid: string | null;
  readonly logSourceId: number;
  readonly logSource: string;
  readonly name: string;
  readonly category: string;
  readonly severity: number;
  /** Device time, ms since 1970. */
  readonly timeMs: number;
  readonly user: string | null;
  readonly source: string | null;
  readonly destination: string | null;
  /** Name of the property -> value; a property that the console lacks is not in it. */
  readonly properties: ReadonlyMap<string, string | null>;
}

/** A log source that takes the account's lines. */
export interface OwnLogSource {
  readonly id: number;
  /** False: it has another type than that of our content, and IBM's reader shows the severity of the line. */
  readonly hasOurType: boolean;
  /** Made or changed, and not deployed. */
  readonly undeployed: boolean;
}

/** What QRadar shows otherwise than it has to, and what to do. */
export interface Finding {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly remedy: string;
}

const INSTALL = "mimecast-input qradar install";
const DEPLOY = "Admin > Deploy Changes on the console";
const EXTENSION = `The log source does not read the line with the extension of its type: ${INSTALL}, then Admin > Deploy Changes`;
const REWRITTEN = "Something between here and QRadar rewrites the line: mimecast-input lint";
const QUARTER_MS = 900_000;

/**
 * Compares one event. The first thing that is wrong hides what follows from it: an event in another log source has no name, and
 * one without a name has neither category nor properties.
 */
export function eventFindings(
  expected: ExpectedEvent,
  found: FoundEvent,
  own: readonly OwnLogSource[],
): readonly Finding[] {
  const source = own.find(({ id }) => id === found.logSourceId);
  if (source === undefined) return [logSourceFinding(found, own)];
  const { event } = expected;
  if (found.name !== event.name) return [nameFinding(event.name, found.name)];
  const severity = source.hasOurType ? event.severity : expected.sev;
  const changed = `Somebody has changed the QID "${event.name}" on the console: Admin > DSM Editor changes it back`;
  return [
    ...differs("category", event.category, found.category, changed),
    ...differs("severity", String(severity), String(found.severity), changed),
    ...timeFinding(expected.timeMs, found.timeMs),
    ...differs("user", expected.user, found.user, EXTENSION),
    ...differs("source address", expected.source, found.source, EXTENSION),
    ...differs("destination address", expected.destination, found.destination, EXTENSION),
    ...propertyFindings(expected.properties, found.properties),
  ];
}

function logSourceFinding({ logSource }: FoundEvent, own: readonly OwnLogSource[]): Finding {
  const remedy =
    own.length === 0
      ? `No log source has the identifier of the account: ${INSTALL}`
      : own.some(({ undeployed }) => undeployed)
        ? `The log source is not deployed: ${DEPLOY}`
        : "The host in the line's header is not the identifier of the log source: a relay puts a header of its own in front, or the shipper writes another host (mimecast-input lint)";
  return { what: "log source", wanted: "that of the account", found: logSource, remedy };
}

/** A name of ours for something else is somebody's mapping; any other is QRadar's for what it could not read or map. */
function nameFinding(wanted: string, found: string): Finding {
  const remedy = /^Mimecast (?!Email Security Message$)/.test(found)
    ? `Somebody has mapped it to another event: Admin > DSM Editor, or remove the mapping and run ${INSTALL}`
    : found === "Unknown" || /unknown/i.test(found)
      ? `The pair of EventID and category has no mapping, or the console has older content: ${INSTALL}`
      : EXTENSION;
  return { what: "event name", wanted, found, remedy };
}

function timeFinding(wantedMs: number, foundMs: number): Finding[] {
  const offMs = foundMs - wantedMs;
  // Some releases keep whole seconds.
  if (Math.abs(offMs) < 1_000) return [];
  const remedy =
    Math.abs(offMs) >= QUARTER_MS && Math.abs(offMs % QUARTER_MS) < 1_000
      ? `It is off by ${offMs / 60_000} minutes, a time zone: something writes a header of its own, or the console reads the time in another way (Admin > DSM Editor)`
      : `The time of the line was not read, so that QRadar shows when it came. ${EXTENSION}. If that is so already: ${REWRITTEN}`;
  return [{ what: "time", wanted: iso(wantedMs), found: iso(foundMs), remedy }];
}

function propertyFindings(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string | null>,
): Finding[] {
  return [...wanted].flatMap(([name, value]) => {
    const what = `property ${name}`;
    const there = found.get(name);
    if (there === undefined) {
      return [{ what, wanted: value, found: "not on the console", remedy: INSTALL }];
    }
    if (there === null || there === "") {
      const remedy = `It has no enabled expression for the log source's type: ${INSTALL}, or Admin > Custom Event Properties`;
      return [{ what, wanted: value, found: "empty", remedy }];
    }
    // QRadar gives numbers as it likes: 0 or 0.0.
    const isSame = there === value || (value !== "" && Number(there) === Number(value));
    if (isSame) return [];
    return [{ what, wanted: value, found: there, remedy: REWRITTEN }];
  });
}

/** What Mimecast does not name is not compared: QRadar puts something of its own there. */
function differs(
  what: string,
  wanted: string | null,
  found: string | null,
  remedy: string,
): Finding[] {
  if (wanted === null || wanted.toLowerCase() === found?.toLowerCase()) return [];
  return [{ what, wanted, found: found ?? "nothing", remedy }];
}

function iso(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : "nothing";
}
