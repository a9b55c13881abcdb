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

/** What matches one event after the other. Throws for a kind of test that it does not know. */
function createEngine(rules: readonly Rule[]): (event: ArrivedEvent) => Set<Rule> {
  const known = new Map(rules.map((rule) => [rule.uuid, rule]));
  /** Rule and position of a test -> what it has counted. */
  const counted = new Map<string, ArrivedEvent[]>();
  return (event) => {
    const decided = new Map<Rule, boolean>();
    const matches = (rule: Rule): boolean => {
      const before = decided.get(rule);
      if (before !== undefined) return before;
      decided.set(rule, false);
      const matched = rule.tests.every((test, at) => {
        const kept = `${rule.uuid} ${at}`;
        return met(rule, test, kept) !== test.negate;
      });
      decided.set(rule, matched);
      return matched;
    };
    const anyOf = (list: string): boolean =>
      listOf(list).some((uuid) => matches(known.get(uuid) ?? NEVER));
    const counter = (key: string): ArrivedEvent[] => {
      const list = counted.get(key) ?? [];
      counted.set(key, list);
      return list;
    };
    const met = (rule: Rule, { kind, choices }: RuleTest, key: string): boolean => {
      const choice = (at: number): string => choices[at]!;
      switch (kind) {
        case "QID_Test":
          return listOf(choice(0)).includes(String(event.shown.qid));
        case "EventCategory_Test":
          return asksForCategory(rule, event.shown.categoryId);
        case "DeviceTypeID_Test":
          // No id in a default rule is that of our types.
          return false;
        case "RuleMatch_Test":
          return anyOf(choice(1));
        case "TriggerTimeout":
          return false;
        case "MatchCount": {
          const list = counter(key);
          list.push(event);
          const windowMs = Number(choice(4)) * UNIT_MS[choice(5)]!;
          return reaches(list, event, windowMs, choice(2), choice(3), Number(choice(1)));
        }
        case "ThresholdFunction_Test": {
          if (!anyOf(choice(0))) return false;
          const list = counter(key);
          list.push(event);
          const windowMs = Number(choice(6)) * UNIT_MS[choice(7)]!;
          const alike = recent(list, event, windowMs, choice(1));
          return alike.length > Number(choice(2)) && distinct(alike, choice(5)) > Number(choice(4));
        }
        case "TriggerMatchCount": {
          const list = counter(key);
          const windowMs = Number(choice(4)) * UNIT_MS[choice(5)]!;
          const followed = anyOf(choice(0)) && recent(list, event, windowMs, choice(7)).length > 0;
          if (anyOf(choice(6))) list.push(event);
          return followed;
        }
        default:
          throw new Error(`Cannot evaluate rule "${rule.name}": ${kind}`);
      }
    };
    return new Set(rules.filter(matches));
  };
}

const NEVER: Rule = {
  uuid: "",
  name: "",
  buildingBlock: true,
  enabled: false,
  offense: false,
  tests: [{ kind: "QID_Test", negate: false, choices: [""], text: "" }],
};

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
  windowMs: number,
  same: string,
): ArrivedEvent[] {
  const wanted = valuesOf(event, same);
  return list.filter(
    (each) => event.arrivalMs - each.arrivalMs <= windowMs && valuesOf(each, same) === wanted,
  );
}

function distinct(events: readonly ArrivedEvent[], fields: string): number {
  return new Set(
    events.filter((event) => hasValues(event, fields)).map((event) => valuesOf(event, fields)),
  ).size;
}

function reaches(
  list: readonly ArrivedEvent[],
  event: ArrivedEvent,
  windowMs: number,
  same: string,
  different: string,
  wanted: number,
): boolean {
  if (!hasValues(event, same)) return false;
  const alike = recent(list, event, windowMs, same);
  return (listOf(different).length === 0 ? alike.length : distinct(alike, different)) >= wanted;
}

/** Whether a match was not followed by another one, of the same property, in time. */
function isSilent(
  rules: readonly Rule[],
  { choices }: RuleTest,
  events: readonly ArrivedEvent[],
  untilMs: number,
): boolean {
  const [watched, time, unit, first, same] = choices as [string, string, string, string, string];
  const windowMs = Number(time) * UNIT_MS[unit]!;
  const engine = createEngine(rules);
  const last = new Map<string, number>();
  const named = (list: string, matching: ReadonlySet<Rule>): boolean =>
    [...matching].some(({ uuid }) => listOf(list).includes(uuid));
  for (const event of events) {
    const matching = engine(event);
    const key = valuesOf(event, same);
    const before = last.get(key);
    if (named(watched, matching) && before !== undefined && event.arrivalMs - before > windowMs)
      return true;
    if (named(first, matching)) last.set(key, event.arrivalMs);
  }
  return [...last.values()].some((atMs) => untilMs - atMs > windowMs);
}
