import type { OutKind } from "../effects.ts";
import { isWrapper, type Process } from "./shipper.ts";

/**
 * Decides whether the reader of stdout counts as a shipper, because a run commits only lines that a shipper has read
 * (docs/decisions/0014-what-counts-as-a-shipper.md). Pure. In doubt a run commits nothing, and the lines come again.
 */

/** The facts at the start of a run. */
export interface ReaderFacts {
  readonly out: OutKind;
  /** True if a terminal belongs to this start: stdin or stderr is one, or the session has one. */
  readonly terminal: boolean;
  /** The processes above us, the nearest first, as far as they can be read. */
  readonly lineage: readonly Process[];
  /** Those that have the pipe's reading end open; null where that can't be told. */
  readonly readers: readonly { readonly pid: number; readonly name: string }[] | null;
  /** True where stdout is journald's socket (JOURNAL_STREAM, systemd.exec(5)). */
  readonly journal: boolean;
  /** `handover: drained`: the operator vouches for whatever reads. */
  readonly trustDrained: boolean;
  /** Our own pid, and our parent's; 0 for one outside of our pid namespace. */
  readonly pid: number;
  readonly parentPid: number;
}

/**
 * "keeper": the rules of the handover decide what the run commits. "unsure": the run writes lines and commits nothing.
 * "nobody": nobody would keep the lines.
 */
export type Reader =
  | { readonly is: "keeper" }
  | { readonly is: "unsure" | "nobody"; readonly why: string };

/** The programs that count as shippers at a terminal; names as /proc/PID/stat shows them (15 bytes). */
const KNOWN_SHIPPERS = new Set(
  "fluent-bit td-agent-bit vector syslog-ng rsyslogd telegraf filebeat elastic-agent otelcol otelcol-contrib nxlog".split(
    " ",
  ),
);
/** Programs through which a person comes from another machine, with or without a terminal. */
const REMOTE = new Set(
  "sshd sshd-session sshd-auth dropbear telnetd in.telnetd in.rshd".split(" "),
);

/** Judges the reader of stdout. */
export function judgeReader(facts: ReaderFacts): Reader {
  const { out } = facts;
  if (out === "file") return { is: "keeper" };
  if (out === "pipe") {
    const why = doubt(facts);
    return why === null ? { is: "keeper" } : { is: "unsure", why };
  }
  return { is: "nobody", why: NOBODY[out] };
}

const NOBODY = {
  terminal: "a terminal",
  device: "a device such as /dev/null, or closed",
  unnamed_file: "a file without a name, which ends with the process that made it",
} as const;

/** Why the reader of a pipe does not count as a shipper; null if it does. */
function doubt(facts: ReaderFacts): string | null {
  const { terminal, lineage, readers, journal, trustDrained } = facts;
  const reading = readers?.map(({ pid }) => pid);
  const reader = lineage.find(({ pid }) => reading?.includes(pid));
  const starter = lineage.find(({ name }) => !isWrapper(name));
  const others = readers?.map(({ name, pid }) => `${name || "unknown"} (pid ${pid})`).join(", ");
  const aside = `${others} reads stdout, and has not started us`;
  if (terminal || atShell(lineage)) {
    const shipper = reader ?? starter;
    if (reading !== undefined && reader === undefined) return `at a terminal, ${aside}`;
    const isKnown = shipper !== undefined && KNOWN_SHIPPERS.has(shipper.name);
    return isKnown ? null : "it was started at a terminal, by no shipper that is known";
  }
  if (starter !== undefined && REMOTE.has(starter.name)) return `${starter.name} reads stdout`;
  if (starter === undefined && entered(facts))
    return "it was started from outside of the container";
  if (trustDrained) return null;
  if (journal) return "stdout leads to journald, which drops lines beyond its rate limit";
  if (reading === undefined) return null;
  if (reader === undefined) return aside;
  return isWrapper(reader.name) ? `${reader.name} (pid ${reader.pid}) reads stdout` : null;
}

/** True below a shell that leads a terminal's session: a person types there. */
function atShell(lineage: readonly Process[]): boolean {
  const end = lineage.findIndex(({ name }) => !isWrapper(name));
  const wrappers = end < 0 ? lineage : lineage.slice(0, end);
  return wrappers.some(({ pid, session, terminal }) => terminal && pid === session);
}

/** True if `docker exec` or the like put our ancestors into the container: its own first process has pid 1. */
function entered({ lineage, pid, parentPid }: ReaderFacts): boolean {
  const top = lineage.at(-1) ?? { pid, parent: parentPid };
  return top.parent === 0 && top.pid !== 1;
}
