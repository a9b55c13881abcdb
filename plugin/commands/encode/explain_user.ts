import type { RecordFields } from "../../encode/record_fields.ts";
import { catNamed } from "./mapping_rules.ts";

/** The fields that usrName may come from, the first that holds someone counts; and why these. */
export interface UserRule {
  readonly from: readonly string[];
  readonly because: string;
}

/** Whose event it is, as plugin/engine/person.ts decides for `output.usr_name: internal`. */
export function userRule(cat: string, fields: RecordFields): UserRule {
  const { user } = catNamed(cat);
  if (user === "none") return { from: [], because: "records of this type have no user" };
  if (user === "recipient") return { from: ["recipients"], because: "the recipient" };
  if (user !== "direction" && user !== "click" && user !== "sender") {
    return { from: [user], because: "who did it" };
  }
  const direction = directionOf(cat, fields);
  if (direction === "outbound") return { from: ["sender"], because: "the sender of outbound mail" };
  if (direction === "internal") {
    return user === "click" && !wasScanned(fields)
      ? { from: ["recipients", "sender"], because: "who clicked" }
      : { from: ["sender", "recipients"], because: "the sender of internal mail" };
  }
  if (direction === "external" && user !== "click") {
    return { from: [], because: "external mail is between strangers" };
  }
  const isKnown = direction === "inbound";
  if (user === "sender" && !isKnown) {
    return { from: [], because: "without a direction nobody is known to be internal" };
  }
  const who = isKnown
    ? "the recipient of inbound mail"
    : "the recipient, since the direction is not known";
  return { from: ["recipients"], because: who };
}

function directionOf(cat: string, fields: RecordFields): string | undefined {
  const text = fields.get("direction") ?? (cat === "delivery" ? undefined : fields.get("route"));
  return ["outbound", "internal", "inbound", "external"].find(
    (each) =>
      text !== undefined && each.startsWith(text.slice(0, 3).toLowerCase()) && text.length >= 3,
  );
}

function wasScanned(fields: RecordFields): boolean {
  const method = fields.get("creationMethod");
  return method !== undefined && !method.toLowerCase().includes("click");
}
