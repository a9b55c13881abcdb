import type { Effect, Finding } from "./finding.ts";
import type { Term } from "./syslog_ng_text.ts";

/** A source, destination or template, by its name. */
export interface Named {
  readonly name: string;
  readonly line: number;
  readonly drivers: readonly Term[];
}

/** A configuration of syslog-ng, sorted. */
export interface File {
  readonly sources: readonly Named[];
  readonly destinations: readonly Named[];
  readonly templates: readonly Named[];
  readonly logs: readonly Term[];
  readonly options: readonly Term[];
  /** A text with what stands for the names between its backticks: nothing, where that is unknown. */
  filled(text: string): string;
}

/** One finding. */
export function finding(
  line: number,
  rule: string,
  effect: Effect,
  reason: string,
  remedy: string,
): Finding {
  return { rule, line, effect, reason, remedy };
}

/** The option of a driver, by name. */
export function option(term: Term, name: string): Term | undefined {
  return term.args?.find(is(name));
}

/** Names of options may be written with `-` or `_`. */
export function is(name: string): (term: Term) => boolean {
  return (term) => !term.quoted && term.value.replaceAll("_", "-") === name;
}

/** A term and everything inside of it. */
export function terms(term: Term): Term[] {
  const inner = [...(term.args ?? []), ...(term.block ?? []).flat()];
  return [term, ...inner.flatMap(terms)];
}
