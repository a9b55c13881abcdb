import { readFileSync } from "node:fs";

/** What the QRadar content and docs/leef.md take from plugin/engine/mapping.json. */
export interface Mapping {
  readonly header: { readonly vendor: string; readonly product: string };
  /** Field -> the names under which Mimecast sends it, those of both API generations. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Value of `type` -> cat. */
  readonly types: Readonly<Record<string, string>>;
  readonly cats: readonly CatRule[];
  readonly events: readonly EventRule[];
  /** What turns an EventID into a narrower one: the first rule that is met. */
  readonly refinements: readonly RefinementRule[];
  readonly attributes: readonly AttributeRule[];
}

/** A rule that is met where a field holds one of the words, or has a value and lacks all of them. */
export interface RefinementRule {
  /** EventIDs, or a cat: all of its own. */
  readonly of: readonly string[] | string;
  /** Any of these fields. */
  readonly from?: readonly string[];
  /** The first of these fields that the record has. */
  readonly first?: readonly string[];
  readonly holds?: readonly string[];
  readonly lacks?: readonly string[];
  readonly to: string;
}

/** The EventIDs that a rule begins from. */
export function originsOf(mapping: Mapping, { of }: RefinementRule): readonly string[] {
  if (typeof of !== "string") return of;
  const rule = mapping.cats.find(({ cat }) => cat === of);
  return rule === undefined ? [] : outcomesOf(rule);
}

function outcomesOf(rule: CatRule): string[] {
  return [...new Set([...rule.outcome.flatMap(({ values }) => Object.values(values)), rule.other])];
}

/** Every EventID that records of a cat can get. */
export function eventsOf(mapping: Mapping, rule: CatRule): readonly string[] {
  const own = outcomesOf(rule);
  const narrower = mapping.refinements.filter((each) =>
    originsOf(mapping, each).some((id) => own.includes(id)),
  );
  return [...new Set([...own, ...narrower.map(({ to }) => to)])];
}

/** How a record type finds its EventID. */
export interface CatRule {
  readonly cat: string;
  readonly kind: string;
  /** Whose name becomes usrName: a rule of the engine, or a field. */
  readonly user: string;
  readonly outcome: readonly {
    readonly from: readonly string[];
    readonly values: Readonly<Record<string, string>>;
  }[];
  readonly other: string;
}

/** An EventID, its name in QRadar and the id of its low-level category. */
export interface EventRule {
  readonly id: string;
  readonly sev: number;
  readonly name: string;
  readonly category: number;
  readonly when?: {
    readonly field: string;
    readonly holds: readonly string[];
    readonly sev: number;
  };
}

/** An attribute of the LEEF line. */
export interface AttributeRule {
  readonly key: string;
  readonly as: string;
  readonly from?: readonly string[];
  readonly member?: string;
  readonly max?: number;
  readonly cats?: readonly string[];
  readonly except?: readonly string[];
}

/** Reads the engine's tables; throws where the file is missing or is no JSON. */
export function readMapping(): Mapping {
  const path = new URL("../../plugin/engine/mapping.json", import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as Mapping;
}

/** What QRadar looks up in its QID map: EventID and cat. */
export interface EventPair {
  readonly event: EventRule;
  readonly cat: string;
}

/**
 * Every pair that a line can have, in the order of the events. Throws where a cat leads to an event that is not
 * in the list, or an event of the list is reached by no cat.
 */
export function eventPairs(mapping: Mapping): EventPair[] {
  const known = new Set(mapping.events.map((event) => event.id));
  const cats = new Map<string, string[]>();
  for (const rule of mapping.cats) {
    for (const id of eventsOf(mapping, rule)) {
      if (!known.has(id)) {
        throw new Error(`Cannot use mapping: cat "${rule.cat}" leads to the unknown event "${id}"`);
      }
      cats.set(id, [...(cats.get(id) ?? []), rule.cat]);
    }
  }
  return mapping.events.flatMap((event) => {
    const own = cats.get(event.id);
    if (own === undefined) {
      throw new Error(`Cannot use mapping: no cat leads to the event "${event.id}"`);
    }
    return own.map((cat) => ({ event, cat }));
  });
}
