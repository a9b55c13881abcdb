import type { AqlExpression } from "./aql.ts";
import type { AnalystEvent } from "./console.ts";

type Value = string | number | boolean | null;

/** An event as a search sees it: what the console shows, and the payload. */
export interface SearchedEvent {
  readonly shown: AnalystEvent;
  readonly payload: string;
  /** Of its log source. */
  readonly logSourceId?: number;
}

/** Whether a search's WHERE takes this event. Throws for what the evaluator does not know. */
export function selects(where: AqlExpression, event: SearchedEvent): boolean {
  return valueOfExpression(where, event) === true;
}

/** The value of an expression for one event. */
export function valueOfExpression(expression: AqlExpression, event: SearchedEvent): Value {
  switch (expression.kind) {
    case "text":
    case "number":
      return expression.value;
    case "field":
      return fieldOf(expression.name, expression.quoted, event);
    case "call":
      return callOf(expression.name, expression.args, event);
    case "operation":
      return operationOf(expression.operator, expression.args, event);
    default:
      throw new Error(`Cannot evaluate AQL: ${expression.kind}`);
  }
}

function fieldOf(name: string, quoted: boolean, { shown, logSourceId }: SearchedEvent): Value {
  if (quoted) return shown.properties.get(name) ?? null;
  const fields: Readonly<Record<string, Value>> = {
    severity: shown.severity,
    username: shown.username,
    sourceip: shown.sourceIp,
    destinationip: shown.destinationIp,
    devicetime: shown.timeMs,
    eventcount: 1,
    logsourceid: logSourceId ?? null,
  };
  if (!(name in fields)) throw new Error(`Cannot evaluate AQL: field ${name}`);
  return fields[name]!;
}

/** The names are looked up by ids that the console has and the stand-in leaves out. */
function callOf(name: string, args: readonly AqlExpression[], event: SearchedEvent): Value {
  const argument = args[0]?.kind === "field" ? args[0].name : "";
  switch (`${name}(${argument})`) {
    case "LOGSOURCENAME(logsourceid)":
      return event.shown.logSource;
    case "CATEGORYNAME(category)":
      return event.shown.category;
    case "QIDNAME(qid)":
      return event.shown.eventName;
    case "UTF8(payload)":
      return event.payload;
    case `SUBSTRING(${argument})`: {
      const [text, from, count] = args.map((each) => valueOfExpression(each, event));
      return text === null ? null : String(text).slice(Number(from), Number(from) + Number(count));
    }
    case "LONG()":
      return Math.trunc(Number(valueOfExpression(args[0]!, event)));
    default:
      throw new Error(`Cannot evaluate AQL: ${name}(${argument})`);
  }
}

function operationOf(
  operator: string,
  args: readonly AqlExpression[],
  event: SearchedEvent,
): Value {
  const value = (position: number): Value => valueOfExpression(args[position]!, event);
  switch (operator) {
    case "AND":
      return value(0) === true && value(1) === true;
    case "OR":
      return value(0) === true || value(1) === true;
    case "NOT":
      return value(0) !== true;
    case "=":
      return value(0) === value(1);
    case "IN":
      return args.slice(1).some((_, index) => value(0) === value(index + 1));
    case "/":
      return Number(value(0)) / Number(value(1));
    case "<":
      return Number(value(0)) < Number(value(1));
    case ">=":
      return Number(value(0)) >= Number(value(1));
    case "IS NOT NULL":
      return value(0) !== null;
    case "LIKE":
      return like(value(0), value(1), "s");
    case "MATCHES":
      return value(0) !== null && new RegExp(`^(?:${value(1)})$`, "s").test(String(value(0)));
    case "ILIKE":
      return like(value(0), value(1), "is");
    default:
      throw new Error(`Cannot evaluate AQL: ${operator}`);
  }
}

/** `%` is any text, `_` any one character. */
function like(text: Value, pattern: Value, flags: string): boolean {
  const source = String(pattern)
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return text !== null && new RegExp(`^${source}$`, flags).test(String(text));
}
