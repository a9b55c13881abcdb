import { table } from "../../text/table.ts";
import type { Finding } from "./event_findings.ts";
import type { Sent } from "./send_test_events.ts";

/** A test event, and what QRadar shows of it. */
export interface VerifiedEvent {
  readonly uid: string;
  /** `cat` of the line. */
  readonly family: string;
  readonly name: string;
  /** What is wrong; empty: nothing; null: it is not there. */
  readonly findings: readonly Finding[] | null;
}

/** What `qradar verify` came to. */
export interface Verified {
  readonly account: string;
  /** How the eventUid of each event begins. */
  readonly prefix: string;
  readonly sent: Sent;
  readonly waitSecs: number;
  readonly events: readonly VerifiedEvent[];
}

/** "undecided": nothing has arrived, so that nothing is known of how it would be shown. */
export function verdictOf({ events }: Pick<Verified, "events">): "right" | "wrong" | "undecided" {
  if (events.every(({ findings }) => findings === null)) return "undecided";
  return events.every(({ findings }) => findings?.length === 0) ? "right" : "wrong";
}

/** For people, or one JSON object. */
export function verifiedText(result: Verified, json: boolean): string {
  return json ? `${JSON.stringify(reportValue(result))}\n` : peopleText(result);
}

function reportValue(result: Verified) {
  const { account, prefix, sent, events } = result;
  return {
    account,
    verdict: verdictOf(result),
    uid_prefix: prefix,
    sent,
    remedies: remediesOf(result),
    events: events.map(({ uid, family, name, findings }) => ({
      family,
      name,
      uid,
      state: findings === null ? "missing" : findings.length === 0 ? "right" : "wrong",
      findings: findings ?? [],
    })),
  };
}

function peopleText(result: Verified): string {
  const { account, prefix, events } = result;
  const rows = events.map(({ family, name, findings }) => {
    const wrong = findings?.map(({ what, wanted, found }) => `${what} is ${found}, not ${wanted}`);
    return [family, name, wrong === undefined ? "not there" : wrong.join("; ") || "right"];
  });
  const remedies = remediesOf(result);
  const todo =
    remedies.length === 0 ? "" : `\nWhat to do\n${remedies.map((each) => `  ${each}\n`).join("")}`;
  const right = events.filter(({ findings }) => findings?.length === 0).length;
  return `${table([["family", "event", "in QRadar"], ...rows], false)}${todo}\n${account}: ${verdictOf(result)}, ${right} of ${events.length} as they should be; their eventUid begins with ${prefix}\n`;
}

/** Each remedy once, the most frequent first. */
function remediesOf(result: Verified): string[] {
  const { events } = result;
  if (verdictOf(result) === "undecided") return [absence(result)];
  const counts = new Map<string, number>();
  for (const { remedy } of events.flatMap(({ findings }) => findings ?? [])) {
    counts.set(remedy, (counts.get(remedy) ?? 0) + 1);
  }
  const remedies = [...counts].sort((a, b) => b[1] - a[1]).map(([remedy]) => remedy);
  const isSomeMissing = events.some(({ findings }) => findings === null);
  return isSomeMissing ? [...remedies, PART_MISSING] : remedies;
}

const PART_MISSING =
  "Some arrived and others did not: a filter or a limit of the shipper (mimecast-input lint), or QRadar's license drops events";

function absence({ sent, waitSecs }: Verified): string {
  return sent === "not_taken"
    ? `No run of the account has taken the events in ${waitSecs} s: does the shipper run this program with this configuration (mimecast-input status)? Else give it longer with --wait-secs`
    : `Nothing has arrived in ${waitSecs} s: look at the shipper's own log and its connection to QRadar (mimecast-input check --qradar HOST:PORT), at the deployment (Admin > Deploy Changes), and whether the security profile of the token sees the log source`;
}
