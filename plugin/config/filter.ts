import * as z from "zod";
import MAPPING from "../engine/mapping.json" with { type: "json" };
import { siemStreamFor, siemStreamV2 } from "../sources/siem/siem_stream.ts";
import type { Source } from "../sources/source.ts";
import { didYouMean } from "../text/nearest_name.ts";
import { type Problem, problemAt, wrong } from "./problem.ts";
import type { Path } from "./yaml_text.ts";

/** The events to deliver, by record type (`cat`) or by EventID. */
export interface Filter {
  readonly only?: readonly string[] | undefined;
  readonly drop: readonly string[];
}

/** A filter of the file. */
export const FILTER_SCHEMA = z.strictObject({
  only: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Record types and EventIDs that are delivered, no others; default: all"),
  drop: z
    .array(z.string())
    .default([])
    .describe("Record types and EventIDs that are not delivered, also of those in `only`"),
});

/** The narrower EventIDs that a record with more detail gets instead (`refinements`), for an EventID or a whole record type. */
function narrowerThan(event: string, cat: string): readonly string[] {
  return MAPPING.refinements.flatMap(({ of, to }) =>
    to !== event && (of === cat || (Array.isArray(of) && of.includes(event))) ? [to] : [],
  );
}

interface Names {
  readonly eventsOf: ReadonlyMap<string, readonly string[]>;
  /** The program's own events, which no filter removes: silence must mean trouble. */
  readonly always: readonly string[];
  /** Events of unknown records, which pass `only`: a new record type of Mimecast must not vanish unseen. */
  readonly unlisted: readonly string[];
  readonly filtered: readonly string[];
}

let found: Names | undefined;

/** Found for the first filter: most configurations have none, and every start would pay for it. */
function names(): Names {
  found ??= findNames();
  return found;
}

function findNames(): Names {
  const eventsOf = new Map(
    MAPPING.cats.map(({ cat, outcome, other }) => {
      const values = (outcome ?? []).flatMap((each) => Object.values(each.values) as string[]);
      const own = [...values, other];
      const narrower = own.flatMap((event) => narrowerThan(event, cat));
      return [cat, [...new Set([...own, ...narrower])]] as const;
    }),
  );
  const of = (cat: string) => eventsOf.get(cat) ?? [];
  const always = of("health");
  const all = [...eventsOf].flatMap(([cat, events]) => [cat, ...events]);
  return {
    eventsOf,
    always,
    unlisted: [...of("unknown"), ...of("malformed")],
    filtered: [...new Set(all)].filter((name) => name !== "health" && !always.includes(name)),
  };
}

/** The EventIDs that the filter drops. */
export function droppedEvents(filter: Filter): readonly string[] {
  if (filter.drop.length === 0 && filter.only === undefined) return [];
  const { eventsOf, always, unlisted } = names();
  // An EventID stands for the narrower ones that a later version makes of it, so that no event vanishes by an update.
  const only = new Set(
    (filter.only ?? []).flatMap(eventsNamed).flatMap((id) => [id, ...narrowerThan(id, "")]),
  );
  const drop = new Set(filter.drop.flatMap(eventsNamed));
  const all = [...eventsOf.values()].flat().filter((event) => !always.includes(event));
  return all.filter(
    (event) => drop.has(event) || (only.size > 0 && !only.has(event) && !unlisted.includes(event)),
  );
}

/**
 * The streams to ask for: those with a record type of which the filter delivers at least one EventID. A stream with several
 * types (API 1.0 SIEM) needs one such type.
 */
export function wantedStreams(
  source: { readonly name: string; readonly streams: readonly string[] },
  dropped: readonly string[],
): readonly string[] {
  if (dropped.length === 0) return source.streams;
  const { eventsOf } = names();
  const types: Readonly<Record<string, string>> = MAPPING.types;
  const ofSource = MAPPING.cats.filter(({ kind }) => kind === source.name).map(({ cat }) => cat);
  return source.streams.filter((stream) => {
    const type = types[stream.slice(source.name.length + 1)];
    const cats = type === undefined ? ofSource : [type];
    const events = cats.flatMap((cat) => eventsOf.get(cat) ?? []);
    return events.length === 0 || events.some((event) => !dropped.includes(event));
  });
}

/** The feed after the filter, or null if nothing of it is left. The program does not ask for a stream that the filter drops. */
export function filteredSource(source: Source, dropped: readonly string[]): Source | null {
  const streams = wantedStreams(source, dropped);
  if (streams.length === 0) return null;
  if (source !== siemStreamV2) return { ...source, streams };
  // The one stream of which Mimecast can serve some types.
  const { name } = source;
  return siemStreamFor(
    (type) => wantedStreams({ name, streams: [`${name}:${type}`] }, dropped).length > 0,
  );
}

/** The problems of a filter that the schema cannot find. Takes any value. */
export function filterProblems(path: Path, raw: unknown): Problem[] {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return [];
  const { only, drop } = raw as Record<string, unknown>;
  const lists = [
    ["only", only],
    ["drop", drop],
  ] as const;
  const problems = lists.flatMap(([key, names]) =>
    Array.isArray(names)
      ? names.flatMap((name, index) => nameProblems([...path, key, index], name))
      : [],
  );
  if (problems.length > 0 || !Array.isArray(only) || only.length === 0) return problems;
  const dropped = droppedEvents({ only, drop: Array.isArray(drop) ? drop : [] });
  const isEmpty = only.flatMap(eventsNamed).every((event) => dropped.includes(event));
  return isEmpty ? [problemAt(path, 'delivers nothing: "drop" takes all that "only" has')] : [];
}

function nameProblems(path: Path, name: unknown): Problem[] {
  const { filtered } = names();
  if (typeof name !== "string" || filtered.includes(name)) return [];
  const wanted = "must be a record type (cat) or an EventID of docs/leef.md, not of the program";
  const { sentence } = wrong(path, wanted, name);
  return [{ path, sentence: sentence + didYouMean(name, filtered) }];
}

/** The EventIDs of a name: those of a record type, or itself. */
function eventsNamed(name: string): readonly string[] {
  return names().eventsOf.get(name) ?? [name];
}
