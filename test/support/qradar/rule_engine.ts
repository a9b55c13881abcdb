import type { AnalystEvent } from "./console.ts";
import { asksForCategory, listOf, type Rule, type RuleTest } from "./rules.ts";

/** An event, and when it arrived: rules count in time of arrival, whatever time the event says (IBM's guide to rule tests). */
export interface ArrivedEvent {
  readonly shown: AnalystEvent;
  readonly arrivalMs: number;
}

/** A rule that made an offense, and the event that did it; null: that none came. */
export interface Offense {
  readonly rule: string;
  readonly event: AnalystEvent | null;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Fields by the names that rules have for them; others are custom properties. */
const FIELDS: Readonly<Record<string, (event: AnalystEvent) => string | number | null>> = {
  userName: ({ username }) => username,
  sourceIP: ({ sourceIp }) => sourceIp,
  destinationIP: ({ destinationIp }) => destinationIp,
  DestinationIP: ({ destinationIp }) => destinationIp,
  logSourceId: ({ logSource }) => logSource,
  Qid: ({ qid }) => qid,
};

/** Every offense that enabled rules make of events, in the order of their arrival, with no event after them until `untilMs`. */
export function offensesOf(
  rules: readonly Rule[],
  events: readonly ArrivedEvent[],
  untilMs: number,
): Offense[] {
  const enabled = rules.filter((rule) => rule.enabled);
  const engine = createEngine(enabled);
  const ordered = [...events].sort((a, b) => a.arrivalMs - b.arrivalMs);
  const found: Offense[] = [];
  const making = enabled.filter(({ offense, buildingBlock }) => offense && !buildingBlock);
  for (const event of ordered) {
    const matching = engine(event);
    for (const rule of making) {
      if (matching.has(rule)) found.push({ rule: rule.name, event: event.shown });
    }
  }
  for (const rule of making) {
    const silences = rule.tests.filter(({ kind }) => kind === "TriggerTimeout");
    for (const test of silences) {
      if (isSilent(enabled, test, ordered, untilMs)) found.push({ rule: rule.name, event: null });
    }
  }
  return found;
}

/** What a test may ask while one event is looked at. */
interface Question {
  readonly rule: Rule;
  readonly test: RuleTest;
  readonly event: ArrivedEvent;
  /** The events that this test of this rule has counted. */
  readonly counted: ArrivedEvent[];
  /** Whether any of these rules matches the event. */
  readonly anyOf: (list: string) => boolean;
}

/** What matches one event after the other. Throws for a kind of test that it does not know. */
function createEngine(rules: readonly Rule[]): (event: ArrivedEvent) => Set<Rule> {
  const known = new Map(rules.map((rule) => [rule.uuid, rule]));
  const counters = new Map(rules.map((rule) => [rule, rule.tests.map((): ArrivedEvent[] => [])]));
  return (event) => {
    const decided = new Map<Rule, boolean>();
    const matches = (rule: Rule): boolean => {
      const before = decided.get(rule);
      if (before !== undefined) return before;
      decided.set(rule, false);
      const matched = rule.tests.every((test, at) => {
        const counted = counters.get(rule)![at]!;
        return isMet({ rule, test, event, counted, anyOf }) !== test.negate;
      });
      decided.set(rule, matched);
      return matched;
    };
    const anyOf = (list: string): boolean =>
      listOf(list).some((uuid) => known.has(uuid) && matches(known.get(uuid)!));
    return new Set(rules.filter(matches));
  };
}

function isMet(question: Question): boolean {
  const { rule, test, event, anyOf } = question;
  const [first, second] = test.choices as [string, string];
  switch (test.kind) {
    case "QID_Test":
      return listOf(first).includes(String(event.shown.qid));
    case "EventCategory_Test":
      return asksForCategory(rule, event.shown.categoryId);
    case "DeviceTypeID_Test":
    case "TriggerTimeout":
      // No id in a default rule is that of our types; silence is no event.
      return false;
    case "RuleMatch_Test":
      return anyOf(second);
    case "MatchCount":
      return matchCount(question);
    case "ThresholdFunction_Test":
      return threshold(question);
    case "TriggerMatchCount":
      return sequence(question);
    default:
      throw new Error(`Cannot evaluate rule "${rule.name}": ${test.kind}`);
  }
}

const windowMs = (time: string, unit: string): number => Number(time) * UNIT_MS[unit]!;

/** When at least {2} events are seen with the same {3} and different {4} in {5} {6}. */
function matchCount({ test, event, counted }: Question): boolean {
  const [, wanted, same, different, time, unit] = test.choices as Six;
  counted.push(event);
  if (!hasValues(event, same)) return false;
  const alike = recent(counted, event, windowMs(time, unit), same);
  const count = listOf(different).length === 0 ? alike.length : distinct(alike, different);
  return count >= Number(wanted);
}

/** When any of these {1} with the same {2} more than {3} times, across {4} {5} {6} within {7} {8}. */
function threshold({ test, event, counted, anyOf }: Question): boolean {
  const [rules, same, times, , count, across, time, unit] = test.choices as Eight;
  if (!anyOf(rules)) return false;
  counted.push(event);
  const alike = recent(counted, event, windowMs(time, unit), same);
  return alike.length > Number(times) && distinct(alike, across) > Number(count);
}

/** When {1} match at least {2} times in {5} {6} after {7} match with the same {8}; once is enough in all that we run. */
function sequence({ test, event, counted, anyOf }: Question): boolean {
  const [then, , , , time, unit, first, same] = test.choices as Eight;
  const follows = anyOf(then) && recent(counted, event, windowMs(time, unit), same).length > 0;
  if (anyOf(first)) counted.push(event);
  return follows;
}

type Six = [string, string, string, string, string, string];
type Eight = [...Six, string, string];

function valuesOf(event: ArrivedEvent, fields: string): string {
  const values = listOf(fields).map(
    (field) =>
      FIELDS[field]?.(event.shown) ?? event.shown.properties.get(field.replace(" (custom)", "")),
  );
  return JSON.stringify(values);
}

function hasValues(event: ArrivedEvent, fields: string): boolean {
  return !valuesOf(event, fields).includes("null");
}

function recent(
  list: readonly ArrivedEvent[],
  event: ArrivedEvent,
  timeMs: number,
  same: string,
): ArrivedEvent[] {
  const wanted = valuesOf(event, same);
  return list.filter(
    (each) => event.arrivalMs - each.arrivalMs <= timeMs && valuesOf(each, same) === wanted,
  );
}

function distinct(events: readonly ArrivedEvent[], fields: string): number {
  return new Set(
    events.filter((event) => hasValues(event, fields)).map((event) => valuesOf(event, fields)),
  ).size;
}

/** Whether a match was not followed by another one, of the same property, in time. */
function isSilent(
  rules: readonly Rule[],
  { choices }: RuleTest,
  events: readonly ArrivedEvent[],
  untilMs: number,
): boolean {
  const [watched, time, unit, first, same] = choices as [string, string, string, string, string];
  const timeMs = windowMs(time, unit);
  const engine = createEngine(rules);
  const last = new Map<string, number>();
  const named = (list: string, matching: ReadonlySet<Rule>): boolean =>
    [...matching].some(({ uuid }) => listOf(list).includes(uuid));
  for (const event of events) {
    const matching = engine(event);
    const key = valuesOf(event, same);
    const before = last.get(key);
    if (named(watched, matching) && before !== undefined && event.arrivalMs - before > timeMs)
      return true;
    if (named(first, matching)) last.set(key, event.arrivalMs);
  }
  return [...last.values()].some((atMs) => untilMs - atMs > timeMs);
}
