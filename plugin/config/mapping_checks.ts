import MAPPING from "../engine/mapping.json" with { type: "json" };
import { didYouMean } from "../text/nearest_name.ts";
import { type Problem, problemAt, showValue, wrong } from "./problem.ts";
import { EVENT_ID, LEEF_KEY } from "./schema.ts";
import type { Path } from "./yaml_text.ts";

/** Keys with a meaning of their own in LEEF (IBM QRadar LEEF guide, predefined event attributes). */
export const PREDEFINED_LEEF_KEYS: readonly string[] = (
  "cat devTime devTimeFormat proto sev src dst srcPort dstPort srcPreNAT dstPreNAT srcPostNAT dstPostNAT " +
  "srcPreNATPort dstPreNATPort srcPostNATPort dstPostNATPort srcMAC dstMAC usrName identSrc identHostName " +
  "identNetBios identGrpName identMAC vSrc vSrcName accountName srcBytes dstBytes srcPackets dstPackets " +
  "totalPackets role realm groupID policy resource url domain isLoginEvent isLogoutEvent identSecondlp " +
  "calLanguage calCountryOrRegion"
).split(" ");

/** Keys of the attributes that a LEEF line may have. */
const LEEF_KEYS: readonly string[] = [...new Set(MAPPING.attributes.map(({ key }) => key))];

const EVENT_IDS: readonly string[] = MAPPING.events.map(({ id }) => id);

/** Without these QRadar can't name the event or order it, and duplicates can't be found. */
const FIXED_KEYS: readonly string[] = ["cat", "devTime", "eventUid"];

/** The problems of `mapping` that the schema cannot find. Takes any value. */
export function mappingProblems(raw: unknown): Problem[] {
  if (typeof raw !== "object" || raw === null) {
    return [];
  }
  const { rename, drop, severity } = raw as Record<string, unknown>;
  const dropped: readonly unknown[] = Array.isArray(drop) ? drop : [];
  return [
    ...(isMapping(rename) ? renameProblems(rename, dropped) : []),
    ...dropProblems(dropped),
    ...(isMapping(severity) ? severityProblems(severity) : []),
  ];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function renameProblems(rename: Record<string, unknown>, dropped: readonly unknown[]): Problem[] {
  const taken = new Map<string, string>();
  return Object.entries(rename).flatMap(([from, to]): Problem[] => {
    const path: Path = ["mapping", "rename", from];
    if (FIXED_KEYS.includes(from)) {
      return [problemAt(path, "can't be renamed: every event needs it")];
    }
    if (!LEEF_KEYS.includes(from)) {
      return LEEF_KEY.test(from)
        ? [unknownName(path, "a LEEF key of an event", from, LEEF_KEYS)]
        : [];
    }
    if (typeof to !== "string") {
      return [];
    }
    if (PREDEFINED_LEEF_KEYS.includes(to)) {
      return [wrong(path, "must not be a key that already has a meaning in LEEF", to)];
    }
    const isFree = !LEEF_KEYS.includes(to) || Object.hasOwn(rename, to) || dropped.includes(to);
    if (!isFree && to !== from) {
      return [wrong(path, "must not be the key of another attribute", to)];
    }
    const other = taken.get(to);
    taken.set(to, from);
    return other === undefined
      ? []
      : [wrong(path, `must be another key than that of "mapping.rename.${other}"`, to)];
  });
}

function dropProblems(drop: readonly unknown[]): Problem[] {
  return drop.flatMap((key, index): Problem[] => {
    const path: Path = ["mapping", "drop", index];
    if (typeof key !== "string" || !LEEF_KEY.test(key)) {
      return [];
    }
    if (FIXED_KEYS.includes(key)) {
      return [wrong(path, "can't be left out: every event needs it", key)];
    }
    return LEEF_KEYS.includes(key)
      ? []
      : [unknownName(path, "a LEEF key of an event", key, LEEF_KEYS)];
  });
}

function severityProblems(severity: Record<string, unknown>): Problem[] {
  return Object.keys(severity)
    .filter((id) => EVENT_ID.test(id) && !EVENT_IDS.includes(id))
    .map((id) => unknownName(["mapping", "severity", id], "an EventID", id, EVENT_IDS));
}

/** The lists are long: only the nearest name is shown, docs/leef.md has them all. */
function unknownName(path: Path, what: string, name: string, known: readonly string[]): Problem {
  const hint = didYouMean(name, known) || ": docs/leef.md lists them";
  return problemAt(path, `must be ${what}: ${showValue(name)} is not known${hint}`);
}
