import type { AnalystEvent } from "./console.ts";

/** Column heads, as Log Activity names them. */
const HEADS = [
  "Log Source Time",
  "Event Name",
  "Low Level Category",
  "Sev",
  "Username",
  "Source IP",
  "Destination IP",
  "Log Source",
  "Count",
];

/** Longer cells are cut. */
const WIDEST = 36;

/** A table with one row for each event name and log source: the newest of its events, and how many there are. */
export function analystTable(events: readonly AnalystEvent[]): string[] {
  const groups = new Map<string, AnalystEvent[]>();
  for (const event of events) {
    const key = `${event.eventName}\0${event.logSource}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const rows = [...groups.entries()].sort().map(([, group]) => rowOf(newest(group), group.length));
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]!.length)),
  );
  return [HEADS, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** One event in full, as its page in Log Activity shows it. */
export function analystDetails(event: AnalystEvent): string[] {
  const named = HEADS.slice(0, -1).map((head, column): [string, string] => [
    head,
    cellsOf(event)[column]!,
  ]);
  const all = [...named, ...event.properties];
  const width = Math.max(...all.map(([name]) => name.length));
  return all.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function newest(group: readonly AnalystEvent[]): AnalystEvent {
  return group.reduce((latest, event) => (event.timeMs > latest.timeMs ? event : latest));
}

function rowOf(event: AnalystEvent, count: number): string[] {
  return [...cellsOf(event), String(count)].map((cell) =>
    cell.length > WIDEST ? `${cell.slice(0, WIDEST - 1)}…` : cell,
  );
}

function cellsOf(event: AnalystEvent): string[] {
  return [
    new Date(event.timeMs).toISOString().replace("T", " ").slice(0, 19),
    event.eventName,
    event.category,
    String(event.severity),
    event.username ?? "N/A",
    event.sourceIp,
    event.destinationIp,
    event.logSource,
  ];
}
