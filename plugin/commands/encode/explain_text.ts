import { type Cell, table, toned } from "../../text/table.ts";
import type { Explanation } from "./explain.ts";
import type { FieldUse } from "./explain_fields.ts";

const SHOWN = 48;

/** An explanation as people read it: what QRadar will see and why, then each field of the record. */
export function explanationText(
  { event, type, severity, user, source, time, fields }: Explanation,
  number: number,
  view: { readonly color: boolean; readonly columns: number | null },
): string {
  const { color, columns } = view;
  const title = toned(`record ${number}: ${event.value} (${event.name})`, "bold", color);
  const parts = Object.entries({ type, event, severity, user, source, time });
  const reasons = parts.map(([part, { value, because }]): Cell[] => [
    part,
    value === null ? { text: "-", tone: "dim" } : String(value),
    because,
  ]);
  const rows = fields.map((field): Cell[] => [
    field.name,
    field.value.length > SHOWN ? `${field.value.slice(0, SHOWN)}...` : field.value,
    becameOf(field),
  ]);
  const shape = { columns: columns === null ? null : columns - 2 };
  const shown = [
    table(reasons, color, { ...shape, head: false }),
    ...(rows.length === 0 ? [] : [table([["field", "value", "became"], ...rows], color, shape)]),
  ];
  return `${title}\n${shown.map((each) => each.replaceAll(/^(?=.)/gm, "  ")).join("\n")}`;
}

function becameOf({ use, attributes, note }: FieldUse): Cell {
  const text = [attributes.join(", "), note].filter((each) => each !== "").join("; ");
  if (use === "attribute" || use === "rule") return text;
  if (use === "unknown") return { text: `unknown: ${text}`, tone: "warn" };
  return { text: use === "left_out" ? `left out: ${text}` : text, tone: "dim" };
}
